"""How the booking site writes teachers' names, and the keys that names are compared by."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

# Roles, schools and activity codes that the site mixes into names.
TOKENS = frozenset({"main", "cr", "esa", "sfs", "wse", "vip", "tp", "vad", "tpc", "jpr", "jgp", "jnr", "ico"})

# Stand in the teacher field but are nobody.
PSEUDO_TEACHERS = frozenset({"reception team"})


@dataclass(frozen=True, slots=True)
class TeacherName:
    """A first and a last name as a person would write them. The last name may be compound."""

    first: str
    last: str

    @property
    def display(self) -> str:
        return f"{self.first} {self.last}"


def parse_name(raw: str) -> TeacherName | None:
    """Read the site's `Firstname LASTNAME`, tokens anywhere; None when fewer than two words are left."""
    words = [_title(word) for word in _words(raw)]
    if len(words) < 2:  # noqa: PLR2004 - a first and a last name
        return None
    return TeacherName(words[0], " ".join(words[1:]))


def normalise(raw: str) -> str:
    """The key of a raw name: without tokens and accents, lower case, single spaces.

    A raw name that is no name (only tokens, say) keeps all its words, so that it still has a key of its own.
    """
    folded = fold(raw)
    return " ".join(_words(folded) or folded.split())


def is_pseudo(raw: str) -> bool:
    """Whether a raw name stands for no person."""
    return normalise(raw) in PSEUDO_TEACHERS


def fold(text: str) -> str:
    """Accent-free and lower case, with plain apostrophes: what two spellings of one name have in common."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return plain.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")


def halves(surname: str) -> frozenset[str]:
    """What is left of a hyphenated surname when it is cut at a hyphen; nothing for a plain one."""
    parts = surname.split("-")
    cuts = range(1, len(parts))
    return frozenset("-".join(part) for cut in cuts for part in (parts[:cut], parts[cut:]))


def _words(raw: str) -> list[str]:
    return [word for word in raw.replace("/", " ").split() if word.casefold() not in TOKENS]


def _title(word: str) -> str:
    """Title-case a word in capitals. The site leaves some umlauts small inside capitals (`MüLLER`), so only
    plain letters tell."""
    plain = [char for char in word if char.isascii() and char.isalpha()]
    return word.title() if all(char.isupper() for char in plain) else word
