"""One number dialled in many ways is one number to the rules; an operator's code hides none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.outgoing import REFUSALS, LocalTime, Usage, Wish, judge, price_of_a_minute
from appliance.core.plan import LinePlan, OutgoingPlan, Plan
from appliance.settings.numbering import numbering_of

NOON = LocalTime("2026-11-22", 12 * 3600.0)


def reason(country: str, number: str, automatic: bool = False, **rules) -> str:
    plan = Plan(
        1,
        lines={"landline": LinePlan("landline", "hang_up")},
        stations={},
        outgoing=OutgoingPlan(**rules),
        numbering=numbering_of(country),
    )
    return judge(plan, Wish(number, is_automatic=automatic), NOON, Usage()).reason


@pytest.mark.parametrize("rule", ["+44", "01144", "0044"])
@pytest.mark.parametrize("number", ["+442079460000", "011442079460000", "00442079460000"])
def test_abroad_is_denied_however_it_is_written(rule, number):
    told = reason("US", number, international=True, deny=(rule,))
    assert told == f"numbers that begin with {rule} are denied"


@pytest.mark.parametrize("rule", ["0917", "+63917", "0063917"])
@pytest.mark.parametrize("number", ["09171234567", "+639171234567", "00639171234567"])
def test_a_place_at_home_too(rule, number):
    assert reason("PH", number, deny=(rule,))
    assert not reason("PH", "09181234567", deny=(rule,))


def test_what_is_allowed_and_the_longer_prefix():
    assert not reason("PH", "+85223456789", allow=("00852",))
    assert not reason("PH", "0085223456789", allow=("+852",))
    assert reason("PH", "0085223456789", allow=("+852",), deny=("0085223",))
    assert not reason("PH", "+85223456789", allow=("+85223",), deny=("00852",))
    # In the US 00 leads to an operator's desk: what it may mean is denied, and never allowed.
    assert reason("US", "00442079460000", allow=("+44",))


def test_a_lone_lead_is_taken_as_it_is():
    assert reason("PH", "0085223456789", international=True, deny=("00",))
    assert not reason("PH", "09171234567", international=True, deny=("00",))
    assert not reason("PH", "09171234567", deny=("+",))


@pytest.mark.parametrize("number", ["19001234567", "+6319001234567", "1900123456"])
def test_the_philippines_1900_is_premium(number):
    assert reason("PH", number) == REFUSALS["premium"]
    assert reason("PH", number, international=True) == REFUSALS["premium"]
    assert not reason("PH", number, premium=True)
    assert not reason("PH", "180012345678")


@pytest.mark.parametrize(
    ("country", "number", "kind"),
    [
        ("VN", "17900442079460000", "international"),
        ("VN", "1710912345678", "ordinary"),
        ("ID", "01017442079460000", "international"),
        ("ID", "001442079460000", "international"),
        ("DE", "0103300442079460000", "international"),
        ("DE", "0101309001234567", "premium"),
        ("DE", "01033030123456", "ordinary"),
        ("DE", "01033123", "unjudged"),
        ("DE", "01033", "unjudged"),
        ("US", "1010288011442079460000", "international"),
        ("US", "101028819005551234", "premium"),
        ("US", "101028814155552671", "ordinary"),
        ("US", "1010288911", "unjudged"),
        ("AU", "14110011442079460000", "international"),
        ("AU", "14111902123456", "premium"),
        ("AU", "14110291234567", "ordinary"),
        ("AU", "1411*21", "service_code"),
    ],
)
def test_what_is_behind_the_code_of_another_operator_decides(country, number, kind):
    assert numbering_of(country).kind(number) == kind


def test_the_rules_see_through_the_code_of_an_operator():
    assert reason("DE", "0103300442079460000", international=True, deny=("+44",))
    assert reason("DE", "0103300442079460000") == REFUSALS["international"]
    assert reason("DE", "01033123") == REFUSALS["unjudged"]
    assert reason("DE", "01033123", international=True, premium=True, deny=("0800",))
    assert not reason("DE", "01033123", international=True, premium=True)
    assert not reason("DE", "01033030123456")
    assert reason("DE", "01033030123456", deny=("01033",)), "the code itself is denied"
    assert "never dialled automatically" in reason("US", "1010288911", automatic=True)


def test_rates_are_compared_in_the_same_way():
    numbering = numbering_of("PH")
    line = LinePlan(
        "globe", "hang_up", prefixes=("0917",), rates={"": 6.5, "+44": 20.0, "0918": 3.0}
    )

    def price(number: str) -> float | None:
        return price_of_a_minute(line, number, numbering)

    assert price("00442079460000") == price("+442079460000") == 20.0
    assert price("+639171234567") == price("09171234567") == 0.0
    assert price("+639181234567") == 3.0
    assert price("0281234567") == 6.5
    german = LinePlan("o2", "hang_up", prefixes=("030",), rates={"01033": 1.0})
    assert price_of_a_minute(german, "01033030123456", numbering_of("DE")) == 1.0
    assert price_of_a_minute(german, "01099030123456", numbering_of("DE")) is None


@given(
    country=st.sampled_from(["US", "PH", "VN", "ID", "DE", "AU", "GB", "JP"]),
    number=st.text(alphabet="0123456789", min_size=1, max_size=20),
    cut=st.integers(1, 20),
)
def test_a_rule_that_is_the_numbers_own_beginning_always_denies(country, number, cut):
    rules = {"international": True, "premium": True}
    plan_kind = numbering_of(country).kind(number)
    if plan_kind != "emergency":
        assert reason(country, number, deny=(number[:cut],), **rules)
