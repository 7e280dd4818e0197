import pytest

from callcenter.references import rules


@pytest.mark.parametrize(
    ("dialled", "region", "number"),
    [
        ("+14155550100", "US", "+14155550100"),
        ("(415) 555-0100", "US", "+14155550100"),
        ("1-415-555-0100", "US", "+14155550100"),
        ("030 123456", "DE", "+4930123456"),
        ("104", "US", "104"),
        ("anonymous", "US", "anonymous"),
    ],
)
def test_a_number_is_written_as_e164_or_kept_as_given(dialled: str, region: str, number: str) -> None:
    assert rules.of_phone(dialled, region).value == number


def test_handles_that_are_equal_are_written_alike() -> None:
    assert rules.of_email("Ana@Example.com") == rules.of_email("ana@example.com")
    assert rules.of_email("Ana@corp.local").value == "Ana@corp.local"
    assert rules.of_card("2200 1234") == rules.of_card("22001234")
    assert rules.of_external_id("tcj", "a:b").value == "tcj:a:b"
