"""The cellular line against a scripted modem: calls that come in, and what goes wrong in them."""

import random
from collections.abc import Iterator
from itertools import pairwise

import pytest

from appliance.core.events import (
    CallerHungUp,
    CallerIdReceived,
    CallWaitingReceived,
    DigitReceived,
    LineAnswered,
    LineFailed,
    RingDetected,
)
from tests.cellular_rig import READY, RELEASED, Rig, ready

RING = RingDetected("mobile")
ANSWERED = LineAnswered("mobile")
CALLER = CallerIdReceived("mobile", "+639171234567", "", "allowed")


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    rig.close()


def talking(rig: Rig) -> Rig:
    ready(rig)
    rig.modem.ring()
    rig.run(0.1)
    assert rig.take() == [RING, CALLER]
    rig.line.answer()
    rig.run_until(lambda: ANSWERED in rig.events, 5.0)
    assert rig.take() == [ANSWERED]
    return rig


def released(rig: Rig) -> Rig:
    rig.line.release()
    rig.run_until(lambda: RELEASED in rig.events, 5.0)
    return rig


def test_it_is_ready_soon_and_known(rig):
    ready(rig)
    assert rig.loop.time() < 1.0
    for command in ("ATE0", "AT+CMEE=1", "AT+CLIP=1", "AT+CRC=1", "ATS0=0", "AT+CVHU=0"):
        assert command in rig.modem.asked
    health = rig.line.health
    assert health["state"] == "ready"
    assert health["model"] == "Quectel EC25"
    assert health["profile"] == "ec25"
    assert health["imei"] == "490154203237518"
    assert health["iccid"] == "89630312345678901239"
    assert (health["operator"], health["signal_dbm"]) == ("Globe", -73)
    assert (health["registration"], health["roaming"]) == ("home", False)


@pytest.mark.parametrize(
    ("family", "profile"),
    [
        ("ec25", "ec25"),
        ("sim7600", "sim7600"),
        ("a7670", "a7670"),
        ("sim800", "sim800"),
        ("other", "generic"),
    ],
)
def test_the_family_is_found_by_itself(family, profile):
    rig = ready(Rig(family))
    assert rig.line.health["profile"] == profile
    rig.close()


@pytest.mark.parametrize("seed", range(20))
def test_a_call_in_any_pieces_and_the_next_one(seed):
    rig = Rig()
    rig.modem.splits = random.Random(seed)
    for _ in range(2):
        if rig.state != "ready":
            ready(rig)
        rig.modem.ring()
        rig.run(0.1)
        rig.line.answer()
        rig.run_until(lambda: ANSWERED in rig.events, 5.0)
        assert rig.take() == [RING, CALLER, ANSWERED]
        assert rig.line.port == 7
        assert rig.audio.card == "modem"
        assert rig.line.health["state"] == "in_call"
        released(rig)
        assert rig.take() == [RELEASED]
        assert rig.line.port is None
        assert rig.audio.open_ports == 0
        assert rig.modem.calls == {}
    rig.close()


def test_sound_over_usb_is_switched_on_before_and_off_after_the_call(rig):
    released(talking(rig))
    asked = rig.modem.asked
    assert asked.index("AT+QPCMV=1,2") < asked.index("ATA")
    assert asked.index("AT+CHUP") < len(asked) - 1 - asked[::-1].index("AT+QPCMV=0")


def test_a_late_word_on_the_call_before_is_no_answer_to_ata(rig):
    ready(rig)
    rig.modem.ring()
    rig.run(0.1)
    rig.take()
    reply = rig.modem._call_reply
    rig.modem._call_reply = lambda line: ("NO CARRIER\n" if line == "ATA" else "") + reply(line)
    rig.line.answer()
    rig.run_until(lambda: ANSWERED in rig.events, 5.0)
    assert rig.take() == [ANSWERED]


def test_what_ata_is_answered_after_that_word_is_not_the_lists_answer(rig):
    ready(rig)
    rig.modem.ring()
    rig.run(0.1)
    rig.take()
    held = []

    def answered():
        rig.modem.calls[1][1] = 0
        rig.modem.say("OK")
        rig.modem._obey = slow
        for line in held:
            slow(line)

    def slow(line):  # its answer comes in two pieces
        first, _, rest = rig.modem._reply(line).partition("\n")
        rig.loop.call_later(0.05, rig.modem.say, first)
        if rest:
            rig.loop.call_later(0.07, rig.modem.say, rest)

    def busy(line):
        if line != "ATA":
            held.append(line)
            return
        rig.loop.call_later(0.05, rig.modem.say, "NO CARRIER")
        rig.loop.call_later(0.2, answered)

    rig.modem._obey = busy
    rig.line.answer()
    rig.run(20.0)
    assert rig.take() == [ANSWERED]
    assert rig.state == "talking"


