"""The machine of short messages and service codes on a modem's memories, in virtual time."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import LineFault
from appliance.interfaces import ReceivedText
from appliance.lines.cellular.text_sending import PATIENCE_S, PERHAPS
from appliance.lines.cellular.text_states import State
from appliance.lines.cellular.texts import LIST_EVERY_S
from appliance.modem.at import Unsolicited
from appliance.modem.sms_parts import GAP, WAIT_S
from appliance.modem.sms_pdu import read_pdu
from tests.unit import sms_rig
from tests.unit.texts_rig import Line

NENA = "+639171234567"


@pytest.fixture
def line():
    rig = Line()
    yield rig
    rig.loop.close()


def started(line, seconds=5.0):
    line.texts.start()
    line.wait(seconds)
    return line


def part(number, total, text, **more):
    return sms_rig.deliver(NENA, text, udh=sms_rig.part(number, total, **more))


def test_set_up_reads_both_memories_and_empties_them(line):
    line.modem.store(sms_rig.deliver(NENA, "before"), notice=False)
    line.modem.store(sms_rig.deliver("GLOBE", "on the SIM"), notice=False, memory="SM")
    started(line)
    assert line.texts.state is State.RESTING
    assert {t.text for t in line.received} == {"before", "on the SIM"}
    assert line.received[0] == ReceivedText(NENA, "before", 1_790_000_000.0)
    assert line.modem.memories == {"ME": {}, "SM": {}}
    assert "AT+CNMI=2,1,0,1,0" in line.modem.log


def test_a_message_is_read_at_its_notice_and_deleted_once_it_is_kept(line):
    started(line)
    line.is_hanging = True
    line.modem.store(sms_rig.deliver(NENA, "hello"))
    line.wait(10.0)
    ((future, text),) = line.store_hangs
    assert text.text == "hello"
    assert len(line.modem.memories["ME"]) == 1
    future.set_result(None)
    line.wait(2.0)
    assert line.modem.memories["ME"] == {}
    line.wait(LIST_EVERY_S)
    assert len(line.store_hangs) == 1


def test_a_lost_notice_does_no_harm(line):
    started(line)
    line.modem.store(sms_rig.deliver(NENA, "quiet"), notice=False)
    line.wait(LIST_EVERY_S + 5)
    assert [t.text for t in line.received] == ["quiet"]


def test_what_cannot_be_kept_stays_in_the_modem_and_is_tried_again(line):
    started(line)
    line.store_fails = 1
    line.modem.store(sms_rig.deliver(NENA, "hello"))
    line.wait(5.0)
    assert line.received == []
    assert len(line.modem.memories["ME"]) == 1
    line.wait(LIST_EVERY_S)
    assert [t.text for t in line.received] == ["hello"]
    assert line.modem.memories["ME"] == {}


def test_parts_stay_in_the_modem_until_the_whole_is_kept(line):
    started(line)
    line.modem.store(part(2, 2, "world"))
    line.wait(10.0)
    assert len(line.modem.memories["ME"]) == 1
    line.lose_modem()  # and its memory is still there afterwards
    started(line)
    line.modem.store(part(1, 2, "hello "))
    line.wait(5.0)
    assert [t.text for t in line.received] == ["hello world"]
    assert line.modem.memories["ME"] == {}


def test_a_new_daemon_finds_the_parts_again():
    first, second = Line(), Line()
    started(first)
    first.modem.store(part(1, 2, "hello "))
    first.wait(5.0)
    second.modem.memories = first.modem.memories
    second.modem.store(part(2, 2, "world"), notice=False)
    started(second)
    assert [t.text for t in second.received] == ["hello world"]
    assert second.modem.memories["ME"] == {}
    first.loop.close()
    second.loop.close()


def test_a_missing_part_leaves_a_gap_even_if_the_modem_restarts_often(line):
    started(line)
    line.modem.store(part(1, 2, "hello "))
    for _ in range(4):
        line.wait(WAIT_S / 4)
        line.lose_modem()
        started(line)
    assert [(t.text, t.missing_parts) for t in line.received] == [("hello " + GAP, 1)]
    assert line.modem.memories["ME"] == {}


def test_the_memory_never_fills(line):
    line.modem.sizes = {"ME": 6, "SM": 6}
    started(line)
    for reference in range(40):
        line.modem.store(part(1, 2, f"<{reference}>", reference=reference))
        line.wait(30.0)
        assert len(line.modem.memories["ME"]) < 6
    line.modem.store(sms_rig.deliver(NENA, "still heard"))
    line.wait(5.0)
    assert line.received[-1].text == "still heard"


def test_messages_stored_to_be_sent_go_when_the_memory_is_full(line):
    line.modem.sizes["ME"] = 4
    for _ in range(4):
        line.modem.store(("0011000B916407281553F80000AA0AE8329BFD4697D9EC37", 23), False, status=3)
    started(line)
    assert line.modem.memories["ME"] == {}
    assert line.received == []


def test_an_unreadable_message_is_shown_as_such_and_does_not_stay(line):
    line.modem.store(("0791", 20), notice=False)
    started(line, 60.0)
    assert [t.text for t in line.received] == ["[a message that can't be read] 0791"]
    assert line.modem.memories["ME"] == {}


def test_nothing_is_read_or_sent_during_a_call(line):
    started(line)
    line.texts.set_in_call(True)
    before = len(line.modem.log)
    line.modem.store(sms_rig.deliver(NENA, "hello"))
    line.texts.send_text("t1", NENA, "hi")
    line.wait(LIST_EVERY_S * 2)
    assert len(line.modem.log) == before
    line.texts.set_in_call(False)
    line.wait(10.0)
    assert [t.text for t in line.received] == ["hello"]
    assert line.states == [("t1", "sent")]


def test_the_network_sending_a_message_twice_is_noticed(line):
    started(line)
    for _ in range(2):
        line.modem.store(sms_rig.deliver(NENA, "hello"))
        line.wait(5.0)
    assert [t.text for t in line.received] == ["hello"]
    assert line.modem.memories["ME"] == {}


def test_a_modem_without_lists_of_memories_and_with_the_sim_alone(line):
    line.modem.known = False
    line.modem.memories = {"SM": {}}
    line.modem.keep_in = line.modem.read_from = "SM"
    line.modem.store(sms_rig.deliver(NENA, "hello"), notice=False)
    started(line)
    assert [t.text for t in line.received] == ["hello"]


def test_a_modem_whose_messages_are_not_ready_is_asked_again(line):
    line.modem.not_ready = 2
    started(line, 5.0)
    assert line.texts.state is State.WAITING
    line.wait(25.0)
    assert line.texts.state is State.RESTING


def test_a_message_that_the_modem_does_not_keep_is_taken_from_the_notice(line):
    started(line)
    pdu, length = sms_rig.deliver(NENA, "pushed")
    line.modem.tell(f"+CMT: ,{length}", pdu)
    line.wait(2.0)
    assert [t.text for t in line.received] == ["pushed"]


def test_a_deletion_hits_no_message_that_took_the_place(line):
    started(line)
    line.is_hanging = True
    line.modem.store(sms_rig.deliver(NENA, "old"))
    line.wait(5.0)
    line.modem.memories["ME"][0] = (0, *sms_rig.deliver(NENA, "new"))
    line.modem.tell('+CMTI: "ME",0')
    line.wait(5.0)
    line.store_hangs[0][0].set_result(None)
    line.wait(5.0)
    assert len(line.modem.memories["ME"]) == 1
    assert [text.text for _, text in line.store_hangs] == ["old", "new"]


# sending


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


# service codes


def test_a_balance(line):
    started(line)
    line.modem.ussd = ['+CUSD: 0,"Your balance is\r\nP 12.50",15']
    future = line.texts.ask_network("*143#")
    line.wait(5.0)
    assert future.result(0) == "Your balance is\nP 12.50"
    assert 'AT+CUSD=1,"*143#",15' in line.modem.log
    assert "AT+CUSD=2" not in line.modem.log


def test_a_menu_is_told_and_its_session_ended(line):
    started(line)
    line.modem.ussd = ['+CUSD: 1,"1 Load 2 Promo",15']
    first, second = line.texts.ask_network("*143#"), line.texts.ask_network("*888#")
    line.wait(10.0)
    assert first.result(0) == second.result(0) == "1 Load 2 Promo"
    asked = [text for text in line.modem.log if "CUSD" in text]
    assert asked == ['AT+CUSD=1,"*143#",15', "AT+CUSD=2", 'AT+CUSD=1,"*888#",15', "AT+CUSD=2"]


@pytest.mark.parametrize(
    ("answer", "word"),
    [([], "did not answer"), (["+CUSD: 4"], "not know"), (["+CUSD: 2"], "ended"),
     (["+CUSD: 5"], "did not answer")],
)  # fmt: skip
def test_no_answer(line, answer, word):
    started(line)
    line.modem.ussd = answer
    future = line.texts.ask_network("*143#")
    line.wait(70.0)
    with pytest.raises(LineFault, match=word):
        future.result(0)
    assert line.texts.state is State.RESTING


def test_questions_that_cannot_be_asked(line):
    with pytest.raises(LineFault, match="digits"):
        line.texts.ask_network('*1"').result(0)
    with pytest.raises(LineFault, match="not ready"):
        line.texts.ask_network("*143#").result(0)
    started(line)
    future = line.texts.ask_network("*143#")
    line.lose_modem()
    with pytest.raises(LineFault, match="went down"):
        future.result(0)


def test_a_session_of_the_networks_own_is_ended(line):
    started(line)
    line.modem.tell('+CUSD: 1,"Rate this call 1-5",15')
    line.wait(1.0)
    assert line.modem.log[-1] == "AT+CUSD=2"


def test_other_notices_are_left_to_the_driver(line):
    started(line)
    for text in ("RING", '+CLIP: "0917",129', "+CSQ: 3,3", "NO CARRIER", ""):
        assert not line.texts.notice(Unsolicited(text))
    assert line.texts.notice(Unsolicited('+CMTI: "SM",3'))


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("part"), st.integers(0, 3), st.integers(1, 3)),
        st.tuples(st.just("whole"), st.booleans(), st.just(0)),
        st.tuples(st.just("call"), st.booleans(), st.just(0)),
        st.tuples(st.just("send"), st.sampled_from(["OK", "lost", "+CMS ERROR: 38", "ERROR"]),
                  st.just(0)),
        st.tuples(st.just("lose"), st.just(0), st.just(0)),
        st.tuples(st.just("fail"), st.just(0), st.just(0)),
        st.tuples(st.just("ask"), st.booleans(), st.just(0)),
        st.tuples(st.just("wait"), st.sampled_from([0.05, 1.0, 200.0, 4000.0]), st.just(0)),
    ),
    max_size=15,
)  # fmt: skip


class Life:
    """Carries out one drawn event after the other."""

    def __init__(self):
        self.line = started(Line(), 1.0)
        self.stored, self.texts, self.futures = [], 0, []

    def store(self, text, pdu, notice=True):
        if self.line.modem.store(pdu, notice) is not None:
            self.stored.append(text)

    def part(self, reference, number):
        text = f"p{reference}.{number}"
        self.store(text, part(number, 3, text, reference=reference))

    def whole(self, notice, _):
        text = f"w{len(self.stored)}"
        self.store(text, sms_rig.deliver(NENA, text), notice)

    def call(self, is_on, _):
        self.line.texts.set_in_call(is_on)

    def send(self, fate, _):
        self.line.modem.sends.append(fate)
        self.line.texts.send_text(f"t{self.texts}", NENA, f"text {self.texts}")
        self.texts += 1

    def lose(self, *_):
        self.line.lose_modem()
        self.line.texts.start()

    def fail(self, *_):
        self.line.store_fails += 1

    def ask(self, has_answer, _):
        self.line.modem.ussd = ['+CUSD: 1,"x",15'] if has_answer else []
        self.futures.append(self.line.texts.ask_network("*1#"))

    def wait(self, seconds, _):
        self.line.wait(seconds)


@settings(max_examples=25, deadline=None)
@given(EVENTS)
def test_whatever_happens_nothing_is_lost_kept_back_or_sent_twice(events):
    life = Life()
    line = life.line
    with contextlib.closing(line.loop):
        for kind, *what in events:
            getattr(life, kind)(*what)
            line.wait(0.3)
        line.texts.set_in_call(False)
        line.store_fails = 0
        line.wait(WAIT_S + sum(PATIENCE_S) + 2 * LIST_EVERY_S)
        everything = " ".join(text.text for text in line.received)
        assert all(text in everything for text in life.stored)
        assert line.modem.memories == {"ME": {}, "SM": {}}
        assert len(set(line.modem.sent)) == len(line.modem.sent)
        assert len({text_id for text_id, _, _ in line.told}) == life.texts
        assert all(future.done() for future in life.futures)
        assert line.texts.state is State.RESTING
