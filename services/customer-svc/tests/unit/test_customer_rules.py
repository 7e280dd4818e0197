"""Rules of the profile store, without a database."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.data.contact_points import Unreadable
from customer import intake
from customer.orders import rules as orders
from customer.orders.rules import LineIntake, OrderIntake
from customer.orders.schemas import NewOrder, NewOrderLine
from customer.references import rules as handles
from customer.refunds import rules as refunds
from customer.refunds.schemas import RefundLine


@pytest.mark.parametrize(
    ("written", "stored"),
    [("+49 30 901820", "+4930901820"), ("(212) 555-0100", "+12125550100"), ("0044 20 7946 0018", None)],
)
def test_phones_become_e164(written: str, stored: str | None) -> None:
    if stored is None:
        with pytest.raises(Unreadable):
            handles.phone(written, "US")
    else:
        assert handles.phone(written, "US").value == stored


@given(st.lists(st.integers(0, 5), max_size=30))
def test_waves_keep_equal_keys_apart_and_in_order(keys: list[int]) -> None:
    rounds = list(intake.waves(keys, lambda key: [key]))
    assert sorted(index for wave in rounds for index in wave) == list(range(len(keys)))
    for wave in rounds:
        assert len({keys[index] for index in wave}) == len(wave)
    places = {index: number for number, wave in enumerate(rounds) for index in wave}
    for first in range(len(keys)):
        for second in range(first + 1, len(keys)):
            assert keys[first] != keys[second] or places[first] < places[second]


def test_a_refund_takes_from_what_is_left_or_takes_nothing() -> None:
    left = {1: refunds.Left(Decimal(2), 398), 2: refunds.Left(Decimal(1), 50)}
    fits = RefundLine(line=1, quantity=Decimal(1), amount=199)
    too_much = RefundLine(line=2, quantity=Decimal(1), amount=51)
    assert refunds.give_back([fits, too_much], left) is not None
    assert left[1].amount == 398
    assert refunds.give_back([fits], left) is None
    assert (left[1].quantity, left[1].amount) == (1, 199)
    assert refunds.give_back([fits, fits], left) == "A refund names each line once."


def test_the_bulk_and_the_single_shape_of_an_order_have_the_same_fields() -> None:
    for bulk, single in ((OrderIntake, NewOrder), (LineIntake, NewOrderLine)):
        assert {field.name for field in msgspec.structs.fields(bulk)} == set(single.model_fields)


def test_equal_orders_have_equal_fingerprints() -> None:
    text = b'{"customer":{"card":"1"},"placed_at":"2017-01-01T00:00:00Z","currency":"USD","lines":[%s]}'
    line = b'{"product":{"external_id":"1"},"quantity":%s,"amount":1}'
    read = [msgspec.json.decode(text % (line % quantity), type=OrderIntake) for quantity in (b"1", b"1.0", b"2")]
    one, same, other = (orders.read(order, "US").fingerprint for order in read)
    assert one == same != other
