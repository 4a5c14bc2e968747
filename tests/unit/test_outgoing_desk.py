"""What the owner and the page learn of calling out: the rules, today's use, and every refusal."""

import time

import msgspec
import pytest

from appliance.control.schema_lines import OutgoingRules
from appliance.core.events import CallAsked, CallsCounted, Event, LocalTimeTold
from appliance.core.exchange import Exchange
from appliance.errors import ControlError
from appliance.outgoing_desk import OutgoingDesk
from appliance.settings.toml import read_toml

SHOP = """
[shop]
country = "PH"
[outgoing]
calls_a_day = 5
deny = ["0900"]
quiet_from = "20:30"
[[line]]
name = "landline"
driver = "voice_modem"
port = "/dev/line"
answer = "hang_up"
minutes_a_day = 60
[[line]]
name = "old"
driver = "voice_modem"
port = "/dev/old"
answer = "hang_up"
outgoing = "never"
"""


class NoonClock:
    def __init__(self) -> None:
        self.moment = time.mktime((2026, 11, 22, 12, 0, 0, 0, 0, -1))

    def utc(self) -> float:
        return self.moment

    def monotonic(self) -> float:
        return self.moment


def make() -> tuple[OutgoingDesk, NoonClock, list[Event]]:
    plan = read_toml(SHOP).to_plan(1)
    exchange = Exchange(plan, lambda kind: kind)
    clock, posted = NoonClock(), []

    def post(event: Event) -> None:
        posted.append(event)
        exchange.handle(event, clock.monotonic())

    return OutgoingDesk(clock, post, exchange, lambda: plan), clock, posted


def test_the_rules_and_what_went_out_today() -> None:
    desk, clock, _ = make()
    desk.tell_time()
    desk.counted({"landline": (3, 700.0), "gone": (1, 60.0)})
    told = msgspec.convert(desk.rules(), OutgoingRules)
    assert (told.access_code, told.international, told.premium) == ("9", False, False)
    assert (told.deny, told.quiet_from, told.quiet_to) == (["0900"], "20:30", "08:00")
    by_line = {line.line: line for line in told.lines}
    assert (by_line["landline"].calls, by_line["landline"].seconds) == (3, 700.0)
    assert by_line["landline"].minutes_a_day == 60
    assert by_line["old"].outgoing == "never"
    assert (told.shop.calls, told.shop.calls_a_day) == (4, 5)  # a line that is gone counts
    clock.moment += 24 * 3600
    desk.tell_time()
    assert desk.rules()["shop"]["calls"] == 0


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("0044 20 7946 0000", "international calls are not allowed"),
        ("0900-1234", "numbers that begin with 0900 are denied"),
        ("AT;H0", "not a|number|digits"),
        ("09171234567", "handset 11 is not free"),
    ],
)
def test_a_refusal_has_its_reason(number: str, reason: str) -> None:
    desk, _, posted = make()
    desk.tell_time()
    with pytest.raises(ControlError, match=reason) as refused:
        desk.place_call("11", number)
    assert str(refused.value)
    assert not any(isinstance(event, CallAsked) for event in posted)


def test_the_time_is_told_once_and_again_on_a_new_day() -> None:
    desk, clock, posted = make()
    desk.tell_time()
    desk.tell_time()
    clock.moment += 13 * 3600
    desk.tell_time()
    desk.counted({"landline": (1, 1.0)})
    assert [type(event) for event in posted] == [LocalTimeTold, LocalTimeTold, CallsCounted]
