"""The SIM of a cellular line: busy, absent, locked; and its PIN, never given wrongly twice."""

from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.events import LineFailed
from appliance.errors import StorageError
from appliance.lines.cellular.sim_pin import may_give, note
from appliance.loop import InlineWorker
from appliance.storage.sim_pins import SimPins
from tests.cellular_rig import READY, Rig


def locked(pin: str = "1234", family: str = "ec25", **line: object) -> Rig:
    rig = Rig(family, pin=pin, **line)
    rig.modem.sim, rig.modem.pin = "+CPIN: SIM PIN", "1234"
    return rig


def given_pins(rig: Rig) -> list[str]:
    return [text for text in rig.modem.asked if text.startswith("AT+CPIN=")]


def reason(rig: Rig) -> str:
    return str(rig.line.health["reason"])


def test_the_right_pin_is_given_once_and_forgotten():
    rig = locked()
    rig.line.start()
    rig.run_until(lambda: READY in rig.events, 10.0)
    assert given_pins(rig) == ['AT+CPIN="1234"']
    assert rig.store.given("mobile") == ""
    rig.close()


def test_a_wrong_pin_is_never_given_again_also_by_the_next_daemon():
    rig = locked("9999")
    rig.line.start()
    rig.run(60.0)
    assert given_pins(rig) == ['AT+CPIN="9999"']
    assert "refused the configured PIN" in reason(rig)
    assert rig.line.health["state"] == "fault"
    rig.unplug()
    rig.run(2.0)
    rig.replug()
    rig.run(30.0)
    rig.loop.run_until_complete(rig.loop.create_task(rig.line.stop()))
    rig.line = rig.make_line()
    rig.line.start()
    rig.run(30.0)
    assert given_pins(rig) == ['AT+CPIN="9999"']
    assert rig.modem.tries == 2
    rig.modem.sim = "+CPIN: READY"  # the owner entered it
    rig.run_until(lambda: READY in rig.events, 10.0)
    rig.close()


def test_a_wrong_pin_is_still_told_as_one_when_the_modem_has_restarted():
    rig = locked("9999")
    rig.line.start()
    rig.run(10.0)
    assert rig.line.health["sim"] == "pin_wrong"
    rig.modem.sim = "+CME ERROR: 14"  # SIM busy
    rig.modem.say("RDY")
    rig.run(5.0)
    rig.modem.sim = "+CPIN: SIM PIN"
    rig.run(30.0)
    assert rig.line.health["sim"] == "pin_wrong"
    assert given_pins(rig) == ['AT+CPIN="9999"']
    rig.close()


def test_a_wrong_pin_stays_wrong_when_a_telephone_has_reset_the_count():
    rig = locked("9999")
    rig.line.start()
    rig.run(10.0)
    rig.modem.tries = 3
    rig.modem.say("RDY")
    rig.run(30.0)
    assert given_pins(rig) == ['AT+CPIN="9999"']
    rig.close()


@pytest.mark.parametrize("tries", [1, 0])
def test_the_last_try_is_the_owners(tries):
    rig = locked()
    rig.modem.tries = tries
    rig.line.start()
    rig.run(30.0)
    assert given_pins(rig) == []
    assert f"only {tries} more" in reason(rig)
    rig.close()


def test_without_a_pin_in_the_settings_it_says_where_to_write_it():
    rig = locked("")
    rig.line.start()
    rig.run(10.0)
    assert given_pins(rig) == []
    assert "settings" in reason(rig)
    rig.close()


def test_a_busy_sim_is_waited_for():
    rig = Rig()
    rig.modem.sim = "+CME ERROR: 14"
    rig.line.start()
    rig.run(8.0)
    assert rig.events == []
    rig.modem.sim = "+CPIN: READY"
    rig.run_until(lambda: rig.events == [READY], 3.0)
    rig.close()


@pytest.mark.parametrize(
    ("sim", "words"),
    [
        ("+CME ERROR: 10", "no SIM card"),
        ("+CPIN: SIM PUK", "PUK"),
        ("+CME ERROR: 13", "broken"),
        ("+CPIN: PH-NET PIN", "locked to another operator"),
    ],
)
def test_a_sim_that_can_not_be_used_is_told_and_one_put_in_is_found(sim, words):
    rig = Rig()
    rig.modem.sim = sim
    rig.line.start()
    rig.run(30.0)
    assert isinstance(rig.events[0], LineFailed)
    assert words in reason(rig)
    assert rig.line.health["state"] == "fault"
    rig.modem.sim = "+CPIN: READY"
    rig.run_until(lambda: READY in rig.events, 8.0)
    rig.close()


def test_a_pin_is_not_given_before_it_is_written_down():
    rig = locked()
    pending: Future[None] = Future()
    rig.store.keep = lambda line, token: pending
    rig.line.start()
    rig.run(10.0)
    assert given_pins(rig) == []
    pending.set_exception(StorageError("disk full"))
    rig.run(5.0)
    assert given_pins(rig) == []
    assert "written" in reason(rig)
    rig.close()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1111", "2222"]),
            st.sampled_from(["89001", "89002", ""]),
            st.sampled_from([None, 0, 1, 2, 3]),
            st.sampled_from(["refused", "lost"]),
        ),
        max_size=12,
    )
)
def test_whatever_happens_no_refused_pin_goes_to_the_same_sim_next(story):
    kept, last = "", None
    for pin, iccid, tries, outcome in story:
        if may_give(pin, iccid, tries, kept) is not None:
            continue
        assert (pin, iccid, "refused") != last
        assert tries is None or tries >= 2
        kept = note(pin, iccid, tries, refused=outcome == "refused")
        last = (pin, iccid, outcome)


def test_an_answer_never_heard_is_no_refusal_while_no_try_was_lost():
    kept = note("1111", "89001", 3)
    assert may_give("1111", "89001", 3, kept) is None
    assert may_give("1111", "89001", 2, kept) is not None
    assert may_give("1111", "89001", None, kept) is not None


def test_what_was_given_outlives_the_daemon_and_holds_no_pin(tmp_path):
    worker = InlineWorker()
    pins = SimPins(tmp_path, worker)
    kept = note("1234", "89001", 3, refused=True)
    pins.keep("mobile", kept).result()
    assert SimPins(tmp_path, worker).given("mobile") == kept
    assert b"1234" not in (tmp_path / "sim-pins.json").read_bytes().replace(kept.encode(), b"")
    pins.keep("mobile", "").result()
    assert SimPins(tmp_path, worker).given("mobile") == ""
    worker.close()
