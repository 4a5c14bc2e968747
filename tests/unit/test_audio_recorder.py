"""The recorder: what it writes, and that neither a full nor a slow card costs more than it must."""

import errno
import os
import struct
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

import pytest

from appliance.audio.recorder import Recorder
from appliance.audio.recording_file import DiskFile, find_recording
from appliance.audio.wav import read_wav, ulaw_table
from appliance.errors import AudioError
from appliance.loop import VirtualClock

T = TypeVar("T")
RING_FRAMES = 80_000
FRAME_S = 1 / 8000


class FakeTap:
    """A tap's ring of ten seconds, filled by the test."""

    def __init__(self) -> None:
        self.ring = b""
        self.lost_frames = 0
        self.closed: Callable[[], None] | None = None
        self.is_released = False

    def hear(self, *frames: tuple[int, int]) -> None:
        for left, right in frames:
            if len(self.ring) >= 4 * RING_FRAMES:
                self.lost_frames += 1
            else:
                self.ring += struct.pack("<hh", left, right)

    def read(self) -> bytes:
        data, self.ring = self.ring[: 4 * 8000], self.ring[4 * 8000 :]
        return data

    def close(self, on_closed: Callable[[], None]) -> None:
        self.closed = on_closed

    def on_blanked(self, tell: Callable[[int, int], None]) -> None:
        self.blanked = tell

    def release(self) -> None:
        self.is_released = True


class HeldWorker:
    """Work waits until the test lets it go on: the card stalls as long as it likes."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        future: Future[T] = Future()

        def run() -> None:
            future.set_result(work())

        self.waiting.append(run)
        return future

    def go_on(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


class Desk:
    """A recorder with everything around it in the test's hand."""

    def __init__(self, folder: Path, **card: object) -> None:
        self.taps: list[FakeTap] = []
        self.worker = HeldWorker()
        self.clock = VirtualClock()
        self.folder = folder
        self.said: list[object] = []
        self.refusal: AudioError | None = None
        card.setdefault("free", lambda _folder: 10**9)
        self.recorder = Recorder(self, folder, self.worker, self.clock, lambda call: call(), **card)

    def open_tap(self, _port: int) -> FakeTap:
        if self.refusal is not None:
            raise self.refusal
        self.taps.append(FakeTap())
        return self.taps[-1]

    def start(self, name: str, kind: str = "call", silence_limit_s: float = 0.0) -> None:
        self.recorder.start(
            name,
            "call-1",
            0,
            kind,
            silence_limit_s,
            on_started=lambda: self.said.append((name, "started")),
            on_failed=lambda reason: self.said.append((name, "failed", reason)),
            on_speech_ended=lambda: self.said.append((name, "speech ended")),
        )

    def stop(self, name: str, trim_ms: int = 0) -> None:
        self.recorder.stop(name, lambda ms: self.said.append((name, "stopped", ms)), trim_ms)
        for tap in self.taps:
            if tap.closed is not None:
                tap.closed()
                tap.closed = None
        self.worker.go_on()

    def poll(self, seconds: float = 0.25) -> None:
        self.clock.advance(seconds)
        self.recorder.poll()

    def sound(self, name: str) -> bytes:
        path = find_recording(self.folder, name)
        assert path is not None
        return path.read_bytes()[58:]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "recordings")


def ramp(count: int) -> list[tuple[int, int]]:
    return [(8 * (n % 4000), -8 * (n % 4000)) for n in range(count)]


def test_a_call_has_the_caller_left_and_the_shop_right(desk: Desk) -> None:
    desk.start("r1")
    desk.worker.go_on()
    desk.taps[0].hear((32124, 0), (0, -32124))
    desk.poll()
    desk.worker.go_on()
    assert desk.sound("r1") == b"\x80\xff\xff\x00"
    desk.taps[0].hear(*ramp(1598))
    desk.stop("r1")
    assert desk.said == [("r1", "started"), ("r1", "stopped", 200)]
    assert desk.taps[0].is_released
    path = find_recording(desk.folder, "r1")
    assert path is not None
    assert path.parent.name == "2027-01-15"
    assert len(read_wav(path.read_bytes()).samples) == 1600


