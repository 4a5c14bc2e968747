"""The AT queue and reply parser: verbosities, echo, noise, time-outs, what follows CONNECT."""

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.modem.at import (
    Command,
    CommandQueue,
    Finished,
    Send,
    Shielded,
    Unsolicited,
)
from appliance.modem.replies import MAX_LINE, LineReader

VTR = Command("AT+VTR", good=("CONNECT",))
ECHO_OFF = Command("ATE0")


def ask(reply: bytes, command: Command = ECHO_OFF, step: int = 4096):
    queue = CommandQueue()
    out = queue.submit([command], 0.0)
    for start in range(0, len(reply), step):
        out += queue.feed(reply[start : start + step], 0.1)
    return queue, out


def results(out):
    return [o.result for o in out if isinstance(o, Finished)]


def test_a_command_is_sent_with_a_carriage_return_alone():
    _, out = ask(b"")
    assert out == [Send(b"ATE0\r")]


def test_replies_verbose_numeric_and_echoed_cut_anywhere():
    for reply in (b"\r\nOK\r\n", b"ATE0\r\r\nOK\r\n", b"0\r", b"ATE0\r0\r", b"\n\n OK \r", b"ok\n"):
        for step in (1, 2, 3, 99):
            _, out = ask(reply, step=step)
            (result,) = results(out)
            assert result.final == "OK", reply
            assert result.lines == ()


def test_information_lines_and_unsolicited_ones_are_told_apart():
    _, out = ask(
        b"\r\n5601\r\n\r\nRING\r\nNMBR = 0917\r\nDRON=20\r\n\x10b\r\nmore\r\n\r\nOK\r\n",
        Command("ATI0"),
    )
    assert results(out)[0].lines == ("5601", "more")
    assert [o.text for o in out if isinstance(o, Unsolicited)] == ["RING", "NMBR = 0917", "DRON=20"]
    assert Shielded(ord("b")) in out


def test_a_numeric_line_is_information_once_words_were_seen():
    queue, _ = ask(b"OK\r\n")
    queue.submit([Command("AT+FCLASS?")], 1.0)
    out = queue.feed(b"\r\n8\r\n\r\nOK\r\n", 1.1)
    assert results(out)[0].final == "OK"
    assert results(out)[0].lines == ("8",)


def test_one_command_at_a_time_and_a_required_failure_drops_the_rest():
    queue = CommandQueue()
    commands = [Command("AT1", required=False), Command("AT2"), Command("AT3")]
    assert queue.submit(commands, 0.0) == [Send(b"AT1\r")]
    assert queue.feed(b"ERROR\r\n", 0.0)[1:] == [Send(b"AT2\r")]
    out = queue.feed(b"\r\n+CME ERROR: 3\r\n", 0.0)
    assert [r.failed for r in results(out)] == [True]
    assert queue.idle
    assert len(out) == 1


def test_alternatives_are_tried_in_turn_and_pauses_are_kept():
    queue = CommandQueue()
    command = Command("AT+A", alternatives=("AT+B",), retry_pause_s=0.5, pause_s=1.0)
    queue.submit([command, Command("AT+C")], 0.0)
    assert queue.feed(b"ERROR\r\n", 0.0) == []
    assert queue.feed(b"OK\r\n", 0.2) == [Unsolicited("OK")]  # late, and not the next one's
    assert queue.deadline == 0.5
    assert queue.tick(0.5) == [Send(b"AT+B\r")]
    (finished,) = queue.feed(b"OK\r\n", 0.6)
    assert finished.result.ok
    assert finished.result.text == "AT+B"
    assert not queue.idle
    assert queue.tick(1.5) == []
    assert queue.tick(1.6) == [Send(b"AT+C\r")]


def test_no_answer_ends_a_command_at_its_time_out():
    queue, _ = ask(b"RING\r\n", Command("AT", timeout_s=2.0))
    assert queue.tick(1.9) == []
    (result,) = results(queue.tick(2.0))
    assert result.timed_out
    assert result.failed
    queue.submit([Command("", may_time_out=True, timeout_s=1.0)], 3.0)
    assert not results(queue.tick(4.0))[0].failed


def test_connect_gives_away_every_byte_after_its_line_end():
    samples = b"\n\r\x10\x10\nOK\r\n"
    for head in (b"\r\nCONNECT\r\n", b"\r\nCONNECT 8000\r\n", b"AT+VTR\r\r\nCONNECT\r\n"):
        _, out = ask(head + samples, VTR)
        assert results(out)[0].leftover == samples
        assert isinstance(out[-1], Finished)
    _, out = ask(b"1\r" + samples[1:], VTR)
    assert results(out)[0].leftover == samples[1:]


def test_connect_waits_a_moment_for_a_late_line_feed():
    queue, out = ask(b"\r\nCONNECT\r", VTR)
    assert results(out) == []
    assert queue.deadline is not None
    assert queue.deadline <= 0.13
    assert results(queue.feed(b"\nabc", 0.11))[0].leftover == b"abc"
    queue, _ = ask(b"\r\nCONNECT\r", VTR)
    assert results(queue.tick(0.2))[0].leftover == b""


def test_an_overlong_line_is_cut_and_the_next_one_is_whole():
    reader = LineReader()
    reader.feed(b"x" * 100_000 + b"\r\nOK\r\n")
    first, second = reader.next(), reader.next()
    assert first is not None
    assert len(first.text) == MAX_LINE
    assert second is not None
    assert second.text == "OK"


PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [b"OK\r\n", b"ERROR\r", b"CONNECT\r\n", b"\r", b"\n", b"\x10", b"RING\r\n", b"0\r"]
    ),
)


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=20), st.lists(st.sampled_from([0.0, 0.01, 3.0]), max_size=20))
def test_no_bytes_from_the_modem_raise_or_leave_a_command_without_a_result(pieces, waits):
    queue = CommandQueue()
    info = Command("ATI3", required=False, pause_s=0.5)
    script = [Command("AT", alternatives=("AT",)), info, VTR]
    out, now = queue.submit(script, 0.0), 0.0
    for piece, wait in zip(pieces, [*waits, *[0.1] * 20], strict=False):
        now += wait
        out += queue.feed(piece, now) + queue.tick(now)
    while queue.deadline is not None:
        now = max(now, queue.deadline)
        out += queue.tick(now)
    assert queue.idle
    assert results(out)[-1].failed or len(results(out)) == len(script)
