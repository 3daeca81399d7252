"""Joining names to accounts: exact, by halves of a surname, by override, and never by a guess."""

from __future__ import annotations

import pytest

from scheduling_pipeline.timetable.accounts import Account, Matching, Reason, Unmatched, match_teachers
from tests.timetable.builders import account


def match(raw: str, *accounts: Account, **overrides: str) -> Account | Unmatched:
    matching = match_teachers([raw], accounts, overrides)
    return matching.matched[raw] if raw in matching.matched else matching.unmatched[0]


@pytest.mark.parametrize(
    ("raw", "display_name"),
    [
        ("Ana MARTEL", "Ana Martel"),
        ("Ana MARTEL MAIN", "ana  martel"),
        ("Ana VIP/TP MARTEL", "Ana Martel"),
        ("Lea KOHLER", "Léa Köhler"),
        ("Léa KöHLER", "Lea Kohler"),
        ("Jo MüLLER BRANDT", "Jo Müller Brandt"),
        ("Jo MARTEL BRANDT", "Jo Martel-Brandt"),
        ("Anne Marie ROY", "Anne-Marie Roy"),
    ],
)
def test_a_name_finds_the_account_of_that_display_name(raw: str, display_name: str) -> None:
    right = account(display_name, "someone")
    assert match(raw, account("Jo Other"), right) == right


@pytest.mark.parametrize(
    ("raw", "local_part"),
    [
        ("Ana MARTEL", "Ana.Martel"),
        ("Léa KOHLER-ROY", "lea.kohlerroy"),
        ("Jo VON BRANDT", "jo.von.brandt"),
        ("Anne Marie ROY", "annemarie.roy"),
        ("Jo O'NEIL", "jo.oneil"),
    ],
)
def test_a_name_finds_the_account_whose_upn_is_made_of_it(raw: str, local_part: str) -> None:
    right = account("Maiden Name", local_part)
    assert match(raw, account("Jo Other"), right) == right


def test_a_collision_number_is_accepted_on_a_display_name_only() -> None:
    numbered = account("Ana Martel", "ana.martel2")
    assert match("Ana MARTEL", numbered) == numbered
    found = match("Ana MARTEL", account("A. Martel", "ana.martel2"))
    assert isinstance(found, Unmatched)
    assert found.reason is Reason.NOBODY


def test_homonyms_are_never_guessed() -> None:
    one, other = account("Ana Martel"), account("Ana Martel", "ana.martel2")
    found = match("Ana MARTEL", other, one)
    assert isinstance(found, Unmatched)
    assert found.reason is Reason.HOMONYM
    assert set(found.accounts) == {one.upn, other.upn}


def test_a_homonym_that_was_disabled_is_still_a_homonym() -> None:
    found = match("Ana MARTEL", account("Ana Martel"), account("Ana Martel", "ana.martel2", enabled=False))
    assert isinstance(found, Unmatched)
    assert found.reason is Reason.HOMONYM


def test_a_display_name_and_a_upn_that_point_at_two_accounts_are_homonyms() -> None:
    found = match("Ana MARTEL", account("Ana Martel", "ana.martel2"), account("A. Martel", "ana.martel"))
    assert isinstance(found, Unmatched)
    assert found.reason is Reason.HOMONYM


@pytest.mark.parametrize("raw", ["Lea KOHLER", "Lea ROY"])
def test_a_surname_cut_at_its_hyphen_finds_the_whole_one(raw: str) -> None:
    right = account("Léa Kohler-Roy")
    assert match(raw, right, account("Jo Roy")) == right


@pytest.mark.parametrize("display_name", ["Lea Kohler", "Lea Roy"])
def test_a_whole_surname_finds_the_one_cut_at_its_hyphen(display_name: str) -> None:
    right = account(display_name)
    assert match("Lea KOHLER-ROY", right, account("Jo Roy")) == right


def test_a_half_that_fits_two_accounts_is_not_guessed() -> None:
    found = match("Lea ROY", account("Lea Kohler-Roy"), account("Lea Roy-Martel"))
    assert isinstance(found, Unmatched)
    assert found.reason is Reason.HOMONYM
    assert len(found.accounts) == 2


def test_an_exact_name_goes_before_a_half() -> None:
    exact = account("Lea Roy")
    assert match("Lea ROY", account("Lea Kohler-Roy"), exact) == exact


def test_a_disabled_account_is_not_used() -> None:
    found = match("Ana MARTEL", account("Ana Martel", enabled=False))
    assert found == Unmatched("Ana MARTEL", Reason.DISABLED, ("ana.martel@school.example",))


def test_a_likely_misspelling_is_a_suggestion_and_no_match() -> None:
    found = match("Anna MARTELL", account("Ann Martel"), account("Jo Brandt"))
    assert found == Unmatched("Anna MARTELL", Reason.NOBODY, ("ann.martel@school.example",))
    assert found.problem == "no account has this name; perhaps it is ann.martel@school.example"


