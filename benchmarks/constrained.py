"""Measures constrained decoding with untrained models: unknown names, closing, what does not bind, time a token."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from benchmarks.results import Figure, Result
from nl2sql.parsers import constrained
from nl2sql.schema import Column, Schema, Table, fold, quote

_SEED = 7_000_003
_PIECES = 2_000
"""Tokens of the vocabulary, learned from this package's own source."""
_BUDGETS = (48, 96, 192)
_FONDNESS = 12.0
"""By what every second model's wish for `*` and for the end is raised, so that some texts end before they have to."""
_WORDS = (
    "orders", "customer_id", "Select", "total sales", "name", "Größe", "価格", "it's", 'say "hi"', "semi;colon", "--",
    "line\nbreak", "tab\there", "back\\slash", "100%", "[a-z]+|(b)*", "a.b", "rowid", "🙂", "null", "from", "count",
    "UPPER", "dateJoined", " leading", "%ignore", "start:", "$", "year", "amount", "é", "{brace}", "T1", "order",
    "/*", "date",
)  # fmt: skip
_TYPES = ("INTEGER", "BIGINT", "DOUBLE", "VARCHAR", "VARCHAR", "DATE", "TIMESTAMP", "BOOLEAN", "DECIMAL(12,2)")


def measure(generations: int = 1_000, timed: int = 40, longest: int = 512) -> Result:
    """Let untrained models write so many statements: a third each greedily, with 4 beams and with prompt lookup.

    Time is measured in `timed` runs each way, of up to `longest` tokens.
    """
    import torch

    rng = random.Random(_SEED)
    tokenizer = tokenizer_of_sources()
    vocabulary = constrained.Vocabulary(tokenizer)
    found: Counter[str] = Counter()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for number in range(generations):
            if number % 10 == 0:
                schema, model = random_schema(rng), untrained(len(tokenizer), number)
                connection = built(schema)
            way = ("greedy", "beams", "lookup")[number % 3]
            budget, fondness = rng.choice(_BUDGETS), _FONDNESS if number % 2 and way != "lookup" else 0.0
            texts = written(model, tokenizer, vocabulary, schema, f"List {number} of", budget, way, ending=fondness)
            text, closing = texts[0]
            found[closing] += 1
            found["unknown"] += len(unknown_names(text, schema))
            found["unbound"] += not binds(text, connection)
        free, kept = _cost(tokenizer, vocabulary, rng, timed, longest)
    finally:
        torch.set_num_threads(threads)
    share = 100 / generations
    figures = (
        Figure("statements", generations, ""),
        Figure("unknown names", found["unknown"], "", 0),
        Figure("not closed", found["cut"], "", 0),
        Figure("closed by the model itself", share * found["by itself"], "%"),
        Figure("closed because tokens ran out", share * found["hurried"], "%"),
        Figure("do not bind", share * found["unbound"], "%"),
        Figure("a token, unconstrained", free, "ms"),
        Figure("a token, constrained", kept, "ms"),
        Figure("constrained against unconstrained", kept / free, "×"),
        Figure("constraint alone, where the model is right", *_cost_when_right(tokenizer, vocabulary), "ms"),
    )
    notes = (
        f"Untrained Llamas over a vocabulary of {len(tokenizer):,} tokens and random schemas with awkward names; "
        f"{_BUDGETS[0]}, {_BUDGETS[1]} or {_BUDGETS[2]} tokens a statement. Names are checked with sqlglot, "
        "binding with DuckDB's EXPLAIN; what does not bind has operands of the wrong type, an ambiguous name or a "
        "column that is not grouped.",
        "A token's time is a median over greedy runs of the same models, each both ways in turn. The last figure feeds "
        "a usual statement over a table of a hundred columns to the constraint alone.",
    )
    return Result("constrained", figures, notes)


def tokenizer_of_sources() -> Any:
    """A byte-level tokenizer that has read this project's parsers and schemas."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    texts = [path.read_text(encoding="utf-8") for path in sorted(Path(constrained.__file__).parent.rglob("*.py"))]
    trainer = trainers.BpeTrainer(
        vocab_size=_PIECES,
        special_tokens=["<unk>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator([*texts, *_WORDS], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<s>", eos_token="</s>", unk_token="<unk>")


def untrained(tokens: int, seed: int) -> Any:
    """A one-layer Llama with random weights, lively enough not to repeat itself."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=tokens, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=1_024, bos_token_id=1, eos_token_id=2, initializer_range=0.3,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    model.generation_config = GenerationConfig(bos_token_id=1, eos_token_id=2, pad_token_id=2)
    return model


def written(
    model: Any, tokenizer: Any, vocabulary: constrained.Vocabulary, schema: Schema, prompt: str, budget: int, way: str,
    *, constrain: bool = True, ending: float = 0.0,
) -> list[tuple[str, constrained.Closing]]:  # fmt: skip
    """What a model writes after `prompt`, by `way` ("greedy", "beams", "lookup"), best first, and how each ended.

    `ending` is added to the scores of the end token and of `*`, after which little has to come.
    """
    import torch
    from transformers import LogitsProcessorList

    encoded = tokenizer(prompt, return_tensors="pt", return_token_type_ids=False)
    start, beams = encoded["input_ids"].shape[1], 4 if way == "beams" else 1
    constraint = constrained.Constraint(schema, vocabulary, start, budget, beams=beams)
    fond = (vocabulary.end, vocabulary.spelled(b"*")[0])
    with torch.inference_mode():
        rows = model.generate(
            **encoded, max_new_tokens=budget, do_sample=False, num_beams=beams, num_return_sequences=beams,
            prompt_lookup_num_tokens=8 if way == "lookup" else None,
            sequence_bias={(token,): ending for token in fond} if ending else None,
            logits_processor=LogitsProcessorList([constraint] if constrain else []),
        )  # fmt: skip
    rows = rows[:, start:].tolist()
    return [(tokenizer.decode(row, skip_special_tokens=True), constraint.closing(row)) for row in rows]


