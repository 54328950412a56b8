"""How the bytes of a text file become characters: found from parts of it, and rewritten as UTF-8 where it is not.

A file that is clean UTF-8 is never copied. Everything else goes through one streaming pass, in bounded memory.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from charset_normalizer import from_bytes

from nl2sql.ingest.base import Finding, IngestError

WHOLE = 20 << 20
"""Bytes up to which a file is looked at whole."""
_HEAD, _PART = 4 << 20, 1 << 20
_PIECE = 4 << 20
_LONGEST_LINE = 256 << 20
_UNDEFINED_1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
MIXED = "mixed"
NAMES = {
    "utf-8": "UTF-8", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "utf-32": "UTF-32",
    "cp1252": "Windows-1252", "latin-1": "Latin-1 (ISO 8859-1)", MIXED: "UTF-8 and Windows-1252 mixed",
    "cp1250": "Windows-1250", "cp1251": "Windows-1251 (Cyrillic)", "shift_jis": "Shift JIS", "cp932": "Shift JIS",
    "gb18030": "GB 18030 (Chinese)", "big5": "Big5 (Chinese)", "euc_kr": "EUC-KR (Korean)", "euc_jp": "EUC-JP",
    "mac_roman": "Mac Roman", "cp437": "DOS (cp437)", "cp850": "DOS (cp850)",
}  # fmt: skip
"""What the encodings that are offered are called, by the name of their codec."""
_FOREIGN = ("cp1251", "koi8_r", "shift_jis", "cp932", "gb18030", "gb2312", "gbk", "big5", "euc_kr", "cp949", "euc_jp")


@dataclass(frozen=True)
class Encoded:
    """How a file's bytes are to be read. `clean`: it is UTF-8 that DuckDB takes as it is, as far as was looked at."""

    codec: str
    clean: bool
    complete: bool
    findings: tuple[Finding, ...] = ()


def look(path: Path, wanted: str | None) -> Encoded:
    """The encoding of the file at `path`, or `wanted`. Raises IngestError when `wanted` is no encoding."""
    if wanted is not None:
        wanted = _known(wanted)
    size = path.stat().st_size
    parts = list(_parts(path, size))
    head = parts[0]
    found = wanted or _by_mark(head) or ""
    if found and found != "utf-8":
        return Encoded(found, False, size <= WHOLE, _said(found, wanted is not None))
    whole = size <= WHOLE
    if all(_is_utf8(part, whole or part is parts[-1]) for part in parts):
        found = "utf-8"
    elif wanted == "utf-8":
        sentence = "The file is not all UTF-8: letters that are not became �. Choose another encoding."
        return Encoded("utf-8", False, whole, (Finding(sentence, "warning"),))
    else:
        found = ""
    if found == "utf-8":
        return Encoded("utf-8", not any(_needs_repair(part, head is part) for part in parts), size <= WHOLE)
    codec = _guess(parts)
    return Encoded(codec, False, size <= WHOLE, _said(codec, False))


def _known(name: str) -> str:
    if name == MIXED:
        return name
    try:
        codec = codecs.lookup(name)
        if not codec._is_text_encoding:
            raise LookupError(name)
    except (LookupError, ValueError):
        raise IngestError(f"“{name[:40]}” is no encoding that is known here.") from None
    found = codec.name.replace("iso8859-1", "latin-1")
    return "utf-8" if found in ("utf-8-sig", "ascii") else found


