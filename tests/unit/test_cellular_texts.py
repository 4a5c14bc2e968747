"""Short messages that came into a modem's memories, in virtual time."""

import pytest

from appliance.interfaces import ReceivedText
from appliance.lines.cellular.text_states import State
from appliance.lines.cellular.texts import LIST_EVERY_S
from appliance.modem.sms_parts import GAP, WAIT_S
from tests.unit import sms_rig
from tests.unit.texts_rig import NENA, Line, part, started


@pytest.fixture
def line():
    rig = Line()
    yield rig
    rig.loop.close()


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


def test_a_call_that_begins_between_two_commands_stops_the_reading(line):
    started(line)
    line.modem.log.clear()
    line.modem.store(sms_rig.deliver(NENA, "hello"))
    while not line.modem.log:
        line.wait(0.005)
    assert line.modem.log == ['AT+CPMS="ME"']
    line.texts.set_in_call(True)
    line.wait(60.0)
    assert line.modem.log == ['AT+CPMS="ME"']
    line.texts.set_in_call(False)
    line.wait(5.0)
    assert [t.text for t in line.received] == ["hello"]
    assert line.modem.memories["ME"] == {}


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
