"""A serial PCM port of the engine, over the real C loop: what is said, stalls, what is lost."""

import os
import pty
import socket
import struct
import tty
from array import array
from collections.abc import Iterator
from contextlib import suppress

import pytest

from appliance.audio.wav import ulaw_table
from appliance.errors import AudioError
from appliance.loop import VirtualLoop
from tests.unit.audio_rig import Bench, Ear, digit_one, sound


class PcmEnd:
    """A modem at the far end: 320 bytes each 20 ms, and keeps what it is sent."""

    def __init__(self, loop: VirtualLoop, near: int, far: int) -> None:
        self.near, self.far = near, far
        for end in (near, far):
            os.set_blocking(end, False)
        self._loop = loop
        self.to_say, self.heard = b"", b""
        self.is_stalled = self.is_closed = False
        self._next_at = loop.time() + 0.005
        loop.call_at(self._next_at, self._tick)

    def close(self) -> None:
        for end in (self.far, *((self.near,) if not self.is_closed else ())):
            with suppress(OSError):
                os.close(end)
        self.is_closed = True

    def _tick(self) -> None:
        if self.is_closed:
            return
        if not self.is_stalled:
            piece, self.to_say = self.to_say[:320], self.to_say[320:]
            os.write(self.far, piece.ljust(320, b"\0"))
        with suppress(BlockingIOError):
            self.heard += os.read(self.far, 65536)
        self._next_at += 0.02
        self._loop.call_at(self._next_at, self._tick)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


@pytest.fixture(params=["socket", "tty"])
def pcm(bench: Bench, request: pytest.FixtureRequest) -> Iterator[tuple[int, Ear, PcmEnd]]:
    if request.param == "tty":
        far, near = pty.openpty()
        for end in (far, near):
            tty.setraw(end)
    else:
        here, there = socket.socketpair()
        near, far = here.detach(), there.detach()
    end = PcmEnd(bench.loop, near, far)
    ear = Ear()
    port = bench.engine.open_port(ear)
    bench.engine.attach_pcm(port, near)
    yield port, ear, end
    end.close()


def test_a_prompt_arrives_sample_by_sample(bench: Bench, pcm: tuple[int, Ear, PcmEnd]) -> None:
    port, ear, end = pcm
    bench.run(0.5)
    assert not any(end.heard)
    assert 2 * 8000 * 0.45 < len(end.heard) < 2 * 8000 * 0.6
    clip = sound(1.0, 7)
    bench.play(port, "prompt", [clip])
    bench.run(2)
    assert clip.samples.tobytes() in end.heard
    assert bench.finished == [("prompt", "finished")]
    assert len(end.heard) % 2 == 0
    assert ear.told == []


def test_keys_are_heard_and_lines_bridged(bench: Bench, pcm: tuple[int, Ear, PcmEnd]) -> None:
    port, ear, end = pcm
    line, line_ear, far = bench.line()
    bench.engine.bridge(port, line)
    bench.engine.listen(port, digits=True, busy=True, silence_ms=0, lenient=True)
    bench.engine.listen(line, digits=True, busy=True, silence_ms=0, lenient=True)
    bench.run(0.3)
    key = array("h", (ulaw_table()[code] for code in digit_one(0.1)))
    end.to_say = bytes(3200) + key.tobytes()
    bench.run(1)
    assert ear.told == [("digit", "1")]
    far.say(digit_one(0.1))
    bench.run(1)
    assert line_ear.told == [("digit", "1")]
    assert any(end.heard)
    assert bench.engine.port_stats(port).lost_frames == 0


def test_a_stall_is_told_once_and_its_end(bench: Bench, pcm: tuple[int, Ear, PcmEnd]) -> None:
    port, ear, end = pcm
    bench.run(1)
    end.is_stalled = True
    bench.run(2)
    assert [told[0] for told in ear.told] == ["stalled"]
    assert 390 <= ear.told[0][1] <= 420
    assert ear.told[0][2] is False
    end.is_stalled = False
    bench.run(1)
    assert [told[0] for told in ear.told] == ["stalled", "stalled"]
    assert 1950 <= ear.told[1][1] <= 2060
    assert ear.told[1][2] is True
    bench.engine.detach(port)
    bench.run(0.05)
    assert ear.told[2:] == [("detached",)]
    end.heard = b""
    bench.run(0.5)
    assert end.heard == b""  # nobody writes any more


def test_a_modem_that_is_unplugged_is_lost(bench: Bench, pcm: tuple[int, Ear, PcmEnd]) -> None:
    port, ear, end = pcm
    bench.run(0.2)
    os.close(end.far)
    end.is_closed = True
    bench.run(0.1)
    assert ear.told == [("lost", "the device is gone (unplugged or without power)")]
    bench.engine.detach(port)
    bench.run(0.05)
    assert ear.told[-1] == ("detached",)
    os.close(end.near)


def test_a_lost_byte_costs_a_moment(bench: Bench, pcm: tuple[int, Ear, PcmEnd]) -> None:
    port, _, end = pcm
    line, _, far = bench.line()
    bench.engine.hear(line, port, True)
    speech = sound(3.0, 3).samples
    smooth = [sum(speech[i : i + 40]) // 40 * 4 for i in range(len(speech) - 40)]
    raw = struct.pack(f"<{len(smooth)}h", *smooth)
    end.to_say = raw[:16001] + raw[16002:]
    bench.run(4)
    assert bench.engine.port_stats(port).lost_frames == 1
    assert bench.engine.port_stats(port).underruns == 0
    assert len(far.heard) > 0


def test_what_is_no_port_or_no_descriptor_is_refused(bench: Bench) -> None:
    with pytest.raises(AudioError):
        bench.engine.attach_pcm(3, 0)
    port = bench.engine.open_port(Ear())
    with pytest.raises(AudioError):
        bench.engine.attach_pcm(port, -1)