def _by_mark(head: bytes) -> str | None:
    """The encoding that a byte-order mark, or the zeros of UTF-16 without one, tell."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8) and _is_utf8(head, False):
        return "utf-8"
    sample = head[:8192]
    half = max(1, len(sample) // 2)
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > half // 3 and even <= half // 20:
        return "utf-16-le"
    if even > half // 3 and odd <= half // 20:
        return "utf-16-be"
    return None


def _said(codec: str, chosen: bool) -> tuple[Finding, ...]:
    if chosen or codec == "utf-8":
        return ()
    name = NAMES.get(codec, codec)
    if codec.startswith(("utf-16", "utf-32")):
        return (Finding(f"The file is {name}."),)
    if codec == MIXED:
        sentence = "Some lines are UTF-8 and others Windows-1252: each was read as what it is."
        return (Finding(sentence, "warning"),)
    sentence = f"The file is not UTF-8; it was read as {name}. Choose another encoding if letters look wrong."
    return (Finding(sentence, "warning"),)


def _parts(path: Path, size: int) -> Iterator[bytes]:
    """The whole of a small file; head, middle and end of a larger one, cut at line ends."""
    with path.open("rb") as file:
        if size <= WHOLE:
            yield file.read()
            return
        yield _cut_end(file.read(_HEAD))
        for start in (size // 2, size - _PART):
            file.seek(start)
            piece = file.read(_PART)
            yield _cut_end(piece[piece.find(b"\n") + 1 :]) if start < size - _PART else piece[piece.find(b"\n") + 1 :]


def _cut_end(piece: bytes) -> bytes:
    return piece[: piece.rfind(b"\n") + 1] or piece


def _is_utf8(piece: bytes, whole: bool = True) -> bool:
    """Whether `piece` is UTF-8; unless it is `whole`, its last letter may be cut."""
    try:
        codecs.utf_8_decode(piece, "strict", whole)
    except UnicodeDecodeError:
        return False
    return True


def _needs_repair(piece: bytes, first: bool) -> bool:
    """Whether there is something in UTF-8 that DuckDB does not take, or that must not become part of a value."""
    if b"\0" in piece or b"\x1a" in piece:
        return True
    if piece.find(codecs.BOM_UTF8, 1 if first else 0) > 0:
        return True
    returns = piece.count(b"\r")
    if not returns:
        return False
    pairs = piece.count(b"\r\n")
    return returns != pairs or piece.count(b"\n") != pairs


def _guess(parts: list[bytes]) -> str:
    """The encoding of text that is not UTF-8."""
    lines = [line for part in parts for line in part.split(b"\n") if not line.isascii()]
    fine = sum(map(_is_utf8, lines))
    if fine and fine >= len(lines) // 50 and fine < len(lines):
        return MIXED
    odd = b"\n".join(lines)[:200_000]
    best = from_bytes(odd).best()
    if best is not None and best.encoding in _FOREIGN and best.chaos < 0.1 and len(lines) > 1:
        return str({"gb2312": "gb18030", "gbk": "gb18030", "cp949": "euc_kr"}.get(best.encoding, best.encoding))
    return "latin-1" if any(byte in odd for byte in _UNDEFINED_1252) else "cp1252"


Report = Callable[[float], None]


def rewrite(path: Path, codec: str, target: Path, report: Report | None = None) -> tuple[Finding, ...]:
    """Write the text in `path` as UTF-8 with plain line ends to `target`; what was odd about it.

    NUL and the end-of-file mark of DOS go, a byte-order mark in the middle goes, bytes that `codec` does not know
    become the replacement character. `report` gets the share done.
    """
    size = max(1, path.stat().st_size)
    odd = _Odd()
    with path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as out:
        for text in _mixed(source, odd) if codec == MIXED else _decoded(source, codec):
            out.write(odd.cleaned(text))
            if report is not None:
                report(min(1.0, source.tell() / size))
    return odd.findings()


def _decoded(source: BinaryIO, codec: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)(errors="replace")
    carried = ""
    while piece := source.read(_PIECE):
        text = carried + decoder.decode(piece)
        carried = "\r" if text.endswith("\r") else ""
        yield text[:-1] if carried else text
    yield carried + decoder.decode(b"", final=True)


def _mixed(source: BinaryIO, odd: _Odd) -> Iterator[str]:
    first = True
    while line := source.readline(_LONGEST_LINE):
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("cp1252", errors="replace")
            odd.foreign += 1
        yield text.removeprefix("\ufeff") if first else text
        first = False


@dataclass
class _Odd:
    """What was taken out of a text on the way."""

    zeros: int = 0
    marks: int = 0
    unknown: int = 0
    ends: int = 0
    foreign: int = 0
    first: bool = True

    def cleaned(self, text: str) -> str:
        """`text` with one kind of line end and without characters that belong to no value."""
        if self.first and text:
            text, self.first = text.removeprefix("\ufeff"), False
        self.zeros += text.count("\0")
        self.marks += text.count("\ufeff")
        self.unknown += text.count("\ufffd")
        self.ends += text.count("\x1a")
        if not text.isascii() or "\0" in text or "\x1a" in text:
            text = text.replace("\0", "").replace("\ufeff", "").replace("\x1a", "")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def findings(self) -> tuple[Finding, ...]:
        """What to say of it."""
        said = []
        if self.zeros:
            said.append(Finding(f"{_times(self.zeros, 'NUL character')} left out.", "warning"))
        if self.marks:
            said.append(Finding(f"{_times(self.marks, 'byte-order mark')} in mid-file left out."))
        if self.unknown:
            count = _times(self.unknown, "character")
            said.append(Finding(f"{count} could not be read in this encoding and became �.", "warning"))
        return tuple(said)


def _times(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
