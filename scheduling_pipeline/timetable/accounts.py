"""Joining the site's teacher names to the accounts of the directory, without ever guessing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from scheduling_pipeline.timetable.names import TeacherName, fold, halves, is_pseudo, normalise, parse_name


@dataclass(frozen=True, slots=True)
class Account:
    """One user of the directory."""

    id: str
    upn: str
    display_name: str
    enabled: bool

    @property
    def calendar(self) -> str:
        """The calendar's key: the directory's id, which outlives a change of name."""
        return self.id

    @property
    def sign_in(self) -> str:
        """The UPN as it is compared: it means the same in any case."""
        return self.upn.lower()


class Reason(StrEnum):
    """Why a name has no account."""

    NOBODY = "no account has this name"
    HOMONYM = "several accounts fit this name"
    DISABLED = "the account is disabled"
    SKIPPED = "skipped on purpose"
    NOT_A_NAME = "not a first and a last name"
    BAD_OVERRIDE = "the override names an account that does not exist"


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A raw name without an account. `accounts` holds the UPNs that the reason is about; for NOBODY it is
    the one account that looks alike, if there is one: a suggestion for an override, never used by itself."""

    raw: str
    reason: Reason
    accounts: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """The reason as a sentence a person can act on."""
        if not self.accounts:
            return str(self.reason)
        link = "; perhaps it is" if self.reason is Reason.NOBODY else ":"
        return f"{self.reason}{link} {', '.join(self.accounts)}"


@dataclass(frozen=True, slots=True)
class Matching:
    """Raw names and their accounts. `excluded` are the names that stand for no person."""

    matched: Mapping[str, Account]
    unmatched: tuple[Unmatched, ...]
    excluded: tuple[str, ...]

    @property
    def undecided(self) -> dict[str, Unmatched]:
        """The unmatched names somebody has yet to decide about (a skipped one is decided), by raw name."""
        return {entry.raw: entry for entry in self.unmatched if entry.reason is not Reason.SKIPPED}


def match_teachers(
    names: Iterable[str],
    accounts: Sequence[Account],
    overrides: Mapping[str, str],
    roster: Mapping[str, str] | None = None,
) -> Matching:
    """Find the account of each raw name.

    `overrides` maps a raw name to a UPN, or to "" to leave that teacher out for ever; it goes before all
    else and applies to every spelling with the same key. `roster` is the school's own list, name to UPN: it
    decides where the directory knows nobody of a name, or several. Raises `ValueError` when two overrides
    contradict.
    """
    directory = _Directory(accounts)
    decided = _by_key(overrides)
    listed = {normalise(name): upn.strip().lower() for name, upn in (roster or {}).items()}
    matched: dict[str, Account] = {}
    unmatched: list[Unmatched] = []
    excluded: list[str] = []
    for raw in sorted(set(names)):
        if is_pseudo(raw):
            excluded.append(raw)
            continue
        override = decided.get(normalise(raw))
        found = directory.find(raw) if override is None else directory.obey(raw, override)
        if override is None and isinstance(found, Unmatched) and found.reason in _OPEN:
            found = directory.vouched_for(raw, listed.get(normalise(raw), "")) or found
        if isinstance(found, Account):
            matched[raw] = found
        else:
            unmatched.append(found)
    return Matching(matched, tuple(unmatched), tuple(excluded))


_OPEN = {Reason.NOBODY, Reason.HOMONYM}  # what the school's own list may decide


def _by_key(overrides: Mapping[str, str]) -> dict[str, str]:
    decided: dict[str, str] = {}
    for raw, upn in overrides.items():
        if decided.setdefault(normalise(raw), upn.strip().lower()) != upn.strip().lower():
            raise ValueError(f"the overrides say two things about {raw!r}")
    return decided


class _Directory:
    """The accounts, indexed by the ways a name may be found."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._by_upn = {account.sign_in: account for account in accounts}
        self._by_words: defaultdict[str, set[Account]] = defaultdict(set)
        self._by_local_part: defaultdict[str, set[Account]] = defaultdict(set)
        self._by_half: defaultdict[tuple[str, str], set[Account]] = defaultdict(set)
        self._by_look: defaultdict[tuple[str, str], set[Account]] = defaultdict(set)
        for account in accounts:
            self._by_words[_loose(account.display_name)].add(account)
            self._by_local_part[account.sign_in.partition("@")[0]].add(account)
            first, _, last = " ".join(account.display_name.split()).partition(" ")
            for half in halves(last):
                self._by_half[_loose(first), _loose(half)].add(account)
            self._by_look[_look(first, last)].add(account)

    def obey(self, raw: str, upn: str) -> Account | Unmatched:
        if not upn:
            return Unmatched(raw, Reason.SKIPPED)
        if upn not in self._by_upn:
            return Unmatched(raw, Reason.BAD_OVERRIDE, (upn,))
        return _only(raw, {self._by_upn[upn]})

    def vouched_for(self, raw: str, upn: str) -> Account | Unmatched | None:
        """The account that the school's list gives a name, if the directory has it."""
        return _only(raw, {self._by_upn[upn]}) if upn in self._by_upn else None

    def find(self, raw: str) -> Account | Unmatched:
        name = parse_name(raw)
        if name is None:
            return Unmatched(raw, Reason.NOT_A_NAME)
        found = self._exact(name) or self._cut(name)
        if found:
            return _only(raw, found)
        alike = self._by_look[_look(name.first, name.last)]
        return Unmatched(raw, Reason.NOBODY, _upns(alike) if len(alike) == 1 else ())

    def _exact(self, name: TeacherName) -> set[Account]:
        """Accounts of that display name or of a UPN made from it. A UPN's collision number (ana.martel2) says
        nothing about which namesake it is, so it is accepted on a display name and never counted off."""
        by_upn = (self._by_local_part[local] for local in _local_parts(name))
        return self._by_words[_loose(name.display)].union(*by_upn)

    def _cut(self, name: TeacherName) -> set[Account]:
        """Accounts that fit when a hyphenated surname was cut to a half, on either side."""
        longer = self._by_half[_loose(name.first), _loose(name.last)]
        shorter = (self._by_words[_loose(f"{name.first} {half}")] for half in halves(name.last))
        return longer.union(*shorter)


def _only(raw: str, found: set[Account]) -> Account | Unmatched:
    if len(found) > 1:
        return Unmatched(raw, Reason.HOMONYM, _upns(found))
    (account,) = found
    return account if account.enabled else Unmatched(raw, Reason.DISABLED, (account.upn,))


def _upns(accounts: Iterable[Account]) -> tuple[str, ...]:
    return tuple(sorted(account.upn for account in accounts))


def _loose(name: str) -> str:
    """A name's words, however they are joined: `Martel-Roy` and `Martel Roy` are one surname."""
    return " ".join(fold(name).replace("-", " ").split())


def _local_parts(name: TeacherName) -> set[str]:
    """What the UPN of that name may be before the @, wherever a compound name's first name ends."""
    words = [re.sub(r"[^a-z0-9]", "", word) for word in fold(name.display).split()]
    return {"".join(words[:cut]) + "." + ".".join(words[cut:]) for cut in range(1, len(words))}


def _look(first: str, last: str) -> tuple[str, str]:
    """What a misspelt name usually has in common with the right one."""
    return fold(first)[:3], fold(last)[:4]