def test_a_message_is_the_caller_alone(desk: Desk) -> None:
    desk.start("m1", "message")
    desk.taps[0].hear((32124, -5), (-32124, -5), (0, 5))
    desk.worker.go_on()
    desk.stop("m1")
    assert desk.sound("m1")[:3] == b"\x80\x00\xff"
    assert desk.said[-1] == ("m1", "stopped", 0)


@pytest.mark.parametrize(("kind", "channels"), [("message", 1), ("call", 2)])
def test_the_end_of_a_recording_can_be_left_out(desk: Desk, kind: str, channels: int) -> None:
    desk.start("m1", kind)
    desk.worker.go_on()
    desk.taps[0].hear(*[(32124, 32124)] * 1600, *[(0, 0)] * 800)
    desk.poll()
    desk.worker.go_on()
    desk.taps[0].hear(*[(0, 0)] * 800)
    desk.stop("m1", trim_ms=200)
    assert desk.said[-1] == ("m1", "stopped", 200)
    path = find_recording(desk.folder, "m1")
    assert path is not None
    assert read_wav(path.read_bytes()).samples is not None  # its header tells the same length
    assert desk.sound("m1") == b"\x80" * 1600 * channels


def test_no_more_than_all_of_a_recording_is_left_out(desk: Desk) -> None:
    desk.start("m1", "message")
    desk.worker.go_on()
    desk.taps[0].hear(*ramp(801))
    desk.stop("m1", trim_ms=5000)
    assert desk.said[-1] == ("m1", "stopped", 0)
    assert desk.sound("m1") == b""


def test_what_was_heard_before_the_file_existed_is_in_it(desk: Desk) -> None:
    desk.start("r1")
    desk.taps[0].hear(*ramp(8000))
    assert desk.said == []
    desk.stop("r1")
    assert desk.said == [("r1", "started"), ("r1", "stopped", 1000)]


def test_a_card_that_stalls_for_five_seconds_loses_no_sample(desk: Desk) -> None:
    desk.start("r1")
    desk.worker.go_on()
    sent = ramp(60_000)
    for at in range(0, 40_000, 2000):  # 5 s in which the worker waits for the card
        desk.taps[0].hear(*sent[at : at + 2000])
        desk.poll()
    assert len(desk.worker.waiting) == 1  # rounds do not pile up behind the card
    desk.worker.go_on()
    desk.taps[0].hear(*sent[40_000:])
    desk.stop("r1")
    assert desk.said[-1] == ("r1", "stopped", 7500)
    assert desk.taps[0].lost_frames == 0
    heard = list(map(ulaw_table().__getitem__, desk.sound("r1")[::2]))
    worst = max(abs(left - got) for (left, _), got in zip(sent, heard, strict=True))
    assert worst <= 512  # half of µ-law's coarsest step


class FullCard:
    """A card that takes so many bytes and then is full."""

    def __init__(self, room: int) -> None:
        self.room = room

    def create(self, path: Path, channels: int) -> DiskFile:
        card = self

        class File(DiskFile):
            def append(self, codes: bytes) -> None:
                taken = codes[: card.room]
                super().append(taken)
                card.room -= len(taken)
                if len(taken) < len(codes):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        return File(path, channels)


def test_a_full_card_ends_the_recording_and_tells_why(tmp_path: Path) -> None:
    desk = Desk(tmp_path, create=FullCard(1001).create)
    desk.start("r1")
    desk.taps[0].hear(*ramp(2000))
    desk.poll()
    desk.worker.go_on()
    assert desk.said == [
        ("r1", "started"),
        ("r1", "failed", "the card is full; delete old recordings"),
    ]
    assert desk.taps[0].closed is not None  # and so the tap costs nothing more
    desk.stop("r1")
    assert len(desk.said) == 2
    path = find_recording(tmp_path, "r1")
    assert path is not None
    assert len(read_wav(path.read_bytes()).samples) == 500  # what fitted is playable


def test_a_card_full_at_the_last_moment_fails_instead_of_stopping(tmp_path: Path) -> None:
    desk = Desk(tmp_path, create=FullCard(100).create)
    desk.start("r1")
    desk.taps[0].hear(*ramp(2000))
    desk.stop("r1")
    assert [what[1] for what in desk.said] == ["started", "failed"]
    assert desk.taps[0].is_released


