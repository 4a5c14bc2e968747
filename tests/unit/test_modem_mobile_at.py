"""The AT queue with a cellular modem: the prompt, notices inside answers, errors with numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.at import CTRL_Z, PROMPT_S, Command, CommandQueue, Finished, Send, Unsolicited

PDU = b"0001000B811009"
SEND = Command(
    "AT+CMGS=6",
    timeout_s=125.0,
    prompt_data=PDU + CTRL_Z,
    prefixes=("+CMGS:",),
    takes_call_results=False,
)
CALLS = Command("AT+CLCC", prefixes=("+CLCC:",), takes_call_results=False)


def ask(command, *replies, step=4096):
    queue = CommandQueue()
    out = queue.submit([command], 0.0)
    for reply in replies:
        for start in range(0, len(reply), step):
            out += queue.feed(reply[start : start + step], 0.1)
    return queue, out


def results(out):
    return [o.result for o in out if isinstance(o, Finished)]


def notices(out):
    return [(o.text, o.more) if o.more else o.text for o in out if isinstance(o, Unsolicited)]


def sent(out):
    return [o.data for o in out if isinstance(o, Send)]


@pytest.mark.parametrize("step", [1, 2, 3, 99])
@pytest.mark.parametrize("echo", [b"", b"AT+CMGS=6\r"])
@pytest.mark.parametrize("prompt", [b"\r\n> ", b">", b"\r\n>\r\n", b"\r\n+CSQ: 3\r\n> "])
def test_the_prompt_is_answered_though_no_line_end_follows_it(step, echo, prompt):
    data_echo = PDU + CTRL_Z if echo else b""
    _, out = ask(SEND, echo + prompt, data_echo + b"\r\n+CMGS: 7\r\n\r\nOK\r\n", step=step)
    assert sent(out) == [b"AT+CMGS=6\r", PDU + CTRL_Z]
    (result,) = results(out)
    assert result.ok
    assert result.lines == ("+CMGS: 7",)
    assert result.prompt_answered


def test_a_notice_inside_an_answer_is_no_part_of_it():
    reply = (
        b'\r\n+CMTI: "SM",3\r\n\r\n+CMGS: 12\r\n\r\nNO CARRIER\r\n\r\nRING\r\n'
        b"\r\n+CDS: 25\r\n07917238010010F5\r\n\r\nVOICE CALL: END: 000012\r\n\r\nOK\r\n"
    )
    _, out = ask(SEND, b"\r\n> ", reply, step=5)
    assert results(out)[0].lines == ("+CMGS: 12",)
    assert notices(out) == [
        '+CMTI: "SM",3',
        "NO CARRIER",
        "RING",
        ("+CDS: 25", "07917238010010F5"),
        "VOICE CALL: END: 000012",
    ]


def test_bare_lines_belong_to_an_answer_that_expects_them_and_words_do_not():
    command = Command("AT+CMGL=4", prefixes=("+CMGL:", ""))
    reply = b"+CMGL: 1,1,,20\r\n0791AB\r\nSMS DONE\r\n^DSCI: 1,1,4,0,10086,129\r\nRING\r\nOK\r\n"
    _, out = ask(command, reply)
    assert results(out)[0].lines == ("+CMGL: 1,1,,20", "0791AB")
    assert notices(out) == ["SMS DONE", "^DSCI: 1,1,4,0,10086,129", "RING"]
    _, out = ask(CALLS, b"123\r\nOK\r\n")
    assert results(out)[0].lines == ()


def test_the_end_of_a_call_is_a_final_only_where_a_command_makes_or_ends_calls():
    _, out = ask(CALLS, b"NO CARRIER\r\nBUSY\r\nOK\r\n")
    assert notices(out) == ["NO CARRIER", "BUSY"]
    assert results(out)[0].ok
    _, out = ask(Command("ATD0917;", prefixes=()), b"BUSY\r\n")
    assert results(out)[0].final == "BUSY"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"+CME ERROR: 14", 14),
        (b"+CMS ERROR: 38", 38),
        (b"+CMS ERROR:500", 500),
        (b"+CME ERROR: SIM busy", None),
        (b"ERROR", None),
        (b"COMMAND NOT SUPPORT", None),
    ],
)
def test_errors_keep_what_they_say(line, code):
    _, out = ask(CALLS, line + b"\r\n")
    (result,) = results(out)
    assert result.final == "ERROR"
    assert result.error == line.decode()
    assert result.error_code == code


def test_no_prompt_is_cancelled_and_its_late_answer_is_nobodys():
    queue, _ = ask(SEND)
    queue.submit([CALLS], 0.0)
    assert queue.tick(PROMPT_S - 0.1) == []
    out = queue.tick(PROMPT_S)
    assert sent(out) == [b"\x1b"]
    assert results(out)[0].timed_out
    assert not results(out)[0].prompt_answered
    queue.submit([CALLS], PROMPT_S)
    assert notices(queue.feed(b"\r\nOK\r\n", PROMPT_S + 0.1)) == ["OK"]
    assert sent(queue.tick(PROMPT_S + 1.0)) == [b"AT+CLCC\r"]


def test_data_without_an_answer_waits_long_and_its_fate_is_said_to_be_unknown():
    queue, _ = ask(SEND, b"\r\n> ")
    assert queue.tick(120.0) == []
    out = queue.tick(125.1)
    assert results(out)[0].timed_out
    assert results(out)[0].prompt_answered


def test_a_ussd_text_of_several_lines_is_one_notice():
    for step in (1, 7, 99):
        _, out = ask(CALLS, b'+CUSD: 1,"1 Balance\r\n2 OK\nOK\r\n0 Exit",15\r\nOK\r\n', step=step)
        assert notices(out) == ['+CUSD: 1,"1 Balance\n2 OK\nOK\n0 Exit",15']
        assert results(out)[0].ok


def test_a_notice_whose_rest_is_lost_is_told_as_it_is():
    queue = CommandQueue()
    assert queue.feed(b'+CUSD: 0,"cut\r\n', 0.0) == []
    assert queue.deadline == 1.0
    assert notices(queue.tick(1.0)) == ['+CUSD: 0,"cut']
    assert queue.deadline is None
    assert notices(queue.feed(b"+CDS: 25\r\nRING\r\n", 2.0)) == ["+CDS: 25", "RING"]


PIECES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [b"OK\r\n", b"ERROR\r\n", b"> ", b"\r\n", b"+CDS: 2\r\n", b'+CUSD: 0,"a\r\n', b"00AB\r\n"]
    ),
)


@given(st.lists(PIECES, max_size=25))
def test_no_bytes_raise_or_leave_a_command_without_a_result(pieces):
    queue = CommandQueue()
    script = [SEND, Command("AT+CGSN", prefixes=("",), required=False), CALLS]
    out, now = queue.submit(script, 0.0), 0.0
    for piece in pieces:
        now += 0.3
        out += queue.feed(piece, now) + queue.tick(now)
    while queue.deadline is not None:
        now = max(now, queue.deadline)
        out += queue.tick(now)
    assert queue.idle
    assert results(out)[-1].failed or len(results(out)) == len(script)
