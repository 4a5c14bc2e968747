"""The voice modem line calls out through the emulated modem and exchange: every way it can end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.events import DialFailed, LineDialled, LineReleased, RingDetected
from appliance.simulator.caller import CallScript
from appliance.simulator.far_end import Progress
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.modem_state import Faults
from tests.dial_rig import DialRig

DIALLED, RELEASED = LineDialled("front", True), LineReleased("front")
FAMILIES = ("usr5637", "conexant", "si24xx")


def failed(cause: str) -> DialFailed:
    return DialFailed("front", cause)


@pytest.mark.parametrize("profile", FAMILIES)
@pytest.mark.parametrize("splits", [True, False])
def test_a_call_out_and_the_next_one(profile: str, splits: bool) -> None:
    with DialRig({"profile": profile, "splits": splits}) as rig:
        for _ in range(2):
            rig.events.clear()
            rig.line.dial("5550001")
            took_s = rig.until(lambda: DIALLED in rig.events)
            assert rig.events == [DIALLED]
            assert took_s < 8.0
            assert rig.line.port == 7
            rig.until(lambda: rig.exchange.far is not None)
            far = rig.exchange.far
            assert far is not None
            assert far.number == "5550001"
            rig.until(lambda: rig.progress is Progress.ANSWERED)
            rig.run(1.0)
            assert rig.state == "streaming"
            assert rig.line.health["state"] == "in_call"
            rig.release()
            assert far.ended_by == "other"
            assert rig.line.port is None
            assert rig.audio.open_ports == 0
        assert rig.exchange.dialled_numbers == ["5550001"] * 2
        assert rig.asked[-1].startswith(("AT+VCID=1", "AT-SCID=1"))


def test_what_is_sent_to_the_modem() -> None:
    with DialRig({"profile": "conexant"}) as rig:
        rig.line.dial("5550001")
        rig.until(lambda: DIALLED in rig.events)
        at = rig.asked.index("ATX4")
        assert "AT+FCLASS=8" in rig.asked[:at]
        assert rig.asked[at:] == [
            "ATX4", "AT+VRA=0", "AT+VRN=0", "ATDT5550001;", "AT+VLS=1", "AT+VTR",
        ]  # fmt: skip
        rig.release()


def test_blind_dialling_needs_no_dial_tone() -> None:
    silent = LineHabits("US", dial_tone_after_s=None)
    with DialRig({"habits": silent}) as rig:
        rig.line.dial("5550001")
        rig.until(lambda: bool(rig.events), 20.0)
        assert rig.events == [failed("no_dial_tone")]
        rig.release()
        assert rig.events == [failed("no_dial_tone"), RELEASED]
    with DialRig({"habits": silent}, dial_mode="blind") as rig:
        rig.line.dial("5550001")
        rig.until(lambda: DIALLED in rig.events, 20.0)
        assert "ATX3" in rig.asked
        rig.until(lambda: rig.exchange.far is not None)
        rig.release()


def test_a_late_dial_tone_is_waited_for() -> None:
    with DialRig({"habits": LineHabits("US", dial_tone_after_s=3.0)}) as rig:
        rig.line.dial("5550001")
        assert rig.until(lambda: DIALLED in rig.events) > 3.5
        rig.until(lambda: rig.exchange.far is not None)
        rig.release()


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("BUSY", "busy"),
        ("NO ANSWER", "no_answer"),
        ("NO DIAL TONE", "no_dial_tone"),
        ("NO LINE", "no_dial_tone"),
        ("NO CARRIER", "ended"),
        ("LINE-IN-USE", "line_in_use"),
        ("LINE IN USE", "line_in_use"),
        ("BLACKLISTED", "rejected"),
        ("DELAYED 00:30:00", "rejected"),
    ],
)
def test_every_final_result_is_a_cause(said: str, cause: str) -> None:
    with DialRig({"faults": Faults(dial_result=said)}) as rig:
        rig.line.dial("5550001")
        rig.until(lambda: bool(rig.events), 10.0)
        assert rig.events == [failed(cause)]
        rig.release()


@pytest.mark.parametrize("said", ["ERROR", "+CME ERROR: 3"])
def test_a_modem_that_refuses_to_dial_plays_the_keys(said: str) -> None:
    with DialRig({"faults": Faults(dial_result=said)}) as rig:
        rig.line.dial("5550001")
        rig.until(lambda: DIALLED in rig.events, 20.0)
        assert "AT+VTS=5,5,5,0,0,0,1" in rig.asked
        rig.until(lambda: rig.exchange.far is not None)
        rig.release()
        assert rig.exchange.dialled_numbers == ["5550001"]
        assert "can't dial" in str(rig.line.health["last_problem"])
        rig.modem.transcript.clear()
        rig.line.dial("5550001")
        rig.until(lambda: rig.events.count(DIALLED) == 2, 20.0)
        assert not [text for text in rig.asked if text.startswith("ATDT")], "it was learned"
        rig.until(lambda: len(rig.exchange.dialled_numbers) == 2)
        rig.release()


def test_a_modem_that_never_connects_its_sound_is_told_and_recovers() -> None:
    with DialRig({"faults": Faults(ignores_duplex_after_dial=True)}) as rig:
        rig.line.dial("5550001")
        rig.until(lambda: bool(rig.events), 30.0)
        assert rig.events == [failed("no_service")]
        assert "never connects its sound" in str(rig.line.health["last_problem"])
        rig.release()
        rig.modem.misbehave(Faults())
        rig.line.dial("5550001")
        rig.until(lambda: DIALLED in rig.events, 20.0)
        rig.release()


def test_a_number_that_is_none_reaches_no_modem() -> None:
    with DialRig() as rig:
        before = len(rig.asked)
        for number in ("", "555 0001", "5550001;H", "5\r6", "+", "1" * 21, "٥٥٥", "555W1", "a"):
            rig.line.dial(number)
        assert rig.events == [failed("number")] * 9
        rig.run(2.0)
        assert len(rig.asked) == before
        assert rig.state == "ready"


def test_a_plus_becomes_the_countrys_prefix_or_is_refused() -> None:
    with DialRig(country="US") as rig:
        rig.line.dial("+5512345")
        rig.until(lambda: DIALLED in rig.events)
        rig.until(lambda: bool(rig.exchange.dialled_numbers))
        assert rig.exchange.dialled_numbers == ["0115512345"]
        rig.release()
    with DialRig(country="BR") as rig:
        rig.line.dial("+5512345")
        assert rig.events == [failed("number")]
        assert "international prefix" in str(rig.line.health["last_problem"])


def test_glare_the_incoming_call_wins() -> None:
    with DialRig({"habits": LineHabits("US")}) as rig:
        caller = rig.network.call("landline", CallScript("0917", give_up_after_s=20.0))
        rig.run(1.7)  # the burst ends, and is reported, while the modem is being prepared
        rig.line.dial("5550001")
        rig.until(lambda: bool(rig.events), 3.0)
        assert rig.events == [failed("incoming_call")]
        rig.line.release()
        rig.until(lambda: "RingDetected" in rig.kinds(), 3.0)
        assert rig.events == [failed("incoming_call"), RELEASED, RingDetected("front")]
        rig.line.answer()
        rig.until(lambda: "LineAnswered" in rig.kinds(), 5.0)
        rig.release()
        assert caller.outcome == "answered"
        assert rig.exchange.dialled_numbers == []


def test_dialling_a_ringing_line_is_glare_at_once() -> None:
    with DialRig() as rig:
        rig.network.call("landline", CallScript("0917", give_up_after_s=12.0))
        rig.until(lambda: rig.state == "ringing")
        rig.line.dial("5550001")
        assert rig.events[-1] == failed("incoming_call")
        assert rig.state == "ringing"


@pytest.mark.parametrize("profile", FAMILIES)
def test_a_line_that_another_telephone_has_is_not_seized(profile: str) -> None:
    with DialRig({"profile": profile, "habits": LineHabits("US")}) as rig:
        rig.exchange.extension(True)
        rig.line.dial("5550001")
        rig.until(lambda: bool(rig.events), 15.0)
        told = profile != "usr5637"  # which can't tell, but waits for a dial tone that never comes
        assert rig.events == [failed("line_in_use" if told else "no_dial_tone")]
        rig.release()
        rig.exchange.extension(False)
        rig.line.dial("5550001")
        rig.until(lambda: DIALLED in rig.events, 15.0)
        rig.release()


def test_a_telephone_lifted_during_a_call_is_shown_until_it_is_put_down() -> None:
    with DialRig({"profile": "conexant", "habits": LineHabits("US")}) as rig:
        rig.line.dial("5550001")
        rig.until(lambda: DIALLED in rig.events)
        rig.exchange.extension(True)
        rig.run(0.1)
        assert rig.line.health["line_in_use"] is True
        rig.release()
        rig.line.dial("5550001")
        assert rig.events[-1] == failed("line_in_use")
        rig.run(3601.0)
        assert rig.line.health["line_in_use"] is False, "its end may have been lost"


@pytest.mark.parametrize("profile", FAMILIES)
def test_release_at_any_moment_of_dialling_ends_on_hook(profile: str) -> None:
    with DialRig({"profile": profile}) as rig:
        for tenths in range(0, 60, 3):
            rig.events.clear()
            rig.line.dial("5550001")
            rig.run(tenths / 10 + 0.013)
            begun = rig.loop.time()
            rig.release()
            assert rig.loop.time() - begun < 4.0
            assert rig.audio.open_ports == 0
            assert [kind for kind in rig.kinds() if kind != "LineDialled"] == ["LineReleased"]


def test_the_modem_ends_the_call_by_itself() -> None:
    with DialRig({"faults": Faults(no_carrier_after_s=5.0)}) as rig:
        rig.line.dial("5550001")
        rig.until(lambda: "CallerHungUp" in rig.kinds(), 30.0)
        rig.release()


def test_flash_in_a_call_and_the_call_goes_on() -> None:
    for profile in FAMILIES:
        with DialRig({"profile": profile, "habits": LineHabits("US")}, flash_ms=300) as rig:
            rig.line.flash()
            rig.line.dial("5550001")
            rig.until(lambda: DIALLED in rig.events)
            rig.line.flash()
            assert rig.state == "tapping"
            rig.until(lambda: rig.exchange.flashes == 1, 8.0)
            rig.until(lambda: rig.state == "streaming", 8.0)
            assert rig.exchange.off_hook
            assert rig.events.count(DIALLED) == 1
            assert "CallerHungUp" not in rig.kinds()
            setting = {"conexant": "ATS29=30", "si24xx": "AT:U4F,012C"}.get(profile)
            assert setting is None or setting in rig.asked
            rig.line.flash()
            rig.run(0.05)
            rig.release()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    profile=st.sampled_from(FAMILIES),
    number=st.sampled_from(["5550001", "5550002", "5550004", "999"]),
    faults=st.sampled_from([
        Faults(), Faults(spurious_codes="db"), Faults(dial_result="BUSY"),
        Faults(ignores_duplex_after_dial=True), Faults(no_carrier_after_s=3.0),
        Faults(silent_end=True), Faults(bare_end=True), Faults(late_connect_s=3.0),
        Faults(dial_result="ERROR"),
    ]),
    tone_s=st.sampled_from([0.3, 2.0, None]),
    release_s=st.floats(0.0, 20.0),
    flash=st.booleans(),
)  # fmt: skip
def test_whatever_happens_the_line_comes_back(
    seed, profile, number, faults, tone_s, release_s, flash
):
    habits = LineHabits("US", dial_tone_after_s=tone_s)
    with DialRig({"profile": profile, "faults": faults, "habits": habits}, seed=seed) as rig:
        rig.line.dial(number)
        rig.run(release_s)
        if flash:
            rig.line.flash()
            rig.run(0.2)
        rig.line.release()
        rig.until(lambda: rig.state == "ready", 40.0)
        assert not rig.exchange.off_hook
        ends = [k for k in rig.kinds() if k in ("DialFailed", "LineDialled", "LineFailed")]
        assert len(ends) <= 1 or ends[-1] == "LineFailed"
        assert rig.audio.open_ports == 0