def test_little_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path, free=lambda _folder: 1000, min_free_bytes=2000)
    desk.start("r1")
    desk.worker.go_on()
    assert desk.said == [("r1", "failed", "the card is full; delete old recordings")]
    assert list(tmp_path.glob("*/*")) == []


def test_a_card_that_fills_up_stops_recordings_before_history_suffers(tmp_path: Path) -> None:
    room = [5000]
    desk = Desk(tmp_path, free=lambda _folder: room[0], min_free_bytes=2000)
    desk.start("r1")
    for _ in range(8):
        desk.taps[0].hear(*ramp(10))
        desk.poll()
        desk.worker.go_on()
        room[0] = 900
    assert [what[1] for what in desk.said] == ["started", "failed"]


def test_one_bad_file_does_not_harm_the_others(tmp_path: Path) -> None:
    card = FullCard(100)

    def create(path: Path, channels: int) -> DiskFile:
        return card.create(path, channels) if path.stem == "bad" else DiskFile(path, channels)

    desk = Desk(tmp_path, create=create)
    desk.start("bad")
    desk.start("good")
    for tap in desk.taps:
        tap.hear(*ramp(800))
    desk.poll()
    desk.worker.go_on()
    desk.stop("good")
    assert ("good", "stopped", 100) in desk.said
    assert ("bad", "failed", "the card is full; delete old recordings") in desk.said


def test_all_open_recordings_share_a_round_of_syncs_each_second(tmp_path: Path) -> None:
    synced: list[tuple[str, float]] = []

    class File(DiskFile):
        def __init__(self, path: Path, channels: int) -> None:
            super().__init__(path, channels)
            self.name = path.stem

        def sync(self) -> None:
            synced.append((self.name, desk.clock.monotonic()))

    desk = Desk(tmp_path, create=File)
    desk.start("a")
    desk.start("b")
    for step in range(12):
        desk.taps[0].hear((1, 1))
        if step < 4:
            desk.taps[1].hear((1, 1))  # then b is silent for lack of frames: nothing to sync
        desk.poll()
        desk.worker.go_on()
    assert synced == [("a", 1.0), ("b", 1.0), ("a", 2.0), ("a", 3.0)]


def test_a_silent_message_reports_the_end_of_speech_once(desk: Desk) -> None:
    desk.start("m1", "message", silence_limit_s=1.0)
    for _ in range(24):
        desk.taps[0].hear(*[(0, 9000)] * 2000)  # what the caller hears is not the caller's speech
        desk.poll()
        desk.worker.go_on()
    assert desk.said == [("m1", "started"), ("m1", "speech ended")]


def test_no_free_tap_fails_the_recording_and_not_the_caller(desk: Desk) -> None:
    desk.refusal = AudioError("every recorder tap is in use")
    desk.start("r1")
    assert desk.said == [("r1", "failed", "every recorder tap is in use")]


def test_the_same_recording_can_not_begin_twice(desk: Desk) -> None:
    desk.start("r1")
    with pytest.raises(AudioError, match="has begun already"):
        desk.start("r1")


def test_an_id_that_is_a_path_is_refused(desk: Desk) -> None:
    desk.start("../../etc/cron")
    desk.worker.go_on()
    assert desk.said[0][1:] == ("failed", "'../../etc/cron' is not a recording's id")  # type: ignore[index]


def test_an_error_nobody_expected_is_seen(desk: Desk) -> None:
    desk.start("r1")
    desk.recorder.poll()
    future: Future[None] = Future()
    future.set_exception(ZeroDivisionError())
    desk.recorder._round = future
    with pytest.raises(ZeroDivisionError):
        desk.recorder.poll()


def test_the_end_of_the_daemon_finishes_every_recording(tmp_path: Path) -> None:
    class Now(HeldWorker):
        def submit(self, work: Callable[[], T]) -> "Future[T]":
            future = super().submit(work)
            self.go_on()
            return future

    desk = Desk(tmp_path)
    desk.recorder._worker = desk.worker = Now()
    desk.start("a")
    desk.start("b", "message")
    for tap in desk.taps:
        tap.hear(*ramp(1600))
    assert desk.recorder.health == {"open": 2, "lost_frames": 0}
    assert desk.recorder.close() == {"a": 200, "b": 200}
    assert all(tap.is_released for tap in desk.taps)
    mended: list[object] = []
    desk.recorder.repair(mended.extend)
    assert mended == []  # nothing was left open
