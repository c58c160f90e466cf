"""Comparing labels: plain words, terms with wildcards, and likeness of two answers' labels."""

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

# Numbers and letters of a question in front of its text: (79), M050, S003, Q12., v3:
ITEM_NUMBER = re.compile(
    r"^\s*(?:\(\w{1,6}\)|[A-Za-z]{1,2}\d{2,4}[a-z]?\b[.:]?|\d{1,3}[a-z]?[.)]\s)"
)
# Two words that begin with so many equal letters are forms of one word.
STEM_LETTERS = 4
# The most that two labels with different words are alike: a hint, never a match.
MOST_ALIKE_OTHERWISE = 0.75
WORD = re.compile(r"[^\W_]+")
# Words of a name such as HoogsteOpl, hoogste_opl or HOOGSTE1.
NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=200_000)
def plain(text: str) -> str:
    """Return a text in lower case, without accents and punctuation.

    >>> plain("Één-ouder  gezin (N.v.t.)")
    'een ouder gezin n v t'
    """
    decomposed = unicodedata.normalize("NFKD", text.lower())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(WORD.findall(letters))


def label_words(label: str | None, name: str) -> frozenset[str]:
    """Return the words of a variable's label, or of its name where it has no label."""
    text = plain(ITEM_NUMBER.sub("", label or ""))
    if text and text != plain(name):
        return frozenset(text.split())
    return frozenset(plain(part) for part in NAME_PART.findall(name))


@dataclass(frozen=True)
class Term:
    """Words that must all be in a label: some as they are, some with `*` for any letters."""

    exact: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, text: str, stop_words: Iterable[str] = ()) -> "Term":
        """Read a term as synonyms.yaml writes it; words of no meaning are left out."""
        words = [word for word in text.lower().split() if word.strip("*")]
        kept = [word for word in words if word not in set(stop_words)] or words
        return cls(
            frozenset(word for word in kept if "*" not in word),
            tuple(wildcard(word) for word in kept if "*" in word),
        )

    def found_in(self, words: frozenset[str]) -> frozenset[str] | None:
        """Return the words that the term explains, or None where it is not in the label."""
        if not self.exact <= words:
            return None
        found = set(self.exact)
        for pattern in self.patterns:
            hits = [word for word in words if pattern.fullmatch(word)]
            if not hits:
                return None
            found.update(hits)
        return frozenset(found)


@lru_cache(maxsize=10_000)
def wildcard(word: str) -> re.Pattern[str]:
    """Return the pattern of a word in which `*` stands for any letters and `?` for one."""
    return re.compile(re.escape(word).replace(r"\*", r"\w*").replace(r"\?", r"\w"))


@dataclass(frozen=True)
class Likeness:
    """How alike two labels of answers are, between 0 and 1."""

    stop_words: frozenset[str]
    negations: frozenset[str]
    _cache: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)

    def __call__(self, one: str, other: str) -> float:
        """Return 1 for the same words, 0 where a negation or a number sets them apart."""
        key = (one, other)
        if key not in self._cache:
            self._cache[key] = self._compare(one, other)
        return self._cache[key]

    def key(self, label: str) -> str:
        """Return what two labels must share to be the same: their words, without stop words."""
        words = plain(label).split()
        return " ".join([w for w in words if w not in self.stop_words] or words)

    def _compare(self, one: str, other: str) -> float:
        if one == other:
            return 1.0
        words_one, words_other = set(one.split()), set(other.split())
        apart = words_one ^ words_other
        if apart & self.negations or any(word.isdigit() for word in apart):
            return 0.0
        first, second = trigrams(one), trigrams(other)
        alike = 2 * len(first & second) / (len(first) + len(second)) if first and second else 0.0
        # Lower and higher education share most letters: words that differ must share a stem.
        return (
            alike
            if _are_variants(words_one - words_other, words_other - words_one)
            else (min(alike, MOST_ALIKE_OTHERWISE))
        )


def _are_variants(one: set[str], other: set[str]) -> bool:
    """Say whether each word has a partner in the other set that begins alike."""
    return len(one) == len(other) and all(
        first[:STEM_LETTERS] == second[:STEM_LETTERS]
        for first, second in zip(sorted(one), sorted(other), strict=True)
    )


@lru_cache(maxsize=100_000)
def trigrams(text: str) -> frozenset[str]:
    """Return the groups of three letters in a text, with its ends marked."""
    padded = f" {text} "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))


def number_of(text: str) -> float | None:
    """Return the number that a code is, or None.

    >>> number_of("-6"), number_of("M"), number_of("nan")
    (-6.0, None, None)
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None
