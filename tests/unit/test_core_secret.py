"""Secret digits and one-way talks in the core: flags on and off in pairs, nothing kept."""

from dataclasses import replace

from appliance.core import events as ev
from appliance.core.commands import (
    Command,
    HistoryFact,
    MeasureLegs,
    SetSecretDigits,
    StartRecording,
    StoryNote,
)
from appliance.core.plan import Plan
from tests.core_shop import Bench, shop


def secret_plan() -> Plan:
    plan = shop()
    return replace(plan, menus={**plan.menus, "main": replace(plan.menus["main"], secret=True)})


def answered(bench: Bench) -> list[Command]:
    """A call in the first menu; the commands of its answer."""
    bench.send(ev.RingDetected("landline"))
    bench.send(ev.RingDetected("landline"))
    return bench.send(ev.LineAnswered("landline"))


def flags(commands: list[Command]) -> list[bool]:
    return [one.on for one in commands if isinstance(one, SetSecretDigits)]


def test_a_secret_menu_sets_the_flag_first_and_clears_it_when_left() -> None:
    bench = Bench(secret_plan())
    begun = answered(bench)
    assert flags(begun) == [True]
    assert flags(bench.send(ev.DigitReceived("line:landline", "7", "in_band"))) == []
    assert flags(bench.send(ev.DigitReceived("line:landline", "4", "in_band"))) == [False]


def test_the_caller_hangs_up_in_a_secret_menu() -> None:
    bench = Bench(secret_plan())
    answered(bench)
    assert flags(bench.send(ev.CallerHungUp("landline", "busy_tone"))) == [False]


def test_no_digit_leaves_the_core() -> None:
    bench = Bench(secret_plan())
    answered(bench)
    out = bench.send(ev.DigitReceived("line:landline", "7", "in_band"))
    out += bench.send(ev.CallerHungUp("landline", "busy_tone"))
    told = [one for one in out if isinstance(one, StoryNote | HistoryFact)]
    kept = [one.data.get("digits", one.data.get("digit")) for one in told if hasattr(one, "data")]
    assert [one for one in kept if one is not None] == ["•", "•"]
    notes = [one for one in told if isinstance(one, StoryNote) and "Pressed" in one.text]
    assert [(one.text, one.figures["key"]) for one in notes] == [
        ("Pressed •, which is not a key of menu main", "•")
    ]


def talking(bench: Bench) -> str:
    answered(bench)
    bench.send(ev.DigitReceived("line:landline", "1", "in_band"))
    bench.send(ev.StationLifted("11"))
    return bench.exchange.snapshot().calls[0].call_id


def test_the_shop_asks_twice_and_the_end_clears_it() -> None:
    bench = Bench(shop())
    call_id = talking(bench)
    assert flags(bench.send(ev.SecretDigitsAsked(call_id, True))) == [True]
    assert flags(bench.send(ev.SecretDigitsAsked(call_id, True))) == []
    assert flags(bench.send(ev.StationHungUp("11"))) == [False]
    assert bench.send(ev.SecretDigitsAsked(call_id, True)) == []


def test_a_talk_is_measured_before_it_is_parted() -> None:
    bench = Bench(shop())
    call_id = talking(bench)
    names = [type(one).__name__ for one in bench.send(ev.StationHungUp("11"))]
    assert names.index("MeasureLegs") < names.index("UnbridgeLegs")
    (fact,) = bench.send(ev.QualityMeasured(call_id, {"ms": 5}))
    assert fact == HistoryFact(call_id, "quality", {"ms": 5})
    assert MeasureLegs.__slots__ == ("call_id", "first", "second")


def test_one_way_is_shown_while_it_lasts_and_means_nothing_later() -> None:
    bench = Bench(shop())
    talking(bench)
    out = bench.send(ev.OneWayHeard("line:landline", 3200, over=False))
    assert any(isinstance(one, StoryNote) and "can't hear the caller" in one.text for one in out)
    assert bench.exchange.snapshot().calls[0].trouble == "the caller can't be heard"
    bench.send(ev.OneWayHeard("line:landline", 7000, over=True))
    assert bench.exchange.snapshot().calls[0].trouble == ""
    bench.send(ev.StationHungUp("11"))
    assert bench.send(ev.OneWayHeard("line:landline", 3200, over=False)) == []


def test_in_a_call_out_it_is_the_recorded_line_that_is_kept_secret() -> None:
    bench = Bench(shop(recording="always"))
    bench.send(ev.StationLifted("11"))
    for key in "90917123#":
        bench.send(ev.DigitReceived("station:11", key, "in_band"))
    bench.send(ev.LineDialled("landline", audible=True))
    call_id = bench.exchange.snapshot().calls[0].call_id
    bench.send(ev.SecretDigitsAsked(call_id, True))
    out = bench.send(ev.AnswerSignHeard("landline", "polarity"))
    told = [one for one in out if isinstance(one, SetSecretDigits | StartRecording)]
    assert told == [
        SetSecretDigits("station:11", False),
        SetSecretDigits("line:landline", True),
        StartRecording("recording1", call_id, "line:landline", "call"),
    ]
    bench.send(ev.SecretDigitsAsked(call_id, False))
    out = bench.send(ev.SecretDigitsAsked(call_id, True))
    assert SetSecretDigits("line:landline", True) in out
    assert SetSecretDigits("line:landline", False) in bench.send(ev.StationHungUp("11"))


def test_one_way_names_the_other_side_of_a_call_out() -> None:
    bench = Bench(shop())
    bench.send(ev.StationLifted("11"))
    for key in "90917123#":
        bench.send(ev.DigitReceived("station:11", key, "in_band"))
    bench.send(ev.LineDialled("landline", audible=True))
    for sign in ("ringback", "ringback_over", "voice"):
        bench.send(ev.AnswerSignHeard("landline", sign))
    out = bench.send(ev.OneWayHeard("line:landline", 3200, over=False))
    (note,) = (one for one in out if isinstance(one, StoryNote))
    assert note.text == "The shop can't hear the other side: nothing has come in for 3.2 s"
    (fact,) = (one for one in out if isinstance(one, HistoryFact))
    assert fact.data["silent"] == "far_end"
    assert bench.exchange.snapshot().calls[0].trouble == "the other side can't be heard"
    out = bench.send(ev.OneWayHeard("line:landline", 7000, over=True))
    assert any("The other side is heard again" in o.text for o in out if isinstance(o, StoryNote))
