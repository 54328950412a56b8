"""Small untrained models, a tokenizer and random schemas with awkward names, shared by the built-in parser's tests."""

from __future__ import annotations

import random
from pathlib import Path

import duckdb
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from nl2sql.linking import ValueIndex
from nl2sql.parsers.builtin.features import FEATURES
from nl2sql.parsers.builtin.grammar import KEYWORD_IDS
from nl2sql.parsers.builtin.model import ParserModel
from nl2sql.parsers.builtin.network import ModelConfig, Network
from nl2sql.parsers.builtin.relations import RELATIONS
from nl2sql.parsers.builtin.roles import Role
from nl2sql.schema import Column, ForeignKey, Schema, Table, quote

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
MARKS = ":,=?.;'\"()-_%$"
TINY = ModelConfig(
    vocabulary=len(SPECIAL) + 2 * len(LETTERS) + len(MARKS), width=32, encoder_layers=1, heads=2, encoder_hidden=48,
    features=len(FEATURES), relations=len(RELATIONS), keywords=72, decoder_layers=1, decoder_heads=2, decoder_hidden=48,
    dropout=0.0,
)  # fmt: skip
WORDS = (
    "order", "Select", "group", "total sales", "name", "id", "customer_id", "Größe", "価格", "naïve café", "a", "x",
    'say "hi"', "it's", "semi;colon", "-- comment", "/* c */", "line\nbreak", "tab\there", "100%", "$", "dateJoined",
    "2024", "null", "true", "from", "table", "main", "count", "year", "value", "price", "amount", "city", "status",
    "created_at", "🙂", "under_score_", "UPPER", "x.y", "back\\slash", "{brace}", "émile", " leading", "rowid",
)  # fmt: skip
TYPES = (
    "INTEGER", "BIGINT", "DOUBLE", "DECIMAL(12,2)", "HUGEINT", "VARCHAR", "VARCHAR", "DATE", "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE", "BOOLEAN", "TIME", "INTERVAL", "BLOB", "INTEGER[]", "STRUCT(a INTEGER)",
    "MAP(VARCHAR, INTEGER)", "ENUM('new', 'old')", "UUID", "BIT", "UTINYINT", "REAL", "JSON",
)  # fmt: skip
VALUES = ("New York", "O'Brien", "100%", "new", "a_b", "line\nbreak", "Ünï", "'; DROP TABLE x; --", "yes", "42", "NULL")
ASKED = (
    "how many", "list all", "average", "highest", "more than 5", "at least 2.5 million", "in 2023", "last month",
    "between 3 and 9", "per year", "that contain «foo bar»", "not", "without", "top 10", "since March 2022",
    "'; drop table x; --", "and", "or", "?", "of the", "equal to -3", "distinct", "share", "the first 3",
)  # fmt: skip


def write_tokenizer(folder: Path) -> None:
    """A word-piece tokenizer that spells everything letter by letter."""
    pieces = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), *MARKS]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))


def tiny_model(seed: int, sharp: float = 3.0, ending: float = 9.0) -> ParserModel:
    """An untrained model. `sharp` makes its choices less even from seed to seed, `ending` its readings short."""
    torch.manual_seed(seed)
    model = ParserModel(TINY).eval()
    with torch.no_grad():
        for embedding in (model.keyword, model.kind, model.places):
            embedding.weight.mul_(50)
        model.name.weight.mul_(sharp / 3)
        model.point.weight.mul_(sharp)
        end = model.keyword.weight[KEYWORD_IDS["end"]]
        model.name.bias.add_(ending * end / end.norm())
    return model


def network_of(model: ParserModel) -> Network:
    """The network that answers with the weights of `model`, in full precision."""
    return Network(model.config, {name: tensor.numpy() for name, tensor in model.state_dict().items()})


def awkward_name(rng: random.Random, taken: set[str]) -> str:
    """A name that no other in `taken` equals in any case."""
    while True:
        name = rng.choice(WORDS)
        if rng.random() < 0.3:
            name = f"{name}{rng.choice('_ .-')}{rng.choice(WORDS)}"
        if rng.random() < 0.2:
            name = name.upper()
        if name.casefold() not in taken:
            taken.add(name.casefold())
            return name


def awkward_schema(rng: random.Random) -> Schema:
    """One to five tables of any types; about half are tied by keys, some lie outside `main`."""
    names: set[str] = set()
    tables: list[Table] = []
    for _ in range(rng.randint(1, 5)):
        taken: set[str] = set()
        key = Column(awkward_name(rng, taken), rng.choice(("INTEGER", "BIGINT", "VARCHAR")))
        others = [Column(awkward_name(rng, taken), rng.choice(TYPES)) for _ in range(rng.randint(0, 7))]
        columns = rng.sample([key, *others], len(others) + 1)
        namespace = rng.choice(("main",) * 6 + ("sales", 'odd "one"', "select"))
        has_key = (key.name,) if rng.random() < 0.8 else ()
        tables.append(Table(awkward_name(rng, names), tuple(columns), has_key, namespace=namespace))
    keys: list[ForeignKey] = []
    for table in tables:
        target = rng.choice(tables)
        if target is not table and target.primary_key and rng.random() < 0.7:
            kind = target.column(target.primary_key[0]).type
            own = [column.name for column in table.columns if column.type == kind]
            if own:
                keys.append(ForeignKey(table.name, (rng.choice(own),), target.name, target.primary_key))
    return Schema(tuple(tables), tuple(keys))


def built(schema: Schema) -> duckdb.DuckDBPyConnection:
    """An empty in-memory database with the tables of `schema`; its keys and roles are left out."""
    connection = duckdb.connect(":memory:")
    for table in schema.tables:
        if isinstance(table, Role):
            continue
        columns = ", ".join(f"{quote(column.name)} {column.type}" for column in table.columns)
        if table.namespace != "main":
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(table.namespace)}")
        connection.execute(f"CREATE TABLE {table.sql_name} ({columns})")
    return connection


def awkward_values(rng: random.Random, schema: Schema) -> ValueIndex:
    """Some stored values in every text column."""
    entries = []
    for table, column in schema.columns():
        if column.family == "text":
            entries += [(table.name, column.name, value) for value in rng.sample(VALUES, 3)]
    return ValueIndex(entries)


def awkward_question(rng: random.Random, schema: Schema) -> str:
    """Words of the schema, stored values, numbers, time expressions and marks in any order."""
    pool = [table.name for table in schema.tables] + [column.name for _, column in schema.columns()]
    parts = [rng.choice(rng.choice((ASKED, ASKED, VALUES, pool))) for _ in range(rng.randint(1, 9))]
    return " ".join(parts)
