"""Ports, links, bridges and taps of the engine, over the real C loop in virtual time."""

import asyncio
import math
import socket
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.audio.binding import lib, ulaw_encode
from appliance.audio.clips import Clip
from appliance.audio.engine import AudioEngine
from appliance.audio.port_table import PortTable
from appliance.audio.recorder import Recorder
from appliance.audio.recording_file import find_recording
from appliance.errors import AudioError
from appliance.loop import InlineWorker, VirtualLoop
from tests.unit.audio_rig import QUIET, SILENCE, Bench, Ear, FarEnd, codes_of, sound


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def test_bridged_lines_hear_each_other_until_they_are_parted(bench: Bench) -> None:
    (one, _, first), (two, _, second) = bench.line(), bench.line()
    bench.run(0.5)
    bench.engine.bridge(one, two)
    there, back = codes_of(sound(0.5, 4)), codes_of(sound(0.5, 5))
    first.say(there)
    second.say(back)
    bench.run(1)
    assert there in second.heard
    assert back in first.heard
    bench.engine.unbridge(one, two)
    bench.engine.unbridge(one, two)
    first.say(there)
    bench.run(1)
    assert second.heard.count(there) == 1


def test_a_closed_port_is_heard_by_nobody(bench: Bench) -> None:
    (one, _, first), (two, _, second) = bench.line(), bench.line()
    bench.run(0.2)
    bench.engine.bridge(one, two)
    bench.engine.close_port(one)
    bench.run(0.1)
    assert bench.engine.open_port(Ear()) == one
    again = FarEnd(bench.loop)
    bench.ends.append(again)
    bench.engine.attach_stream(one, again.near.fileno(), b"")
    again.say(codes_of(sound(1, 6)))
    bench.run(1)
    assert set(second.heard) <= QUIET
    assert first.is_open


def test_codes_and_the_end_of_a_stream_reach_the_driver(bench: Bench) -> None:
    port, ear, far = bench.line()
    bench.run(0.1)
    far.send_raw(b"\x10/\x10b")
    bench.run(0.1)
    assert ear.told == [("code", "/"), ("code", "b")]
    bench.engine.end_stream(port, b"\x10\x5e")
    bench.run(0.2)
    assert far.wire.endswith(b"\x10\x5e")
    far.is_open = False
    leftover = b"\r\nOK\r\n" + bytes(range(200)).replace(b"\x10", b"")
    far.send_raw(b"\x10\x03" + leftover)
    bench.run(0.1)
    assert ear.told[2:] == [("ended", leftover)]


def test_what_was_read_ahead_is_heard_first(bench: Bench) -> None:
    ear, far = Ear(), FarEnd(bench.loop)
    bench.ends.append(far)
    port = bench.engine.open_port(ear)
    bench.engine.attach_stream(port, far.near.fileno(), b"\x10R" + bytes([SILENCE]) * 30)
    bench.run(0.05)
    assert ear.told == [("code", "R")]
    with pytest.raises(AudioError, match="Invalid argument"):
        bench.engine.attach_stream(port, far.near.fileno(), bytes(4097))


def test_a_lost_device_is_told_and_its_port_rests_until_detached(bench: Bench) -> None:
    port, ear, far = bench.line()
    bench.play(port, "p", [sound(2, 1)])
    bench.run(0.1)
    far.close()
    bench.run(0.1)
    assert ear.told == [("lost", "the device is gone (unplugged or without power)")]
    bench.engine.detach(port)
    bench.engine.close_port(port)
    with pytest.raises(AudioError, match=f"audio port {port} is not open"):
        bench.engine.player.stop(port)
    assert bench.engine.open_port(Ear()) != port
    bench.run(0.02)
    assert bench.engine.open_port(Ear()) == port
    assert bench.finished
    assert len(ear.told) == 1  # nothing reaches the listener of a closed port


def test_silence_and_busy_tone_are_told(bench: Bench) -> None:
    port, ear, far = bench.line()
    bench.engine.listen(port, digits=True, busy=True, silence_ms=2000, lenient=False)
    bench.run(3)
    assert ear.told == [("silence", 2000)]
    turn = 2 * math.pi * 425 / 8000
    tone = ulaw_encode(
        array("h", (round(6000 * math.sin(turn * n)) for n in range(4000))).tobytes()
    )
    far.say((tone + bytes([SILENCE]) * 4000) * 6)
    bench.run(6)
    busy = [told for told in ear.told if told[0] == "busy"]
    assert len(busy) == 1
    assert busy[0][1] == pytest.approx(500, abs=50)
    assert busy[0][2] == pytest.approx(500, abs=50)


def test_ports_and_links_share_the_numbers(bench: Bench) -> None:
    ears = [Ear() for _ in range(24)]
    ports = [bench.engine.open_port(ear) for ear in ears]
    assert ports == list(range(24))
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    card = Ear()
    link = bench.engine.attach_link(near.fileno(), card)
    assert bench.engine.link_port(link, 8, Ear()) == 31
    with pytest.raises(AudioError, match="socket 8 of link 0 is in use"):
        bench.engine.link_port(link, 8, Ear())
    with pytest.raises(AudioError, match="link 0 has no socket 9"):
        bench.engine.link_port(link, 9, Ear())
    with pytest.raises(AudioError, match="every audio port is in use"):
        bench.engine.open_port(Ear())
    with pytest.raises(AudioError, match="no audio ports are left"):
        bench.engine.attach_link(near.fileno(), Ear())
    bench.engine.send_link_message(link, 0x10, b"\x01")
    bench.run(0.05)
    assert far.recv(4096)
    bench.engine.detach_link(link)
    bench.run(0.05)
    assert card.told == [("link detached",)]
    with pytest.raises(AudioError, match="link 0 is not attached"):
        bench.engine.send_link_message(link, 0x10, b"")
    assert bench.engine.open_port(Ear()) == 24
    for end in (near, far):
        end.close()


