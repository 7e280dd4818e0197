import math
from decimal import Decimal
from uuid import UUID, uuid4

import numpy as np
import pytest
from scipy import stats

from campaign.campaigns.rules import CampaignStatus, Group, assign_group, may_move
from campaign.results.rules import Difference, Sample, may_show, welch

CAMPAIGN = UUID("01890000-0000-7000-8000-000000000001")


def test_the_control_group_has_its_share_and_stays_the_same() -> None:
    customers = [uuid4() for _ in range(20_000)]
    first = [assign_group(CAMPAIGN, customer, Decimal("0.2")) for customer in customers]
    assert first == [assign_group(CAMPAIGN, customer, Decimal("0.2")) for customer in customers]
    assert first.count(Group.CONTROL) == pytest.approx(4_000, abs=300)


def test_another_campaign_leaves_out_others() -> None:
    customers = [uuid4() for _ in range(2_000)]
    here = [assign_group(CAMPAIGN, customer, Decimal("0.5")) for customer in customers]
    there = [assign_group(UUID(int=7), customer, Decimal("0.5")) for customer in customers]
    assert sum(a is b for a, b in zip(here, there, strict=True)) == pytest.approx(1_000, abs=150)


@pytest.mark.parametrize(("share", "group"), [("0", Group.TREATED), ("1", Group.CONTROL)])
def test_the_ends_of_the_share_leave_nothing_to_chance(share: str, group: Group) -> None:
    assert {assign_group(CAMPAIGN, uuid4(), Decimal(share)) for _ in range(200)} == {group}


def test_states_move_only_as_drawn() -> None:
    allowed = {(a, b) for a in CampaignStatus for b in CampaignStatus if may_move(a, b)}
    draft, launched, paused, ended = CampaignStatus
    assert allowed == {(draft, launched), (launched, paused), (paused, launched), (launched, ended), (paused, ended)}


def test_welch_agrees_with_scipy() -> None:
    random = np.random.default_rng(7)
    treated, control = random.gamma(2, 900, 400), random.gamma(2, 700, 100)
    found = welch(*(Sample(len(g), float(g.mean()), float(g.var(ddof=1))) for g in (treated, control)))
    expected = stats.ttest_ind(treated, control, equal_var=False).confidence_interval(0.95)
    assert found is not None
    assert math.isclose(found.low, expected.low)
    assert math.isclose(found.high, expected.high)


def test_welch_says_nothing_about_one_customer_and_is_sure_where_nothing_varies() -> None:
    assert welch(Sample(1, 5.0, 0.0), Sample(9, 4.0, 1.0)) is None
    assert welch(Sample(3, 5.0, 0.0), Sample(9, 4.0, 0.0)) == Difference(1.0, 1.0, 1.0)


def test_nine_customers_are_too_few_to_show() -> None:
    assert not may_show(9)
    assert may_show(10)
