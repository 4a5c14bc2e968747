"""Who may be called, on which line, at what hour: the rules, by themselves."""

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from appliance.core.dial_plan import Kind, read_keys
from appliance.core.outgoing import LocalTime, Usage, Wish, judge, price_of_a_minute
from appliance.core.plan import LinePlan, OutgoingPlan, Plan, StationPlan
from appliance.settings.numbering import numbering_of

NOON = LocalTime("2026-11-22", 12 * 3600.0)


def shop(*lines: LinePlan, country: str = "PH", **rules) -> Plan:
    lines = lines or (LinePlan("landline", "hang_up"), LinePlan("globe", "hang_up"))
    stations = {x: StationPlan(x, x) for x in ("11", "12", "9")[: rules.pop("stations", 2)]}
    return Plan(
        1,
        lines={line.name: line for line in lines},
        stations=stations,
        outgoing=OutgoingPlan(**rules),
        numbering=numbering_of(country),
    )


@pytest.mark.parametrize(
    ("country", "number", "kind"),
    [
        ("PH", "911", "emergency"),
        ("PH", "117", "emergency"),
        ("PH", "09171234567", "ordinary"),
        ("PH", "+639171234567", "ordinary"),
        ("PH", "0014155550100", "international"),
        ("PH", "+14155550100", "international"),
        ("PH", "0", "incomplete"),
        ("PH", "*21*0917#", "service_code"),
        ("US", "18765551234", "international"),  # Jamaica, of the same country code
        ("US", "19005551234", "premium"),
        ("US", "011442079460000", "international"),
        ("GB", "090123456789999", "premium"),  # digits too many: the exchange ignores them
        ("GB", "07012345678", "premium"),  # a personal number costs as much
        ("DE", "0900123456", "incomplete"),  # one more key at the handset would make it premium
        ("DE", "0137123456", "incomplete"),
        ("AU", "190212345", "incomplete"),
        ("DE", "03012345", "ordinary"),
        ("PH", "0285551234", "ordinary"),
        ("CA", "18002345678", "ordinary"),  # free in all countries of the same code
        ("CA", "12125550123", "international"),
        ("GB", "999", "emergency"),
        ("AU", "000", "emergency"),
        ("DE", "110", "emergency"),
        ("JP", "119", "emergency"),
        ("BR", "190", "emergency"),
        ("VN", "113", "emergency"),
        ("XX", "112", "emergency"),
        ("XX", "0044", "international"),
    ],
)
def test_a_number_is_of_a_kind(country, number, kind):
    assert numbering_of(country).kind(number) == kind


@pytest.mark.parametrize("home", ["PH", "US", "GB", "AU", "DE", "BR", "VN", "JP", "IN", "CO", "RU"])
def test_every_other_country_is_abroad_however_it_is_written(home):
    for region in ("CA", "JM", "KZ", "GB", "SG", "PH", "AU", "DE", "AC", "SO", "LV"):
        number = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if region == home or number is None:
            continue
        dialled = phonenumbers.format_out_of_country_calling_number(number, home)
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        for written in (dialled, e164):
            digits = re.sub(r"[^0-9+]", "", written)
            assert numbering_of(home).kind(digits) == "international", (home, digits)


def test_default_deny():
    plan = shop()
    for number in ("+14155550100", "*21*0917123#", "0"):
        permission = judge(plan, Wish(number), NOON, Usage())
        assert not permission.lines
        assert permission.reason
    assert judge(plan, Wish("09171234567"), NOON, Usage()).lines == ("landline", "globe")


@pytest.mark.parametrize(
    "number", ["+449012345678", "00449012345678", "+979123456789", "+881612345678", "+870773111632"]
)
def test_premium_abroad_needs_both_consents(number):
    """Satellites and premium rates of no country (ITU-T E.164 list) among them."""
    for rules in ({}, {"international": True}, {"premium": True}):
        assert not judge(shop(**rules), Wish(number), NOON, Usage()).lines
    assert judge(shop(international=True, premium=True), Wish(number), NOON, Usage()).lines
    assert judge(shop(international=True), Wish("+442079460000"), NOON, Usage()).lines


def test_the_longer_prefix_wins():
    plan = shop(allow=("+1415", "+"), deny=("+14155",))
    assert judge(plan, Wish("+14161234567"), NOON, Usage()).lines
    assert judge(plan, Wish("+14151234567"), NOON, Usage()).lines
    assert "denied" in judge(plan, Wish("+14155550100"), NOON, Usage()).reason


def test_the_cheapest_line_first_and_unknown_prices_last():
    plan = shop(
        LinePlan("unknown", "hang_up"),
        LinePlan("landline", "hang_up", rates={"": 5.0, "0917": 8.0}),
        LinePlan("globe", "hang_up", prefixes=("0917",), rates={"": 6.5}),
        LinePlan("fax", "hang_up", outgoing="never"),
        LinePlan("red", "hang_up", outgoing="emergency_only"),
    )
    assert judge(plan, Wish("09171234567"), NOON, Usage()).lines == ("globe", "landline", "unknown")
    assert judge(plan, Wish("09181234567"), NOON, Usage()).lines == ("landline", "globe", "unknown")
    emergency = judge(plan, Wish("117"), NOON, Usage())
    assert emergency.lines == ("unknown", "landline", "globe", "red")
    assert emergency.is_emergency