def test_too_many_requests_at_once_are_refused_and_recovered_from(bench: Bench) -> None:
    port, _, _ = bench.line()

    def flood() -> None:
        for _ in range(10_000):
            bench.engine.player.stop(port)

    with pytest.raises(AudioError, match="too many requests"):
        flood()
    bench.run(0.05)
    bench.engine.player.stop(port)


def test_without_a_heartbeat_the_loop_falls_silent_and_says_so() -> None:
    loop = VirtualLoop()
    troubles: list[str] = []
    engine = AudioEngine(loop, "US", on_trouble=troubles.append)
    engine.start_virtual()
    engine.heartbeat()
    done = loop.create_future()
    loop.call_later(6, done.set_result, None)
    loop.run_until_complete(done)
    assert troubles == ["the audio loop heard nothing from the daemon for 5 s and fell silent"]
    assert engine.stats().ticks == pytest.approx(600, abs=2)
    engine.close()
    loop.close()


def test_a_recorded_call_holds_both_sides(bench: Bench, tmp_path: Path) -> None:
    port, _, far = bench.line()
    bench.run(0.5)
    worker = InlineWorker()
    recorder = Recorder(
        bench.engine,
        tmp_path,
        worker,
        bench.loop.clock,
        bench.loop.call_soon_threadsafe,
        free=lambda _folder: 10**9,
    )
    said: list[object] = []
    recorder.start(
        "rec1",
        "call1",
        port,
        "call",
        0.0,
        on_started=lambda: said.append("started"),
        on_failed=said.append,
        on_speech_ended=lambda: said.append("speech ended"),
    )
    caller, prompt = codes_of(sound(1, 8)), sound(1, 9)
    far.say(caller)
    bench.play(port, "p", [prompt])
    for _ in range(8):
        bench.run(0.25)
        recorder.poll()
    recorder.stop("rec1", said.append)
    bench.run(0.1)
    worker.close()
    assert said[0] == "started"
    assert said[1] == pytest.approx(2000, abs=20)
    path = find_recording(tmp_path, "rec1")
    assert path is not None
    frames = path.read_bytes()[58:]
    assert caller in frames[::2]
    assert codes_of(prompt) in frames[1::2]
    assert recorder.health == {"open": 0, "lost_frames": 0}


def test_every_tap_can_be_opened_and_used_again(bench: Bench) -> None:
    port, _, _ = bench.line()
    taps = [bench.engine.open_tap(port) for _ in range(lib.AUDIO_MAX_TAPS)]
    with pytest.raises(AudioError, match="every recorder tap is in use"):
        bench.engine.open_tap(port)
    closed: list[int] = []
    for tap in taps:
        tap.close(lambda number=tap.number: closed.append(number))
    bench.run(0.05)
    assert closed == list(range(lib.AUDIO_MAX_TAPS))
    assert len(taps[0].read()) % 4 == 0
    for tap in taps:
        tap.release()
    assert bench.engine.open_tap(port).read() == b""


def test_a_listener_that_fails_does_not_swallow_anothers_event(bench: Bench) -> None:
    class Broken(Ear):
        def modem_code(self, code: int) -> None:
            raise LookupError("a bug in a driver")

    broken = FarEnd(bench.loop)
    bench.ends.append(broken)
    port = bench.engine.open_port(Broken())
    bench.engine.attach_stream(port, broken.near.fileno(), b"")
    _, ear, far = bench.line()
    seen: list[object] = []
    bench.loop.set_exception_handler(lambda _loop, context: seen.append(context["exception"]))
    bench.run(0.1)
    broken.send_raw(b"\x10b")
    far.send_raw(b"\x10b")
    bench.run(0.1)
    assert ear.told == [("code", "b")]
    assert [type(error) for error in seen] == [LookupError]


def test_the_real_thread_reports_through_the_asyncio_loop() -> None:
    async def play_once() -> tuple[str, str]:
        loop = asyncio.get_running_loop()
        engine = AudioEngine(loop)
        engine.start()
        port = engine.open_port(Ear())
        done: asyncio.Future[tuple[str, str]] = loop.create_future()
        clip = Clip("short", array("h", bytes(400)))
        engine.player.play(port, "p", [clip], False, lambda *told: done.set_result(told))
        told = await asyncio.wait_for(done, 10)
        engine.close()
        return told

    assert asyncio.run(play_once()) == ("p", "finished")


def test_a_number_rests_until_every_detach_is_answered() -> None:
    table = PortTable(ports=16, links=1, sockets=8)
    port = table.open(Ear())
    for _ in range(2):  # the driver's own, and that of the closing
        table.detach_asked(port)
    assert table.close(port)
    assert table.detach_answered(port) is None
    assert table.open(Ear()) == 1
    table.detach_answered(port)
    assert table.open(Ear()) == port
