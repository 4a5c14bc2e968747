"""What the box hears in a recording: its samples through a real port of the audio loop.

The recording comes in as a modem would send it, a shielded µ-law stream in pieces of 10 ms, in
virtual time; whatever the port's listener is told is written down with the time in the recording.
"""

import socket
from array import array
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.audio.binding import ulaw_encode
from appliance.audio.engine import TICK_S, AudioEngine
from appliance.audio.wav import read_wav
from appliance.deaf_listener import DeafListener
from appliance.errors import AudioError, CallerIdError, PromptError
from appliance.interfaces import HeardCallerId, HeardTone
from appliance.loop import VirtualLoop
from appliance.modem.caller_id_frame import (
    CallMessage,
    read_caller_id,
)

RATE_HZ = 8000
MAX_S = 4 * 3600.0
SILENCE_MS = 2000  # shorter ones are not worth a line
_AFTER_S = 1.0  # of silence, so that what ends with the recording is told
_PIECE = 80
_QUIET = b"\xff"  # µ-law zero
_DLE = b"\x10"


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing heard. ``at_s``: when it began, or was told, from the recording's first sample."""

    at_s: float
    what: str
    text: str
    figures: dict[str, object]


def read_recording(path: Path) -> "array[int]":
    """A mono WAV file at 8 kHz. Raises AudioError that says how to convert another one."""
    convert = f"convert it: sox {path} -r 8000 -c 1 -b 16 heard.wav"
    try:
        wav = read_wav(path.read_bytes(), MAX_S)
    except OSError as error:
        raise AudioError(f"{path} can't be read: {error.strerror}") from error
    except PromptError as error:
        raise AudioError(f"{path}: {error}; or {convert}") from error
    if wav.rate_hz != RATE_HZ or wav.channels != 1:
        was = f"{wav.rate_hz} Hz with {wav.channels} channels"
        if wav.channels == 2:
            convert += " remix 1 (2 for the right-hand channel)"
        raise AudioError(f"{path} is {was}, not 8000 Hz mono; {convert}")
    return wav.samples


def hear(
    samples: "array[int]", *, lenient: bool, country: str, caller_id: bool = False
) -> list[Heard]:
    """Everything heard in ``samples`` (8 kHz), in order of time.

    ``lenient``: menu mode; ``caller_id``: as on an idle line, so keys may be a caller's number too.
    Raises AudioError.
    """
    loop = VirtualLoop()
    engine = AudioEngine(loop, country)
    player = _Player(loop, ulaw_encode(samples.tobytes()))
    try:
        engine.start_virtual()
        ear = _Ear(player)
        port = player.attach(engine, ear)
        engine.listen(port, digits=True, busy=True, silence_ms=SILENCE_MS, lenient=lenient)
        if caller_id:  # a port of its own: where keys are listened for, they are no caller ID
            port = player.attach(engine, ear)
            engine.listen(
                port, digits=False, busy=False, silence_ms=0, lenient=lenient, caller_id=True
            )
        player.play()
    finally:
        engine.close()
        player.close()
        loop.close()
    return sorted(ear.heard, key=lambda heard: heard.at_s)


class _Player:
    """The far ends of the streams, all playing the same recording."""

    def __init__(self, loop: VirtualLoop, codes: bytes) -> None:
        self._loop = loop
        self._codes = codes
        self._ends: list[tuple[socket.socket, socket.socket]] = []
        self.sent = 0  # samples

    def attach(self, engine: AudioEngine, ear: "_Ear") -> int:
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        self._ends.append((near, far))
        port = engine.open_port(ear)
        engine.attach_stream(port, near.fileno(), b"")
        return port

    def play(self) -> None:
        """Send everything and a while of silence after it, in step with the loop's ticks."""
        done = self._loop.create_future()
        length = len(self._codes) + round(_AFTER_S * RATE_HZ)
        begun = self._loop.time() + TICK_S

        def piece() -> None:
            codes = self._codes[self.sent : self.sent + _PIECE].ljust(_PIECE, _QUIET)
            self.sent += _PIECE
            for _, far in self._ends:
                far.send(codes.replace(_DLE, _DLE + _DLE))
                with suppress(BlockingIOError):
                    far.recv(65536)
            if self.sent < length:
                self._loop.call_at(begun + self.sent / RATE_HZ, piece)
            else:
                self._loop.call_later(TICK_S, done.set_result, None)

        self._loop.call_at(begun, piece)
        self._loop.run_until_complete(done)

    def close(self) -> None:
        for near, far in self._ends:
            near.close()
            far.close()


class _Ear(DeafListener):
    """An interfaces.PortListener that writes down what it is told."""

    def __init__(self, player: _Player) -> None:
        self._player = player
        self.heard: list[Heard] = []

    def _note(self, what: str, text: str, before_ms: float = 0.0, **figures: object) -> None:
        at_s = max(0.0, self._player.sent / RATE_HZ - before_ms / 1000)
        self.heard.append(Heard(round(at_s, 3), what, text, figures))

    def digit_heard(self, digit: str, after_onset_ms: int) -> None:
        self._note("digit", digit, after_onset_ms, digit=digit, after_onset_ms=after_onset_ms)

    def tone_heard(self, heard: HeardTone) -> None:
        hz = "+".join(str(hz) for hz in heard.hz)
        how = f"{heard.on_ms} ms on, {heard.off_ms} ms off, {heard.cycles} times"
        if not heard.off_ms:
            how = f"steady for {heard.on_ms} ms"
        known = f", as {heard.matched}" if heard.matched else ", by its rhythm alone"
        name = heard.kind.replace("_", " ").removesuffix(" tone")
        text = f"{name} tone, {hz} Hz, {how}{known}"
        self._note("tone", text, **asdict(heard))

    def silence_heard(self, silence_ms: int) -> None:
        last = self.heard[-1] if self.heard else None
        longer = last is not None and last.what == "silence" and silence_ms > SILENCE_MS
        if longer:  # the same stretch, told again as it lasts
            self.heard.pop()
        self._note("silence", f"for {silence_ms / 1000:.1f} s", silence_ms, silence_ms=silence_ms)

    def caller_id_heard(self, heard: HeardCallerId) -> None:
        figures = {
            "kind": heard.kind,
            "is_whole": heard.is_whole,
            "level_dbm0": heard.level_dbm0,
            "data": heard.data.decode() if heard.kind == "dtmf" else heard.data.hex(" "),
        }
        self._note("caller_id", f"{heard.kind}: {_who(heard)}", 0.0, **figures, **_fields(heard))

    def port_lost(self, reason: str) -> None:
        raise AudioError(f"the audio loop lost the recording: {reason}")


def _fields(heard: HeardCallerId) -> dict[str, object]:
    """Number, name and presentation where they can be read."""
    try:
        message = read_caller_id(heard.kind, heard.data, heard.is_whole)
    except CallerIdError:
        return {}
    if not isinstance(message, CallMessage):
        return {"message_waiting": message.is_on}
    who = message.caller
    return {"number": who.number, "name": who.name, "presentation": who.presentation}


def _who(heard: HeardCallerId) -> str:
    try:
        message = read_caller_id(heard.kind, heard.data, heard.is_whole)
    except CallerIdError as error:
        return str(error)
    if not isinstance(message, CallMessage):
        return f"message waiting {'on' if message.is_on else 'off'}"
    who = message.caller
    named = f", {who.name}" if who.name else ""
    sent = f", sent at {message.sent_at}" if message.sent_at else ""
    return f"{who.number or who.presentation}{named}{sent}"
