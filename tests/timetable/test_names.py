"""Reading the site's spelling of teachers' names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling_pipeline.timetable.names import TOKENS, TeacherName, halves, is_pseudo, normalise, parse_name


@pytest.mark.parametrize(
    ("raw", "first", "last"),
    [
        ("Ana MARTEL", "Ana", "Martel"),
        ("Ana MARTEL MAIN", "Ana", "Martel"),
        ("Ana MARTEL CR", "Ana", "Martel"),
        ("Ana ESA MARTEL MAIN", "Ana", "Martel"),
        ("Ana VIP/TP MARTEL", "Ana", "Martel"),
        ("main ANA martel", "Ana", "martel"),
        ("  Ana   MARTEL ", "Ana", "Martel"),
        ("Léa KÖHLER", "Léa", "Köhler"),
        ("Jo MüLLER", "Jo", "Müller"),
        ("Jo MüLLER BRüGGER", "Jo", "Müller Brügger"),
        ("Jo von BRANDT", "Jo", "von Brandt"),
        ("Lea KOHLER-ROY", "Lea", "Kohler-Roy"),
        ("Lea O'NEIL", "Lea", "O'Neil"),
        ("Lea McNEIL", "Lea", "McNEIL"),
    ],
)
def test_a_name_is_read_without_tokens_and_in_title_case(raw: str, first: str, last: str) -> None:
    assert parse_name(raw) == TeacherName(first, last)


@pytest.mark.parametrize("raw", ["", "MARTEL", "MARTEL MAIN", "VIP/TP", "ESA Ana"])
def test_fewer_than_two_words_are_no_name(raw: str) -> None:
    assert parse_name(raw) is None


def test_spellings_of_one_name_have_one_key() -> None:
    spellings = ["Léa KÖHLER", "Lea KOHLER MAIN", "lea kohler", "LEA ESA KÖHLER", "Lea VIP/TP KöHLER"]
    assert {normalise(raw) for raw in spellings} == {"lea kohler"}
    assert normalise("Lea O\N{RIGHT SINGLE QUOTATION MARK}NEIL") == normalise("Lea O'NEIL")
    assert normalise("Lea KOHLER-ROY") == "lea kohler-roy"


def test_what_is_no_name_has_a_key_of_its_own() -> None:
    assert normalise("VIP/TP") == "vip/tp"
    assert normalise("MARTEL") == "martel"


@settings(derandomize=True)
@given(
    words=st.lists(st.sampled_from(["Ana", "MARTEL", "Roy"]), min_size=2, max_size=3),
    token=st.sampled_from(sorted(TOKENS)),
    place=st.integers(0, 3),
    capitals=st.booleans(),
)
def test_a_token_anywhere_changes_nothing(
    words: list[str], token: str, place: int, *, capitals: bool
) -> None:
    spoilt = [*words[:place], token.upper() if capitals else token, *words[place:]]
    assert parse_name(" ".join(spoilt)) == parse_name(" ".join(words))
    assert normalise(" ".join(spoilt)) == normalise(" ".join(words))


@settings(derandomize=True)
@given(st.text())
def test_the_key_of_a_key_is_the_key(raw: str) -> None:
    assert normalise(normalise(raw)) == normalise(raw)


def test_only_a_hyphenated_surname_has_halves() -> None:
    assert halves("Kohler-Roy") == {"Kohler", "Roy"}
    assert halves("a-b-c") == {"a", "b-c", "a-b", "c"}
    assert halves("Kohler") == frozenset()


def test_the_reception_is_nobody() -> None:
    assert is_pseudo("Reception TEAM")
    assert not is_pseudo("Ana TEAM")
