"""Owns language model weights on disk: whether they are at hand, what a download needs, and the download itself.

The cache is Hugging Face's own: HF_HOME, HF_TOKEN, HF_ENDPOINT and HF_HUB_OFFLINE mean what they mean there.
A download runs in a process of its own, so that a cancel stops it at once; what has arrived is kept and used again.
Importing this module imports neither torch nor huggingface_hub.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nl2sql.engine.base import Cancel, Progress
from nl2sql.errors import ParserUnavailableError, QueryCancelledError

SQLCODER = "defog/sqlcoder-7b-2"
T5_WIKISQL = "mrm8488/t5-base-finetuned-wikiSQL"
T5_SPIDER = "gaussalgo/T5-LM-Large-text2sql-spider"
LLAMA3_SQLCODER = "defog/llama-3-sqlcoder-8b"
DUCKDB_NSQL = "motherduckdb/DuckDB-NSQL-7B-v0.1"
OMNISQL = "seeklhy/OmniSQL-7B"
_RELEASES = frozenset((SQLCODER, LLAMA3_SQLCODER, DUCKDB_NSQL, OMNISQL, T5_WIKISQL, T5_SPIDER))
KNOWN_BYTES = {SQLCODER: 13_477_093_376}
"""`total_size` in the model.safetensors.index.json of each release; the tokenizer adds about 3 MB."""
PATTERNS = ["*.safetensors", "*.json", "tokenizer.model", "spiece.model"]
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class WeightsStatus:
    """Where the weights of `model` are or would go. Sizes in bytes; `download_bytes` is None where unknown."""

    model: str
    at_hand: bool
    folder: Path | None
    """The complete folder to load from; None when not at hand."""
    download_bytes: int | None
    free_bytes: int
    target: Path
    """Folder that a download would fill."""
    offline: bool
    """HF_HUB_OFFLINE is set: nothing may be downloaded."""
    local: bool
    """`model` is a folder of one's own, nothing to download."""

    @property
    def fits(self) -> bool:
        """True when the download fits into the free space, with 5 % to spare."""
        return self.download_bytes is None or self.download_bytes * 1.05 < self.free_bytes


def is_local(model: str) -> bool:
    """True when `model` is spelled as a path or is an existing folder, not a name on the Hub."""
    return model.startswith((".", "/", "~")) or "\\" in model or Path(model).expanduser().is_dir()


def weights_status(model: str) -> WeightsStatus:
    """Whether the weights of `model` (a Hub name or a folder) are at hand. No network, no model is opened."""
    from huggingface_hub import constants

    offline = constants.is_offline_mode()
    if is_local(model):
        path = Path(model).expanduser()
        folder = path if _is_complete(path) else None
        return WeightsStatus(model, folder is not None, folder, None, free_bytes(path), path, offline, True)
    target = Path(constants.HF_HUB_CACHE) / ("models--" + model.replace("/", "--"))
    # Looking into the cache imports much; where a model of a known name was never fetched there is nothing to look for.
    folder = _cached_folder(model) if target.exists() or model not in _RELEASES else None
    return WeightsStatus(
        model, folder is not None, folder, KNOWN_BYTES.get(model), free_bytes(target), target, offline, False
    )


def revision(folder: Path) -> str:
    """Names the weights in `folder`: the Hub's commit, or for a folder of one's own a short hash of what it holds."""
    if folder.parent.name == "snapshots":
        return folder.name
    digest = hashlib.sha256()
    for file in sorted(folder.glob("*.safetensors")):
        digest.update(f"{file.name} {file.stat().st_size}".encode())
        with file.open("rb") as opened:
            digest.update(opened.read(1 << 20))
    return digest.hexdigest()[:12]


def free_bytes(path: Path) -> int:
    """Free bytes on the disk that holds `path`, or would hold it."""
    folder = path.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def download(model: str, on_progress: Progress | None = None, cancel: Cancel | None = None) -> Path:
    """Fetch the safetensors and tokenizer files of `model` into the Hugging Face cache and return their folder.

    Reports the share done (0 to 1) a few times a second. Raises ParserUnavailableError with a sentence (offline, no
    space, no network, no permission) and QueryCancelledError; what has arrived by then is kept for the next try.
    """
    status = weights_status(model)
    if status.folder is not None:
        return status.folder
    if status.local or status.offline:
        raise ParserUnavailableError(missing_sentence(status))
    if not status.fits:
        raise ParserUnavailableError(space_sentence(model, status.download_bytes or 0, status.free_bytes))
    package_root = str(Path(__file__).resolve().parents[2])
    search_path = os.pathsep.join(filter(None, (package_root, os.environ.get("PYTHONPATH"))))
    child = subprocess.Popen(
        [sys.executable, "-m", "nl2sql.parsers.weights", model],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": search_path, "HF_HUB_DISABLE_PROGRESS_BARS": "1"},
        text=True,
    )
    try:
        _follow(child, status.target, on_progress, cancel)
    finally:
        child.kill()
        child.wait()
    found = weights_status(model).folder
    if found is None:
        raise ParserUnavailableError(f"{model} has no complete weights in the safetensors format.")
    return found


def missing_sentence(status: WeightsStatus) -> str:
    """Why the weights cannot be loaded, and what to do; for a status with nothing at hand."""
    if status.local:
        return f"The folder «{status.target.name}» holds no complete model: config.json, tokenizer, safetensors files."
    if status.offline:
        return offline_sentence(status.model)
    return f"The weights of {status.model} are not at hand; download them first."


