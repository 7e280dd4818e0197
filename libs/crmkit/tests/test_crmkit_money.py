from crmkit.data.money import minor_unit


def test_minor_units_follow_the_currency() -> None:
    assert [str(minor_unit(code)) for code in ("USD", "JPY", "KWD")] == ["0.01", "1", "0.001"]