def random_schema(rng: random.Random) -> Schema:
    """One to five tables of one to eight columns with names that hurt."""
    tables = []
    for name in _distinct(rng, rng.randint(1, 5)):
        columns = tuple(Column(column, rng.choice(_TYPES)) for column in _distinct(rng, rng.randint(1, 8)))
        tables.append(Table(name, columns, namespace=rng.choice(("main",) * 5 + ('odd "one"',))))
    return Schema(tuple(tables))


def unknown_names(sql: str, schema: Schema) -> list[str]:
    """Names in `sql` that are neither the schema's nor given in it: tables, qualifiers, and columns where they stand.

    A column after a qualifier has to be one of the table's that the qualifier stands for. Raises sqlglot's ParseError.
    """
    tree = sqlglot.parse_one(sql, read="duckdb")
    unknown = [table.sql() for table in tree.find_all(exp.Table) if _table_of(table, schema) is None]
    for column in tree.find_all(exp.Column):
        if not _is_known(column, schema):
            unknown.append(column.sql())
    return unknown


def _is_known(column: exp.Column, schema: Schema) -> bool:
    name, qualifier = fold(column.name), fold(column.table)
    around: exp.Expression | None = column.parent
    while around is not None:
        if isinstance(around, exp.Select):
            sources = {fold(table.alias_or_name): _table_of(table, schema) for table in _sources(around)}
            if qualifier in sources:
                table = sources[qualifier]
                star = isinstance(column.this, exp.Star)
                return table is not None and (star or table.column(column.name) is not None)
            if not qualifier and any(table and table.column(column.name) for table in sources.values()):
                return True
        query = (
            around if isinstance(around, exp.Select) else around.this if isinstance(around, exp.SetOperation) else None
        )
        while isinstance(query, exp.SetOperation):
            query = query.this
        if not qualifier and query is not None and name in {fold(one.alias) for one in query.selects}:
            return True
        around = around.parent
    return False


def _sources(select: exp.Select) -> list[exp.Table]:
    first = select.args.get("from_") or select.args.get("from")
    joined = [join.this for join in select.args.get("joins") or []]
    return [one for one in ([first.this] if first else []) + joined if isinstance(one, exp.Table)]


def _table_of(table: exp.Table, schema: Schema) -> Table | None:
    found = schema.table(table.name)
    return found if found is not None and fold(table.db or "main") == fold(found.namespace) else None


def _distinct(rng: random.Random, count: int) -> list[str]:
    found: dict[str, str] = {}
    while len(found) < count:
        name = rng.choice(_WORDS) + (rng.choice((" ", "_", "-")) + rng.choice(_WORDS) if rng.random() < 0.3 else "")
        found.setdefault(fold(name), name)
    return list(found.values())


def built(schema: Schema) -> duckdb.DuckDBPyConnection:
    """An empty database in memory with the tables of `schema`."""
    connection = duckdb.connect(":memory:")
    for table in schema.tables:
        columns = ", ".join(f"{quote(column.name)} {column.type}" for column in table.columns)
        if table.namespace != "main":
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(table.namespace)}")
        connection.execute(f"CREATE TABLE {table.sql_name} ({columns})")
    return connection


def binds(sql: str, connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether DuckDB can bind `sql`. Raises duckdb.ParserException where it cannot even read it."""
    try:
        connection.execute(f"EXPLAIN {sql}")
    except duckdb.ParserException:
        raise
    except duckdb.Error:
        return False
    return True


def _cost(
    tokenizer: Any, vocabulary: constrained.Vocabulary, rng: random.Random, rounds: int, longest: int
) -> tuple[float, float]:
    """Median milliseconds a token of greedy decoding, without and with the constraint, which closes early or late."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        schema, model = random_schema(rng), untrained(len(tokenizer), number)
        for constrain in (False, True) if number % 2 else (True, False):
            began = time.perf_counter()
            ((text, _),) = written(
                model, tokenizer, vocabulary, schema, "List all", longest, "greedy", constrain=constrain
            )
            tokens = max(1, len(tokenizer(text)["input_ids"]))
            times[constrain].append(1000 * (time.perf_counter() - began) / tokens)
    return statistics.median(times[0]), statistics.median(times[1])


def _cost_when_right(tokenizer: Any, vocabulary: constrained.Vocabulary) -> tuple[float]:
    import torch

    columns = tuple(Column(f"measured_value_{number}", "DOUBLE") for number in range(100))
    schema = Schema((Table("readings", columns), Table("places", (Column("id", "INTEGER"), Column("name", "VARCHAR")))))
    sql = (
        "SELECT p.name, AVG(r.measured_value_7) AS average FROM readings AS r JOIN places AS p "
        "ON r.measured_value_1 = p.id WHERE r.measured_value_9 > 3 GROUP BY p.name ORDER BY average DESC LIMIT 5;"
    )
    ids = [*tokenizer(sql)["input_ids"], vocabulary.end]
    times = []
    for _ in range(5):
        constraint = constrained.Constraint(schema, vocabulary, 0, 512)
        began = time.perf_counter()
        for place, token in enumerate(ids):
            scores = torch.zeros(1, len(tokenizer))
            scores[0, token] = 1
            kept = constraint(torch.tensor([ids[:place]], dtype=torch.long).reshape(1, place), scores)
            assert kept[0, token] == 1, (sql, place)
        times.append(1000 * (time.perf_counter() - began) / len(ids))
    return (statistics.median(times),)