@pytest.mark.parametrize(
    ("minute", "is_quiet"), [(0, True), (479, True), (480, False), (1259, False), (1260, True)]
)
def test_quiet_hours_over_midnight_hold_for_automatic_calls_alone(minute, is_quiet):
    at = LocalTime("2026-11-22", minute * 60.0)
    plan = shop()
    assert bool(judge(plan, Wish("09171234567", True), at, Usage()).lines) != is_quiet
    assert judge(plan, Wish("09171234567"), at, Usage()).lines


def test_no_quiet_hours_at_all():
    plan = shop(quiet=(0, 0))
    assert all(
        judge(plan, Wish("09171234567", True), LocalTime("", hour * 3600.0), Usage()).lines
        for hour in range(24)
    )


def test_emergency_numbers_are_never_dialled_automatically():
    permission = judge(shop(), Wish("117", True), NOON, Usage())
    assert not permission.lines
    assert "never dialled automatically" in permission.reason


@pytest.mark.parametrize(
    ("country", "number"),
    [("PH", "1170"), ("PH", "91155"), ("GB", "1120"), ("GB", "99912"), ("DE", "112555"),
     ("AU", "0001"), ("US", "91112345678"), ("XX", "1123"), ("IO", "91100")],
)  # fmt: skip
def test_what_an_exchange_takes_for_an_emergency_number_is_not_dialled_automatically(
    country, number
):
    """It connects at the last digit it needs."""
    plan = shop(country=country, allow=("",))
    assert "never dialled automatically" in judge(plan, Wish(number, True), NOON, Usage()).reason


def test_a_whole_number_that_begins_like_an_emergency_number_is_no_matter():
    plan = shop(country="CN")
    assert judge(plan, Wish("11012345678", True), NOON, Usage()).is_emergency
    assert judge(shop(country="PH"), Wish("09171234567", True), NOON, Usage()).lines
    assert judge(shop(country="US"), Wish("12125550123", True), NOON, Usage()).lines


def test_limits_of_a_line_and_of_the_shop():
    limited = LinePlan("landline", "hang_up", calls_a_day=2, minutes_a_day=10)
    plan = shop(limited, LinePlan("globe", "hang_up"), calls_a_day=5)
    usage = Usage()
    usage.count("2026-11-22", "landline", 2)
    assert judge(plan, Wish("09171234567"), NOON, usage).lines == ("globe",)
    usage.count("2026-11-22", "globe", 3)
    assert "the shop has made its 5 calls" in judge(plan, Wish("0917123"), NOON, usage).reason
    assert judge(plan, Wish("117"), NOON, usage).lines
    usage.count("2026-11-23", "landline", 0, 600.0)
    tomorrow = LocalTime("2026-11-23", 0.0)
    assert judge(plan, Wish("09171234567"), tomorrow, usage).lines == ("globe",)
    usage.count("2026-11-22", "globe", 99)  # of a day that is over
    assert judge(plan, Wish("09171234567"), tomorrow, usage).lines == ("globe",)


def test_a_free_operator_beats_a_dearer_longer_prefix_only_when_as_long():
    line = LinePlan("globe", "hang_up", prefixes=("09",), rates={"0917": 3.0, "": 1.0})
    assert price_of_a_minute(line, "09171234567") == 3.0
    assert price_of_a_minute(line, "09181234567") == 0.0
    assert price_of_a_minute(line, "5551234") == 1.0


@pytest.mark.parametrize(
    ("keys", "kind", "target", "waits"),
    [
        ("11", Kind.EXTENSION, "11", True),  # 112 and 117 begin so
        ("11#", Kind.EXTENSION, "11", False),
        ("12", Kind.EXTENSION, "12", False),
        ("112", Kind.EMERGENCY, "112", False),
        ("911", Kind.EMERGENCY, "911", True),  # 9 and an outside number may begin so
        ("911#", Kind.EMERGENCY, "911", False),
        ("9117", Kind.EMERGENCY, "117", True),
        ("9112", Kind.EMERGENCY, "112", True),
        ("9", Kind.NOTHING, "9", True),
        ("909171234567", Kind.OUTSIDE, "09171234567", False),  # no number is longer
        ("90917123456", Kind.OUTSIDE, "0917123456", True),
        ("90917123456#", Kind.OUTSIDE, "0917123456", False),
        ("8", Kind.NOTHING, "8", False),
        ("*0", Kind.FLASH, "", False),
    ],
)
def test_what_keys_mean(keys, kind, target, waits):
    dialled = read_keys(shop(), "12", keys)
    assert (dialled.kind, dialled.target, bool(dialled.wait_s)) == (kind, target, waits)


def test_where_no_line_calls_out_nothing_is_outside():
    plan = shop(LinePlan("landline", "hang_up", outgoing="never"))
    assert read_keys(plan, "11", "909171234567#").kind is Kind.NOTHING
    assert read_keys(plan, "11", "117").kind is Kind.NOTHING


def test_without_an_access_code_every_number_that_is_no_extension_goes_outside():
    plan = shop(access_code="")
    assert read_keys(plan, "11", "09171234567").target == "09171234567"
    assert read_keys(plan, "11", "12").kind is Kind.EXTENSION


@given(st.text("0123456789*#", max_size=30))
def test_whatever_is_dialled_reads_as_something_a_line_can_take(keys):
    dialled = read_keys(shop(), "11", keys)
    if dialled.kind in (Kind.OUTSIDE, Kind.EMERGENCY):
        assert 1 <= len(dialled.target) <= 20
        assert set(dialled.target) <= set("0123456789*#")