def offline_sentence(model: str) -> str:
    """Why nothing can be downloaded, and what to do."""
    return f"The weights of {model} are not at hand and HF_HUB_OFFLINE is set; unset it to download them."


def space_sentence(model: str, needed: int, free: int) -> str:
    """Too little disk, with both sizes in GB."""
    return (
        f"{model} needs {needed / 1e9:.1f} GB, and only {free / 1e9:.1f} GB are free; "
        "make room, or set HF_HOME to a folder on a larger disk."
    )


def _follow(child: subprocess.Popen[str], target: Path, on_progress: Progress | None, cancel: Cancel | None) -> None:
    """Read the child's messages until it ends, with progress measured on disk; raises what it says went wrong."""
    messages: list[dict[str, str | int]] = []
    assert child.stdout is not None
    reader = threading.Thread(target=lambda lines: messages.extend(map(json.loads, lines)), args=(child.stdout,))
    reader.start()
    before = _bytes_in(target)
    while reader.is_alive():
        if cancel is not None and cancel.is_set():
            child.kill()
            reader.join()
            raise QueryCancelledError("The download was stopped; what has arrived is kept.")
        expected = next((int(message["bytes"]) for message in messages if "bytes" in message), 0)
        if on_progress is not None and expected:
            on_progress(min(0.999, max(0, _bytes_in(target) - before) / expected))
        reader.join(_POLL_SECONDS)
    failure = next((str(message["error"]) for message in messages if "error" in message), None)
    if failure is None and not any("folder" in message for message in messages):
        failure = "The download broke off; try again, what has arrived is kept."
    if failure is not None:
        raise ParserUnavailableError(failure)
    if on_progress is not None:
        on_progress(1.0)


def _bytes_in(target: Path) -> int:
    """Bytes that the cache folder of a model really takes on disk; half-written files count as far as they go."""
    total = 0
    for file in (target / "blobs").glob("*"):
        try:
            seen = file.stat()
        except FileNotFoundError:  # renamed since it was listed
            continue
        total += min(seen.st_size, seen.st_blocks * 512) if hasattr(seen, "st_blocks") else seen.st_size
    return total


def _cached_folder(model: str) -> Path | None:
    """The complete folder of `model` in the cache. Raises ParserUnavailableError for what cannot be a name."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(model, "config.json")
    except HFValidationError as error:
        raise ParserUnavailableError(f"«{model}» is neither a folder nor a model name.") from error
    folder = Path(config).parent if isinstance(config, str) else None
    return folder if folder is not None and _is_complete(folder) else None


def _is_complete(folder: Path) -> bool:
    """A configuration, a tokenizer, and every safetensors file that the index names."""
    names = set(_weight_files(folder))
    has_tokenizer = any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer.model"))
    return bool(names) and has_tokenizer and all((folder / name).is_file() for name in {"config.json", *names})


def _weight_files(folder: Path) -> Iterator[str]:
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        try:
            yield from json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
        except (ValueError, KeyError, OSError):
            return
    elif (folder / "model.safetensors").is_file():
        yield "model.safetensors"


def _fetch(model: str) -> Iterator[dict[str, str | int]]:
    """What the download process reports: the bytes to come, then the folder; or one error."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        listed = snapshot_download(model, allow_patterns=PATTERNS, dry_run=True)
        needed = sum(file.file_size or 0 for file in listed if file.will_download)
        free = weights_status(model).free_bytes
        if needed * 1.05 > free:
            yield {"error": space_sentence(model, needed, free)}
            return
        yield {"bytes": needed}
        yield {"folder": snapshot_download(model, allow_patterns=PATTERNS)}
    except (OSError, HfHubHTTPError, RuntimeError, ValueError) as error:
        yield {"error": _sentence(model, error)}


def _sentence(model: str, error: BaseException) -> str:
    """What went wrong, read from the error and those that caused it."""
    from huggingface_hub import errors

    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    for link in chain:
        if isinstance(link, OSError) and link.errno in (errno.ENOSPC, errno.EDQUOT):
            return f"The disk is full; make room for {model}, or set HF_HOME to a folder on a larger disk."
        if isinstance(link, PermissionError):
            return "The Hugging Face cache folder cannot be written; set HF_HOME to a folder of your own."
        if isinstance(link, errors.OfflineModeIsEnabled):
            return offline_sentence(model)
        if isinstance(link, errors.GatedRepoError | errors.RepositoryNotFoundError) or _status(link) in (401, 403):
            return f"The Hub gives no access to {model}: check the name, or set HF_TOKEN to a token that may read it."
        if _status(link):
            return f"The Hub answered with an error ({_status(link)}) for {model}; try again later."
    return f"{model} cannot be downloaded: no connection to the Hub. Try again with a network, or copy the weights."


def _status(error: BaseException) -> int | None:
    code = getattr(getattr(error, "response", None), "status_code", None)
    return code if isinstance(code, int) else None


def _exit_with_parent() -> None:
    """The parent holds this process's standard input: when that closes, nobody wants the download any more."""
    while os.read(0, 64):
        pass
    os._exit(1)


def _main() -> None:
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    messages, sys.stdout = sys.stdout, sys.stderr  # what a library prints must not pass for a message
    for message in _fetch(sys.argv[1]):
        print(json.dumps(message), file=messages, flush=True)


if __name__ == "__main__":
    _main()
