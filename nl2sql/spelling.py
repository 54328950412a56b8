"""Spellings: the words of a name, a word's stem, what two spellings of one value share. Knows no tables."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)")
_NOT_ALNUM = re.compile(r"[\W_]+", re.UNICODE)


@lru_cache(maxsize=50_000)
def split_name(name: str) -> tuple[str, ...]:
    """The lower-case words of a table's or column's name.

    >>> split_name("dateJoined"), split_name("Total Sales ($)"), split_name("cust_nm2")
    (('date', 'joined'), ('total', 'sales'), ('cust', 'nm', '2'))
    """
    spaced = _CAMEL.sub(" ", name)
    return tuple(_NOT_ALNUM.sub(" ", spaced).lower().split())


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """`word` without the endings of plural and of tense: a light stemmer, the same for question and schema.

    >>> [stem(word) for word in ("companies", "boxes", "joined", "sales", "status", "hiring")]
    ['company', 'box', 'join', 'sale', 'status', 'hir']
    """
    word = word.lower()
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if len(word) > len(ending) + 2 and word.endswith(ending):
            word = word[: -len(ending)]
            if len(word) > 2 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            return word
    return word


_LOCAL = threading.local()
"""Each thread's stemmer: it keeps the word that it works on."""


@lru_cache(maxsize=50_000)
def root(word: str) -> str:
    """What the words of one family share, by the English stemmer of Porter (2001, Snowball).

    >>> [root(word) for word in ("cancelled", "cancellation", "Vaccinated", "vaccination", "remotely", "remote")]
    ['cancel', 'cancel', 'vaccin', 'vaccin', 'remot', 'remot']
    """
    if not hasattr(_LOCAL, "stemmer"):
        _LOCAL.stemmer = snowballstemmer.stemmer("english")
    found: str = _LOCAL.stemmer.stemWord(word.lower())
    return found


def normal_form(text: str) -> str:
    """Lower-case words of `text` without accents and marks: what two spellings of one value share.

    >>> normal_form("São  Paulo (SP)")
    'sao paulo sp'
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return _NOT_ALNUM.sub(" ", plain).lower().strip()
