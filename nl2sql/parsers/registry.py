"""Owns the names of the semantic parsers: which there are, which can run here, which one `auto` is, how to load one.

Importing this module imports neither torch nor transformers; `load` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nl2sql.errors import ParserError, ParserUnavailableError
from nl2sql.parsers import hardware, t5_spider, t5_wikisql, weights
from nl2sql.parsers.base import SemanticParser
from nl2sql.parsers.hardware import Hardware
from nl2sql.parsers.served import Server
from nl2sql.settings import Settings

AUTO = "auto"
BUILTIN = "builtin"
SERVED = "served"
# Seven billion weights in 4-bit NF4 with their scales take 3.7 GB, embeddings and output layer 0.5 GB more in 16 bit,
# and the attention cache 0.5 MB a token. Loading quantizes shard by shard and needs room for that on a CPU.
# Vocabularies of 128,000 and more take 1.6 GB more in 16 bit.
GPU_BYTES = 6 * 10**9
CPU_BYTES = 8 * 10**9
WIDE_GPU_BYTES = 8 * 10**9
WIDE_CPU_BYTES = 10 * 10**9
# T5-large has 0.8 billion weights: 3 GB in 32 bits while they are read.
SMALL_BYTES = 4 * 10**9
COPIES = "models"
"""Folder of the workspace for models that were quantized here."""


@dataclass(frozen=True)
class ParserSpec:
    """A parser that can be asked for by name. `model` is its name on the Hub, empty where nothing is loaded from it."""

    name: str
    label: str
    model: str = ""
    small: bool = False
    """Under a billion weights: any machine with some gigabytes of memory runs it in seconds."""
    gpu_bytes: int = GPU_BYTES
    cpu_bytes: int = CPU_BYTES
    always: bool = False
    """Offered on the page before its weights are at hand."""


PARSERS: tuple[ParserSpec, ...] = (
    ParserSpec(BUILTIN, "Built-in parser", always=True),
    ParserSpec("sqlcoder-7b-2", "sqlcoder-7b-2 (language model, 4 bits)", weights.SQLCODER, always=True),
    ParserSpec(
        "llama-3-sqlcoder-8b",
        "llama-3-sqlcoder-8b (language model, 4 bits)",
        weights.LLAMA3_SQLCODER,
        gpu_bytes=WIDE_GPU_BYTES,
        cpu_bytes=WIDE_CPU_BYTES,
    ),
    ParserSpec("duckdb-nsql-7b", "DuckDB-NSQL-7B (language model, 4 bits)", weights.DUCKDB_NSQL),
    ParserSpec(
        "omnisql-7b",
        "OmniSQL-7B (language model that thinks first, 4 bits)",
        weights.OMNISQL,
        gpu_bytes=WIDE_GPU_BYTES,
        cpu_bytes=WIDE_CPU_BYTES,
    ),
    ParserSpec("t5-wikisql", "T5 trained on WikiSQL (one table, never sees it)", t5_wikisql.MODEL, small=True),
    ParserSpec("t5-spider", "T5 trained on Spider", t5_spider.MODEL, small=True),
    ParserSpec(SERVED, "Language model on a server"),
)


@dataclass(frozen=True)
class Availability:
    """Whether the parser `name` can answer here, why or why not, and what to do. Sizes in bytes."""

    name: str
    usable: bool
    """This machine can run it (its weights aside)."""
    well: bool
    """It answers within seconds here."""
    weights_at_hand: bool
    sentence: str
    download_bytes: int | None = None
    free_bytes: int = 0
    target: Path | None = None
    """Folder that a download would fill."""
    offline: bool = False

    @property
    def ready(self) -> bool:
        """It can be loaded now."""
        return self.usable and self.weights_at_hand

    @property
    def can_download(self) -> bool:
        """A download makes sense: the machine can run it, and network and disk allow it."""
        needed = self.download_bytes or 0
        return self.usable and not self.weights_at_hand and not self.offline and needed * 1.05 < self.free_bytes


def names() -> tuple[str, ...]:
    """Every name that `resolve` knows, `auto` first."""
    return (AUTO, *(spec.name for spec in PARSERS))


def offered(settings: Settings) -> tuple[str, ...]:
    """The names to choose from: a server's where one was named, the other models' where their weights are at hand."""

    def is_offered(spec: ParserSpec) -> bool:
        if spec.name == SERVED:
            return bool(settings.server)
        return spec.always or weights.weights_status(spec.model).at_hand

    return (AUTO, *(spec.name for spec in PARSERS if spec.name == settings.parser or is_offered(spec)))


def spec_of(name: str) -> ParserSpec:
    """The parser called `name`, or one for a folder that holds a model. Raises ParserError with the names."""
    for spec in PARSERS:
        if spec.name == name:
            return spec
    if weights.is_local(name) and Path(name).expanduser().is_dir():
        return ParserSpec(name, Path(name).name, name)
    raise ParserError(f"There is no parser called «{name}»; the parsers are {', '.join(names())}.")


def availability(name: str, settings: Settings, machine: Hardware | None = None) -> Availability:
    """Whether `name` can answer on `machine` (default: this one, measured now). Opens no model, needs no network."""
    name = resolve(name, settings, machine)
    spec = spec_of(name)
    if spec.name == SERVED:
        return _served(settings)
    if not spec.model:
        return Availability(name, True, True, True, "Runs on any machine; its weights come with the workbench.")
    status = weights.weights_status(spec.model)
    machine = machine or hardware.measure()
    usable, well, sentence = (
        (True, True, "") if status.local else _fit_small(machine) if spec.small else _fit(machine, spec)
    )
    if usable and not status.at_hand:
        sentence = f"{sentence} {_missing(status)}".strip()
    return Availability(
        name,
        usable,
        well,
        status.at_hand,
        sentence or "A model in a folder of your own.",
        status.download_bytes,
        status.free_bytes,
        status.target,
        status.offline,
    )


def resolve(name: str, settings: Settings, machine: Hardware | None = None) -> str:
    """The parser that `name` stands for; raises ParserError for an unknown one.

    `auto` is the first model of seven billion weights that is at hand and that a GPU runs in seconds, sqlcoder-7b-2
    before others, else the built-in parser. A processor alone never counts: an answer of 100 tokens takes it about a
    minute at best.
    """
    if name != AUTO:
        return spec_of(name).name
    for spec in PARSERS:
        if (
            spec.model
            and not spec.small
            and weights.weights_status(spec.model).at_hand
            and _fit(machine or hardware.measure(), spec)[1]
        ):
            return spec.name
    return BUILTIN


def load(name: str, settings: Settings) -> SemanticParser:
    """Load the parser that `name` stands for. Takes milliseconds to minutes; callers keep what they get.

    Raises ParserError for an unknown name, ParserUnavailableError with a sentence where it cannot run.
    """
    spec = spec_of(resolve(name, settings))
    if spec.name == BUILTIN:
        from nl2sql.parsers.builtin import load as load_builtin

        return load_builtin(threads=settings.torch_threads)
    found = availability(spec.name, settings)
    if not found.ready:
        raise ParserUnavailableError(f"{spec.name} cannot answer here. {found.sentence}")
    if spec.name == SERVED:
        from nl2sql.parsers.served import ServedParser

        return ServedParser(_server(settings))
    from nl2sql.parsers import causal, loaded, seq2seq

    if loaded.is_encoder_decoder(loaded.folder_of(spec.model).path):
        return seq2seq.load(
            spec.model,
            quantization=settings.quantization,
            threads=settings.torch_threads,
            copies=settings.home / COPIES,
        )
    return causal.load(
        spec.model,
        quantization=settings.quantization,
        threads=settings.torch_threads,
        copies=settings.home / COPIES,
        schema_first=settings.prompt_order == "schema-first",
        constrained=settings.constrained,
    )


def _server(settings: Settings) -> Server:
    return Server(settings.server, settings.server_model, settings.server_key)


def _served(settings: Settings) -> Availability:
    """Whether a server was named. It is asked nothing yet: whether it answers shows with the first question."""
    if not settings.server or not settings.server_model:
        missing = "NL2SQL_SERVER" if not settings.server else "NL2SQL_SERVER_MODEL"
        return Availability(SERVED, False, False, True, f"Set {missing} to ask a language model on a server.")
    sentence = (
        f"{settings.server_model} on {_server(settings).host}: your questions, the names, types and keys of the tables "
        "in scope and up to three stored values of each text column that is not private are sent there, with "
        "questions like yours whose SQL people confirmed; rows of results never."
    )
    return Availability(SERVED, True, True, True, sentence)


def _fit_small(machine: Hardware) -> tuple[bool, bool, str]:
    """As `_fit` for a model of under a billion weights."""
    if machine.available >= SMALL_BYTES:
        return True, True, ""
    have, need = machine.available / 1e9, SMALL_BYTES / 1e9
    return False, False, f"Only {have:.1f} GB of the {need:.0f} GB of memory that it needs are free."


def _fit(machine: Hardware, spec: ParserSpec) -> tuple[bool, bool, str]:
    """Whether a language model of seven billion weights runs on `machine`, runs well, and the sentence about it.

    The speeds are measured, on two cores, over some layers of that size: with the AVX512-BF16 path 2.6 to 3.0 tokens
    a second and 17 to 19 seconds to read a prompt of 600 tokens; without it 7 to 13 seconds a token.
    """
    best = max((gpu.free for gpu in machine.gpus), default=0)
    if machine.gpus and machine.cuda_packages and best >= spec.gpu_bytes:
        return True, True, "Runs on the GPU; an answer takes seconds."
    if not machine.gpus:
        why = "There is no NVIDIA GPU here"
    elif not machine.cuda_packages:
        why = "The installed torch or bitsandbytes cannot use the GPU"
    else:
        why = f"The GPU has {best / 1e9:.1f} GB free of the {spec.gpu_bytes / 1e9:.0f} GB that it needs"
    if machine.available < spec.cpu_bytes:
        have, need = machine.available / 1e9, spec.cpu_bytes / 1e9
        return False, False, f"{why}, and only {have:.1f} GB of the {need:.0f} GB of memory that it needs are free."
    if machine.avx512_bf16:
        return True, False, f"{why}; on this processor an answer takes a minute or more."
    return (
        True,
        False,
        f"{why}; on this processor, which lacks AVX512-BF16, an answer takes a quarter of an hour or more.",
    )


def _missing(status: weights.WeightsStatus) -> str:
    if not status.local and not status.offline and not status.fits:
        return weights.space_sentence(status.model, status.download_bytes or 0, status.free_bytes)
    return weights.missing_sentence(status)