def test_two_look_alikes_are_not_even_a_suggestion() -> None:
    found = match("Anna MARTELL", account("Ann Martel"), account("Annie Martens"))
    assert found == Unmatched("Anna MARTELL", Reason.NOBODY)


def test_an_unknown_name_and_no_name_say_so() -> None:
    assert match("Ana MARTEL", account("Jo Brandt")) == Unmatched("Ana MARTEL", Reason.NOBODY)
    assert match("MARTEL MAIN", account("Jo Martel")) == Unmatched("MARTEL MAIN", Reason.NOT_A_NAME)


def test_an_override_goes_before_all_else_and_fits_every_spelling() -> None:
    right = account("Lea Kohler-Roy")
    overrides = {"Léa ROY": "LEA.KOHLER-ROY@school.example"}
    matching = match_teachers(["Lea ROY MAIN", "Lea ROY"], [right, account("Lea Roy")], overrides)
    assert matching.matched == {"Lea ROY": right, "Lea ROY MAIN": right}


def test_an_empty_override_leaves_a_teacher_out_for_ever() -> None:
    matching = match_teachers(["Ana MARTEL"], [account("Ana Martel")], {"Ana MARTEL": ""})
    assert matching.unmatched == (Unmatched("Ana MARTEL", Reason.SKIPPED),)
    assert matching.undecided == {}


def test_an_override_to_no_account_or_a_disabled_one_is_reported() -> None:
    overrides = {"Ana MARTEL": "gone@school.example", "Jo BRANDT": "jo.brandt@school.example"}
    accounts = [account("Ana Martel"), account("Jo Brandt", enabled=False)]
    matching = match_teachers(["Ana MARTEL", "Jo BRANDT"], accounts, overrides)
    assert [entry.reason for entry in matching.unmatched] == [Reason.BAD_OVERRIDE, Reason.DISABLED]
    assert "gone@school.example" in matching.unmatched[0].problem


def test_overrides_that_contradict_are_refused() -> None:
    with pytest.raises(ValueError, match="two things about 'Ana MARTEL MAIN'"):
        match_teachers([], [], {"Ana MARTEL": "a@school.example", "Ana MARTEL MAIN": "b@school.example"})


def test_a_raw_name_may_be_written_in_two_ways_for_one_account() -> None:
    right = account("Ana Martel")
    matching = match_teachers(["Ana MARTEL CR", "Ana MARTEL", "Ana MARTEL"], [right], {})
    assert matching == Matching({"Ana MARTEL": right, "Ana MARTEL CR": right}, (), ())


def test_the_reception_is_left_out_without_a_word() -> None:
    matching = match_teachers(["Reception TEAM"], [account("Reception Team")], {})
    assert matching == Matching({}, (), ("Reception TEAM",))


def test_a_calendar_is_named_by_what_outlives_a_change_of_name() -> None:
    account_now = Account("1", "Ana.Martel@School.example", "Ana Martel", enabled=True)
    account_then = Account("1", "ana.roy@school.example", "Ana Roy", enabled=True)
    assert account_now.calendar == account_then.calendar == "1"


@pytest.mark.parametrize("raw", ["Jo BRANDT", "Jo BRANDT MAIN", "Jo Brandt"])
def test_the_schools_list_decides_between_namesakes(raw: str) -> None:
    right, other = account("Jo Brandt", "jo.brandt2"), account("Jo Brandt", "jo.brandt")

    matching = match_teachers([raw], [right, other], {}, {"Jo Brandt": right.upn.upper()})

    assert matching.matched == {raw: right}


def test_the_schools_list_finds_somebody_whom_the_directory_calls_otherwise() -> None:
    right = account("Johanna Brandt", "johanna.brandt")

    assert match_teachers(["Jo BRANDT"], [right], {}, {"Jo Brandt": right.upn}).matched["Jo BRANDT"] == right


def test_the_schools_list_overrules_neither_the_directory_nor_an_override() -> None:
    right, listed = account("Ana Martel"), account("Lea Roy")
    roster = {"Ana Martel": listed.upn, "Jo Brandt": listed.upn}

    assert match_teachers(["Ana MARTEL"], [right, listed], {}, roster).matched["Ana MARTEL"] == right
    assert not match_teachers(["Jo BRANDT"], [listed], {"Jo BRANDT": ""}, roster).matched


def test_an_account_on_the_schools_list_that_the_directory_lacks_changes_nothing() -> None:
    matching = match_teachers(
        ["Jo BRANDT"], [account("Ana Martel")], {}, {"Jo Brandt": "gone@school.example"}
    )

    assert [entry.reason for entry in matching.unmatched] == [Reason.NOBODY]
