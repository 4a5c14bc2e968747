"""Short messages that go out: sent once, reported, tried again, refused; in virtual time."""

import pytest

from appliance.errors import LineFault
from appliance.lines.cellular.text_sending import PATIENCE_S, PERHAPS
from appliance.modem.sms_pdu import read_pdu
from tests.unit import sms_rig
from tests.unit.texts_rig import NENA, Line, started


@pytest.fixture
def line():
    rig = Line()
    yield rig
    rig.loop.close()


def test_a_text_is_sent_and_its_delivery_told(line):
    started(line)
    line.texts.send_text("t1", NENA, "Xin chào")
    line.wait(10.0)
    assert line.states == [("t1", "sent")]
    message = read_pdu(line.modem.sent[0])
    assert (message.number, message.user.text) == (NENA, "Xin chào")
    pdu, length = sms_rig.report(NENA, 1, 0)
    line.modem.tell(f"+CDS: {length}", pdu)
    line.wait(1.0)
    assert line.states[1:] == [("t1", "delivered")]
    line.modem.tell(f"+CDS: {length}", pdu)
    line.wait(1.0)
    assert len(line.told) == 2


def test_a_report_may_lie_in_the_memory_and_may_say_no(line):
    started(line)
    line.texts.send_text("t1", "09171234567", "hi")
    line.wait(10.0)
    line.modem.store(sms_rig.report(NENA, 1, 0x46), notice=False)
    line.modem.tell('+CDSI: "ME",0')
    line.wait(5.0)
    assert line.states == [("t1", "sent"), ("t1", "failed")]
    assert "too old" in line.told[-1][2]
    assert line.modem.memories["ME"] == {}


def test_a_long_text_is_sent_in_parts_and_delivered_when_all_are(line):
    started(line)
    line.texts.send_text("t1", NENA, "a" * 400)
    line.wait(30.0)
    assert line.states == [("t1", "sent")]
    assert [read_pdu(pdu).user.header.part.number for pdu in line.modem.sent] == [1, 2, 3]
    for reference in (2, 1, 3):
        assert line.states == [("t1", "sent")]
        pdu, length = sms_rig.report(NENA, reference, 0)
        line.modem.tell(f"+CDS: {length}", pdu)
        line.wait(1.0)
    assert line.states == [("t1", "sent"), ("t1", "delivered")]


@pytest.mark.parametrize("error", ["+CMS ERROR: 38", "+CMS ERROR: 500", "ERROR", "no prompt",
                                   "+CMS ERROR: 331", "+CME ERROR: 30"])  # fmt: skip
def test_passing_errors_are_tried_again_with_growing_patience(line, error):
    line.modem.sends = [error, error, "OK"]
    started(line)
    line.texts.send_text("t1", NENA, "hi")
    line.wait(PATIENCE_S[0] + PATIENCE_S[1] - 1)
    assert line.told == []
    line.wait(30.0)
    assert line.states == [("t1", "sent")]
    assert len(line.modem.sent) == 1


@pytest.mark.parametrize("error", ["+CMS ERROR: 331", "+CME ERROR: 30", "+CMS ERROR: 500"])
def test_as_soon_as_the_network_is_back_a_text_is_tried_again(line, error):
    line.modem.sends = [error, error]
    started(line)
    line.texts.send_text("t1", NENA, "hi")
    line.wait(PATIENCE_S[0] + 10.0)
    assert line.told == []
    line.texts.network_back()
    line.wait(5.0)
    assert line.states == [("t1", "sent")]
    line.texts.network_back()
    line.wait(5.0)
    assert len(line.modem.sent) == 1


def test_a_network_that_comes_and_goes_uses_up_no_patience(line):
    line.modem.sends = ["+CMS ERROR: 331"] * 12
    started(line)
    line.texts.send_text("t1", NENA, "hi")
    for _ in range(12):
        line.wait(8.0)
        line.texts.network_back()
    line.wait(8.0)
    assert line.states == [("t1", "sent")]


def test_what_the_network_itself_refused_waits_out_its_patience(line):
    line.modem.sends = ["+CMS ERROR: 42", "OK"]
    started(line)
    line.texts.send_text("t1", NENA, "hi")
    line.wait(5.0)
    line.texts.network_back()
    line.wait(5.0)
    assert line.told == []
    line.wait(PATIENCE_S[0])
    assert line.states == [("t1", "sent")]


def test_in_the_end_a_text_fails(line):
    line.modem.sends = ["+CMS ERROR: 42"] * 20
    started(line)
    line.texts.send_text("t1", NENA, "hi")
    line.wait(sum(PATIENCE_S) + 100)
    assert line.states == [("t1", "failed")]
    assert "overloaded" in line.told[0][2]


@pytest.mark.parametrize(
    ("code", "word"), [(304, "accept"), (330, "message centre"), (21, "credit")]
)
def test_errors_that_cannot_mend_are_told_at_once(line, code, word):
    line.modem.sends = [f"+CMS ERROR: {code}"]
    started(line)
    line.texts.send_text("t1", NENA, "hi")
    line.texts.send_text("t2", NENA, "ho")
    line.wait(20.0)
    assert line.states == [("t1", "failed"), ("t2", "sent")]
    assert word in line.told[0][2]


def test_a_text_of_unknown_fate_is_never_sent_twice(line):
    line.modem.sends = ["lost"]
    started(line)
    line.texts.send_text("t1", NENA, "hi")
    line.wait(400.0)
    assert line.told == [("t1", "failed", PERHAPS)]
    assert len(line.modem.sent) == 1
    pdu, length = sms_rig.report(NENA, 1, 0)
    line.modem.tell(f"+CDS: {length}", pdu)
    line.wait(1.0)
    assert line.states[1:] == [("t1", "sent"), ("t1", "delivered")]


def test_a_network_time_out_leaves_the_fate_unknown_too(line):
    line.modem.sends = ["+CMS ERROR: 332"]
    started(line)
    line.texts.send_text("t1", NENA, "hi")
    line.wait(100.0)
    assert line.told == [("t1", "failed", PERHAPS)]


def test_a_late_reference_tells_that_it_was_sent(line):
    line.modem.sends = ["lost"]
    started(line)
    line.texts.send_text("t1", NENA, "hi")
    line.wait(140.0)
    line.modem.tell("+CMGS: 1")
    line.wait(1.0)
    assert line.states == [("t1", "failed"), ("t1", "sent")]


def test_a_modem_that_dies_while_sending(line):
    started(line)
    line.texts.send_text("t1", NENA, "hi")
    line.texts.send_text("t2", NENA, "ho")
    line.wait(1.0)
    line.lose_modem()
    assert line.told == [("t1", "failed", PERHAPS)]
    started(line, 150.0)
    assert ("t2", "sent") in line.states
    assert [read_pdu(pdu).user.text for pdu in line.modem.sent] == ["hi", "ho"]


def test_what_is_no_number_or_no_text_is_refused(line):
    for number, text in (("0917;ATH", "x"), ("", "x"), ("1" * 21, "x"), (NENA, ""),
                         (NENA, "ậ" * 2000)):  # fmt: skip
        with pytest.raises(LineFault):
            line.texts.send_text("t", number, text)