@pytest.mark.parametrize("notice", ["NO CARRIER", "VOICE CALL: END: 000012", None])
def test_the_far_end_goes_with_and_without_a_notice(rig, notice):
    talking(rig)
    rig.modem.calls.clear()
    begun = rig.loop.time()
    if notice:
        rig.modem.say(notice)
    rig.run_until(lambda: bool(rig.events), 5.0)
    evidence = "modem_no_carrier" if notice == "NO CARRIER" else "modem_ended"
    assert rig.take() == [CallerHungUp("mobile", evidence)]
    assert rig.loop.time() - begun < (0.5 if notice else 1.5)
    assert rig.state == "over"
    released(rig)


def test_a_late_notice_of_the_call_before_ends_nothing(rig):
    talking(rig)
    rig.modem.say("NO CARRIER")
    rig.modem.say("VOICE CALL: END: 000003")
    rig.run(20.0)
    assert rig.take() == []
    assert rig.state == "talking"


def test_one_empty_list_ends_nothing(rig):
    talking(rig)
    rig.modem.replies["AT+CLCC"] = "OK"
    rig.run_until(lambda: rig.modem.asked[-1] == "AT+CLCC")
    rig.run(0.02)
    del rig.modem.replies["AT+CLCC"]
    rig.run(10.0)
    assert rig.take() == []


def test_a_modem_without_a_list_is_believed(rig):
    rig.modem.replies["AT+CLCC"] = "ERROR"
    talking(rig)
    rig.run(30.0)
    assert rig.take() == []
    rig.modem.say("NO CARRIER")
    rig.run(1.0)
    assert rig.take() == [CallerHungUp("mobile", "modem_no_carrier")]
    released(rig)


def test_the_caller_gives_up(rig):
    ready(rig)
    rig.modem.ring()
    rig.run(4.0)
    rig.modem.ring()
    rig.run(1.0)
    rig.modem.calls.clear()
    rig.run(4.0)
    assert rig.take() == [RING, CALLER, RING, CallerHungUp("mobile", "modem_ended")]
    assert rig.state == "ready"


def test_lost_bursts_are_made_up_for_while_the_call_is_listed(rig):
    ready(rig)
    rig.modem.ring()
    rig.run(14.0)
    assert rig.take().count(RING) == 3
    assert rig.state == "ringing"


def test_a_call_nobody_told_of_is_found(rig):
    ready(rig)
    rig.modem.calls[1] = [1, 4, "+639170000000"]
    rig.modem.say("^DSCI: 1,1,4,0,+639170000000,145")
    rig.run_until(lambda: RING in rig.events, 3.0)
    rig.run(3.0)
    assert CallerIdReceived("mobile", "+639170000000", "", "allowed") in rig.events


def test_a_withheld_number_is_private(rig):
    ready(rig)
    rig.modem.calls[1] = [1, 4, ""]
    rig.modem.say("+CRING: VOICE", '+CLIP: "",128,"",0,"",1')
    rig.run(0.1)
    assert rig.take() == [RING, CallerIdReceived("mobile", "", "", "private")]


def test_the_caller_is_gone_when_we_answer(rig):
    ready(rig)
    rig.modem.ring()
    rig.run(0.1)
    rig.modem.calls.clear()
    rig.line.answer()
    rig.run(1.0)
    assert rig.take() == [RING, CALLER, CallerHungUp("mobile", "modem_no_carrier")]
    released(rig)


@pytest.mark.parametrize("after_s", [0.0, 0.005, 0.03, 0.2, 0.6])
def test_it_can_be_released_at_any_moment_of_answering(rig, after_s):
    ready(rig)
    rig.modem.ring()
    rig.run(0.1)
    rig.line.answer()
    rig.run(after_s)
    released(rig)
    rig.run(1.0)
    assert rig.state == "ready"
    assert rig.audio.open_ports == 0
    assert not [c for c in rig.modem.calls.values() if c[1] == 0]


def test_a_second_caller_is_turned_away(rig):
    talking(rig)
    rig.modem.calls[2] = [1, 5, "+639179999999"]
    rig.modem.say('+CCWA: "+639179999999",145,1')
    rig.run(5.0)
    assert rig.modem.asked.count("AT+CHLD=0") == 1
    assert rig.take() == []
    assert list(rig.modem.calls) == [1]
    assert rig.counters["waiting_rejected"] == 1


