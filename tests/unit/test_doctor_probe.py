"""A port that is asked who is there: politely, in bounded time, and never off-hook."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.doctor.at_script import Answer, next_script, understand
from appliance.doctor.hat_probe import hello_frame, read_frame
from appliance.doctor.port_probe import LIMIT_S, probe_port
from appliance.errors import LineFault
from appliance.linecard.frames import stuff, unstuff
from appliance.loop import VirtualLoop
from tests.unit.doctor_rig import CELLULAR, FORBIDDEN, VOICE, Pipe, TableModem, opener, run


@pytest.fixture
def loop():
    loop = VirtualLoop()
    yield loop
    loop.close()


def asked(loop, replies, **more):
    modem = TableModem(loop, replies, **more)
    probe = run(loop, probe_port(loop, "/dev/x", opener({"/dev/x": modem})))
    assert not [line for line in modem.asked if line.startswith(FORBIDDEN)]
    return probe, modem


def test_a_voice_modem_is_left_in_class_0_and_on_its_hook(loop):
    probe, modem = asked(loop, VOICE)
    assert probe.modem.kind == "voice"
    assert probe.modem.ulaw is True
    assert probe.modem.formats == ("UNSIGNED PCM", "Mu-Law")
    assert probe.modem.identity == ("56000", "CONEXANT", "CX93001-EIS_V0.2002-V92")
    assert modem.asked[-1] == "AT+FCLASS=0"
    assert loop.time() < 1.0


def test_a_voice_modem_without_mu_law_is_told(loop):
    only = '0,"SIGNED PCM",8,0,8000,0,0\r\n\r\nOK'
    probe, _ = asked(loop, VOICE | {"AT+VSM=?": only})
    assert probe.modem.ulaw is False


def test_a_cellular_modem_with_voice_over_lte(loop):
    probe, _ = asked(loop, CELLULAR)
    modem = probe.modem
    assert (modem.kind, modem.sim, modem.network, modem.operator) == (
        "cellular", "READY", "home", "SMART",
    )  # fmt: skip
    assert modem.signal_dbm == -69
    assert not modem.is_weak


@pytest.mark.parametrize(
    ("answer", "sim"),
    [
        ("+CPIN: SIM PIN\r\n\r\nOK", "SIM PIN"),
        ("+CPIN: SIM PUK\r\n\r\nOK", "SIM PUK"),
        ("+CME ERROR: 10", "NOT INSERTED"),
        ("+CME ERROR: 14", "BUSY"),
        ("+CME ERROR: SIM failure", "ERROR SIM failure"),
    ],
)
def test_a_sim_that_is_not_ready_is_never_given_a_pin(loop, answer, sim):
    probe, modem = asked(loop, CELLULAR | {"AT+CPIN?": answer, "AT+CSQ": "+CSQ: 99,99\r\n\r\nOK"})
    assert probe.modem.sim == sim
    assert probe.modem.rssi is None
    assert "AT+CPIN?" in modem.asked


def test_a_modem_that_a_killed_daemon_left_streaming_is_woken(loop):
    modem = TableModem(loop, VOICE)
    modem.streaming = True
    probe = run(loop, probe_port(loop, "/dev/x", opener({"/dev/x": modem})))
    assert probe.modem is not None
    assert probe.modem.kind == "voice"
    assert loop.time() < LIMIT_S


def test_a_silent_port_costs_little_time_and_is_closed(loop):
    probe, modem = asked(loop, {}, default="")
    assert probe.modem is None
    assert loop.time() <= LIMIT_S
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert modem.closed_at is not None


def test_a_uart_at_another_speed_is_found(loop):
    modem = TableModem(loop, {}, default="")

    class Uart(Pipe):
        def set_flow(self, rtscts, baud=None):
            assert not rtscts
            modem.replies = CELLULAR if baud == 57_600 else {}

    def open_pipe(_path):
        return Uart(modem.open()._end)

    probe = run(loop, probe_port(loop, "/dev/ttyAMA0", open_pipe))
    assert (probe.baud, probe.modem.kind) == (57_600, "cellular")
    assert loop.time() <= LIMIT_S


def test_a_modem_that_answers_nothing_but_at_ends_in_time(loop):
    probe, _ = asked(loop, {"AT": "OK"}, default="")
    assert probe.modem is not None
    assert probe.modem.kind == "other"
    assert loop.time() <= LIMIT_S + 0.01


def test_a_held_port_is_left_alone(loop):
    held = LineFault("/dev/x is used by minicom (process 4)")
    probe = run(loop, probe_port(loop, "/dev/x", opener({"/dev/x": held})))
    assert probe.refusal == "/dev/x is used by minicom (process 4)"


def test_many_ports_are_asked_at_the_same_time(loop):
    modems = {f"/dev/x{n}": TableModem(loop, {}, default="") for n in range(8)}
    open_pipe = opener(modems)

    async def all_of_them():
        return await asyncio.gather(*(probe_port(loop, path, open_pipe) for path in modems))

    run(loop, all_of_them())
    assert loop.time() <= LIMIT_S + 0.01


LINES = st.text(st.characters(codec="latin-1"), max_size=40)


@given(st.lists(st.tuples(st.sampled_from(sorted({*VOICE, *CELLULAR})), LINES), max_size=12))
def test_whatever_is_answered_is_understood_somehow(said):
    answers = [Answer(asked, bool(line), (line,), line[:5]) for asked, line in said]
    modem = understand(answers)
    assert modem.kind in ("voice", "cellular", "other")
    assert not any(c.text.startswith(FORBIDDEN) for c in next_script(answers))


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_noise_at_the_port_ends_in_time(noise):
    loop = VirtualLoop()
    try:
        modem = TableModem(loop, VOICE | {"ATI": noise.decode("latin-1")}, default="")
        run(loop, probe_port(loop, "/dev/x", opener({"/dev/x": modem})))
        assert loop.time() <= LIMIT_S + 0.1
    finally:
        loop.close()


@given(st.binary(max_size=700))
def test_frames_of_the_line_card_survive_their_stuffing(data):
    assert 0 not in stuff(data)
    assert unstuff(stuff(data)) == data
    read_frame(data)  # no noise is an error


def test_hello_is_as_the_protocol_says():
    frame = hello_frame(b"\x01\x02\x03\x04")
    assert (frame[0], frame[-1]) == (0, 0)
    assert read_frame(frame.strip(b"\0")) == (0x01, b"\x01\x01\x01\x01\x02\x03\x04")
