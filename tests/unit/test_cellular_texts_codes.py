"""Service codes of a cellular line, and the whole machine of texts under drawn events."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import LineFault
from appliance.lines.cellular.text_sending import PATIENCE_S
from appliance.lines.cellular.text_states import State
from appliance.lines.cellular.texts import LIST_EVERY_S
from appliance.modem.at import Unsolicited
from appliance.modem.sms_parts import WAIT_S
from tests.unit import sms_rig
from tests.unit.texts_rig import NENA, Line, part, started


@pytest.fixture
def line():
    rig = Line()
    yield rig
    rig.loop.close()


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