def test_a_second_caller_is_told_and_rings_when_the_first_is_gone():
    rig = talking(Rig(waiting_call="tell"))
    rig.modem.calls[2] = [1, 5, "+639179999999"]
    rig.modem.say('+CCWA: "+639179999999",145,1')
    rig.run(5.0)
    assert rig.take() == [CallWaitingReceived("mobile", "+639179999999", "", "allowed")]
    rig.line.release()
    rig.run(0.05)
    rig.modem.calls[2][1] = 4
    rig.modem.say("RING")
    rig.run_until(lambda: RING in rig.events, 5.0)
    assert rig.events[0] == RELEASED
    assert "AT+CHLD=11" in rig.modem.asked
    rig.close()


@pytest.mark.parametrize("notice", ["+DTMF: 5", "+DTMF:5,160", "+RXDTMF: 5", "+QTONEDET: 53"])
def test_a_key_counts_once_from_both_watchers(rig, notice):
    talking(rig)
    rig.audio.listener.digit_heard("5", 60)
    rig.run(0.2)
    rig.modem.say(notice, notice)
    rig.run(0.1)
    assert rig.take() == [DigitReceived("line:mobile", "5", "in_band")]
    rig.run(2.0)
    rig.modem.say(notice)
    rig.run(0.1)
    assert rig.take() == [DigitReceived("line:mobile", "5", "modem")]


def test_our_keys_go_out_one_by_one(rig):
    talking(rig)
    for key in "12x#":
        rig.line.send_digit(key)
    rig.run(2.0)
    sent = [
        (at, text)
        for at, text in zip(rig.modem.times, rig.modem.asked, strict=True)
        if text.startswith("AT+VTS")
    ]
    assert [text for _, text in sent] == ["AT+VTS=1", "AT+VTS=2", "AT+VTS=#"]
    assert all(b[0] - a[0] >= 0.25 for a, b in pairwise(sent))


def test_unplugged_in_a_call_it_ends_cleanly_and_is_back_soon(rig):
    talking(rig)
    rig.unplug()
    rig.run(1.0)
    assert rig.take() == [LineFailed("mobile", "the modem was unplugged")]
    assert rig.audio.open_ports == 0
    assert rig.line.health["state"] == "retrying"
    rig.run(47.0)
    rig.replug()
    assert rig.run_until(lambda: rig.events == [READY], 5.0) < 2.0


def test_a_modem_that_restarts_by_itself_is_set_up_again(rig):
    ready(rig)
    rig.run(100.0)
    rig.modem.asked.clear()
    rig.modem.say("RDY", "+CFUN: 1", "+CPIN: READY")
    rig.run(2.0)
    assert rig.modem.asked.count("AT+CLIP=1") == 1
    assert rig.state == "ready"
    assert rig.take() == []


def test_settings_lost_without_a_word_are_noticed(rig):
    ready(rig)
    rig.modem.replies["AT+CLIP?"] = "+CLIP: 0,1\nOK"
    rig.run_until(lambda: rig.state == "initialising", 40.0)
    rig.modem.replies.clear()
    rig.run_until(lambda: rig.state == "ready", 5.0)


def test_a_restart_in_a_call_ends_it(rig):
    talking(rig)
    rig.run(60.0)
    rig.modem.calls.clear()
    rig.modem.say("RDY")
    rig.run_until(lambda: READY in rig.events, 10.0)
    assert rig.take() == [
        LineFailed("mobile", "the modem restarted by itself during a call"),
        READY,
    ]


def test_a_call_left_by_a_daemon_that_died_is_ended(rig):
    rig.modem.calls[1] = [1, 0, "+63"]
    ready(rig)
    assert rig.modem.calls == {}
    assert rig.counters["stuck_calls_freed"] == 1


def test_a_call_that_can_not_be_ended_costs_the_modem_a_restart(rig):
    talking(rig)
    rig.modem.replies |= {"AT+CHUP": "OK"}
    rig.line.release()
    rig.run_until(lambda: "AT+CFUN=1,1" in rig.modem.asked, 10.0)
    rig.modem.calls.clear()
    rig.run_until(lambda: READY in rig.events, 40.0)


def test_so_does_one_left_from_before_the_port_was_lost(rig):
    rig.modem.calls[1] = [1, 0, "+63"]
    rig.modem.replies |= {"AT+CHUP": "OK"}
    ready(rig)
    rig.run_until(lambda: "AT+CFUN=1,1" in rig.modem.asked, 10.0)
    rig.modem.calls.clear()
    rig.take()
    rig.run_until(lambda: READY in rig.events, 40.0)
    assert rig.state == "ready"


def test_no_room_for_sound_is_told(rig):
    ready(rig)
    rig.audio.refuse = True
    rig.modem.ring()
    rig.run(0.1)
    rig.line.answer()
    rig.run_until(lambda: READY in rig.events, 5.0)
    assert isinstance(rig.events[2], LineFailed)
    assert rig.modem.calls == {1: [1, 4, "+639171234567"]}
