"""Numbers in a question, in digits or spelled: «2.5 million», «10k», «1,200», «two hundred and fifty»."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nl2sql.linking import Word

_NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen twenty""".split()
    )
} | {word: 10 * tens for tens, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), 3)}
_NUMBER_WORDS |= {"once": 1, "twice": 2}
_MULTIPLES = {"hundred": 100, "dozen": 12}
_SPELLED_SCALES = ("thousand", "million", "billion")
_SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "mil": 1e6, "b": 1e9, "bn": 1e9} | dict(
    zip(_SPELLED_SCALES, (1e3, 1e6, 1e9), strict=True)
)
_NUMBER = re.compile(
    r"(?<![\w.])(?<!\d,)[-−]?\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|(?<![\w.])(?<!\D,)[-−]?\d+(?:\.\d+)?"
    r"|(?<![\w.,])\.\d+",
    re.UNICODE,
)
_SCALE_AFTER = re.compile(r"\s?(k|mn|mil|m|bn|b|thousand|million|billion)\b", re.I)


@dataclass(frozen=True)
class NumberMention:
    """A number in a question. `start` and `end` are word positions, end exclusive."""

    start: int
    end: int
    value: float


def find_numbers(question: str, words: Sequence[Word]) -> tuple[NumberMention, ...]:
    """Numbers in digits or words, with scales ("2.5 million", "10k", "1,200", "two hundred")."""
    starts = {word.start: position for position, word in enumerate(words)}
    found: list[NumberMention] = []
    taken: set[int] = set()
    for match in _NUMBER.finditer(question):
        begin, end = match.start(), match.end()
        value = float(match.group().replace(",", "").replace("−", "-"))
        scale = _SCALE_AFTER.match(question, end)
        if scale:
            value *= _SCALES[scale.group(1).lower()]
            end = scale.end()
        covered = [position for start, position in starts.items() if begin <= start < end]
        if not covered:
            continue
        found.append(NumberMention(min(covered), max(covered) + 1, value))
        taken.update(covered)
    position = 0
    while position < len(words):
        value, end = _number_in_words(words, position, taken)
        if end > position:
            found.append(NumberMention(position, end, value))
        position = max(end, position + 1)
    return tuple(sorted(found, key=lambda mention: mention.start))


def _number_in_words(words: Sequence[Word], position: int, taken: set[int]) -> tuple[float, int]:
    """The number spelled from `position` on and where it ends; `(0, position)` when there is none.

    «two thousand five hundred», «one hundred and fifty», «seventy-five», «a thousand», «half a million».
    """
    texts = [word.text.lower() for word in words[position : position + 3]]
    if len(texts) == 3 and texts[:2] == ["half", "a"] and (texts[2] in _SPELLED_SCALES or texts[2] in _MULTIPLES):
        return (_MULTIPLES.get(texts[2]) or _SCALES[texts[2]]) / 2, position + 3
    whole, part, end = 0.0, 0.0, position
    room, largest = float("inf"), float("inf")  # what may be added must be less: to `part`, and as a scale
    while end < len(words) and end not in taken:
        text = words[end].text.lower()
        if text in _NUMBER_WORDS:
            if room < float("inf") and not 0 < _NUMBER_WORDS[text] < room:
                break
            part += _NUMBER_WORDS[text]
            room = 10 if part % 10 == 0 and _NUMBER_WORDS[text] >= 20 else 0
        elif text in _MULTIPLES and part < 100:
            part = (part or 1) * _MULTIPLES[text]
            room = 100 if text == "hundred" else 0
        elif text in _SPELLED_SCALES and _SCALES[text] < largest and (part or _is_one(words, end)):
            largest = _SCALES[text]
            whole, part, room = whole + (part or 1) * largest, 0.0, float("inf")
        elif end > position and _is_joined(words, end, room):
            pass
        elif end > position and text == "and" and (room == 100 or (whole and not part)):
            added, after = _number_in_words(words[: end + 5], end + 1, taken)  # no more: «and forty-two hundred»
            spans = position > 0 and words[position - 1].text.lower() == "between"
            if not 0 < added < 100 or (spans and [word.text.lower() for word in words[after : after + 1]] != ["and"]):
                break
            return whole + part + added, after
        else:
            break
        end += 1
    return whole + part, end


def _is_one(words: Sequence[Word], at: int) -> bool:
    """Whether a scale is counted by the article before it: «a thousand»."""
    return at > 0 and words[at - 1].text.lower() == "a"


def _is_joined(words: Sequence[Word], at: int, room: float) -> bool:
    """Whether a hyphen stands inside one spelled number, to which less than `room` may be added: «forty-two»."""
    if words[at].text not in "-‑" or at + 1 == len(words) or words[at - 1].end != words[at].start:
        return False
    text = words[at + 1].text.lower()
    follows = text in _MULTIPLES or text in _SPELLED_SCALES or (room == 10 and 0 < _NUMBER_WORDS.get(text, 0) < 10)
    return follows and words[at + 1].start == words[at].end
