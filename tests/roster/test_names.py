import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling_pipeline.roster.model import EventType
from scheduling_pipeline.roster.names import event_number, event_type, is_survey

NAMES = {
    "606001-ACME-Peach Tea (250815000001)  - V2-CORE": EventType.CORE,
    "606001-ACME-Peach Tea (250815000002)  - V2-Supervisor": EventType.SUPERVISOR,
    "09.22-DD-ACME-Soap Pods (250811000003)  - 09.22 Digital Setup": EventType.DIGITAL_SETUP,
    "09.22-DD-ACME-Soap Pods (250811000004)  - Digital Refresh": EventType.DIGITAL_REFRESH,
    "09.22-DD-ACME-Soap Pods (250811000005)  - Digital Teardown": EventType.DIGITAL_TEARDOWN,
    "09.24-LKD-FSK-Daily Service-9AM (250815000006)  - V2 - Freeosk": EventType.FREEOSK,
    "Wk34-Freeosk-Kiosk Troubleshooting (250815000007)  - V2.1 Freeosk Troubleshooting": EventType.FREEOSK,
    "09-24 8HR-ES1-JUICER-PRODUCTION-SPCLTY (250815000008)  - ES1": EventType.JUICER,
    "09-24 Juicer Survey (250815000009)  - V2.7 Juicer Production Survey": EventType.JUICER,
    "606777-VP-ACME Cooler (250815000010)  - Vendor Performed": EventType.OTHER,
}


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
def test_the_name_says_what_kind_of_event_it_is_in_any_case(name: str, kind: EventType) -> None:
    assert event_type(name) is kind
    assert event_type(name.lower()) is kind
    assert event_type(name.upper()) is kind


@pytest.mark.parametrize("cut", ["V2-SUPER", "V2-SUPERVISO", "v2-superv", "SUPERVISO"])
def test_a_supervisor_event_is_known_by_a_name_that_was_cut_short(cut: str) -> None:
    assert event_type(f"606001-ACME-Peach Tea (250815000002)  - {cut}") is EventType.SUPERVISOR


@pytest.mark.parametrize("product", ["Albacore", "Encore Mints", "High Score", "CORE Power", "Digital Scale"])
def test_a_product_does_not_make_the_type_of_an_event_with_a_known_suffix(product: str) -> None:
    for suffix, kind in [
        ("V2-Supervisor", EventType.SUPERVISOR),
        ("V2-CORE", EventType.CORE),
        ("Digital Teardown", EventType.DIGITAL_TEARDOWN),
        ("V2.7 Juicer Production Survey", EventType.JUICER),
        ("Vendor Performed", EventType.OTHER),
    ]:
        assert event_type(f"606001-ACME-{product} (250815000001)  - {suffix}") is kind


def test_a_supervisor_event_for_a_juicer_is_no_juicer_event() -> None:
    assert event_type("606001-ACME-Juicer (250815000001)  - V2-Supervisor") is EventType.SUPERVISOR


def test_core_inside_a_word_is_no_core_event() -> None:
    assert event_type("606001-ACME-Albacore (250815000001)  - Something") is EventType.OTHER
    assert event_type("606001-CORE-Super Pretzel") is EventType.CORE


def test_a_digital_event_of_no_known_kind_counts_as_a_setup() -> None:
    assert event_type("09.22-DD-ACME-Soap (250811000003)  - Digital") is EventType.DIGITAL_SETUP


def test_the_kind_of_a_digital_event_is_not_taken_from_its_product() -> None:
    name = "09.22-DD-ACME-Refresh Set Up (250811000003)  - Digital Tear-Down"
    assert event_type(name) is EventType.DIGITAL_TEARDOWN


def test_a_production_is_no_survey_though_its_suffix_may_say_both() -> None:
    assert is_survey("09-24 Juicer Survey (250815000009)  - V2.7 Juicer Production Survey")
    assert not is_survey("09-24 8HR-ES1-JUICER-PRODUCTION-SPCLTY (250815000008)  - ES1")
    assert not is_survey("09-24 JUICER-PRODUCTION Survey (250815000008)  - ES1")
    assert not is_survey("09-24 Juicer Deep Clean (250815000008)  - V2 Juicer")


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("606001-ACME-Peach Tea (250815000001)  - V2-CORE", "606001"),
        ("09.22-DD-ACME-Soap Pods (250811000003)  - Digital Setup", ""),
        ("Peach Tea (250815000001)  - V2-CORE", ""),
        ("A606001-ACME (250815000001)  - V2-CORE", ""),
        ("60600-ACME (250815000001)  - V2-CORE", ""),
        ("250815000001-ACME  - V2-CORE", ""),
        ("٦٠٦٠٠١-ACME  - V2-CORE", ""),
        ("", ""),
    ],
)
def test_only_six_digits_at_the_very_beginning_are_the_number(name: str, number: str) -> None:
    assert event_number(name) == number


@given(st.text())
def test_any_text_has_a_type_and_perhaps_a_number(name: str) -> None:
    assert event_type(name) in EventType
    number = event_number(name)
    assert number == "" or (len(number) == 6 and name.startswith(number))


@given(st.text(st.characters(exclude_characters="()")), st.sampled_from([*NAMES.items()]))
def test_the_suffix_decides_whatever_comes_before(product: str, known: tuple[str, EventType]) -> None:
    name, kind = known
    suffix = name.rpartition(")")[2]
    if suffix.strip() != "- ES1":  # says nothing by itself
        assert event_type(f"{product} (250815000001){suffix}") is kind
