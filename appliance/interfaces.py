"""The Protocols between rooms: what one room may ask of another without importing it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

from appliance.core.commands import Command
from appliance.core.events import Event

T = TypeVar("T")
EventSink = Callable[[Event], None]  # posts one fact; call it on the main thread


class Clock(Protocol):
    """Where time comes from. Nothing else in the daemon reads a clock."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never jumps."""

    def utc(self) -> float:
        """Seconds since 1970 UTC; may jump."""


class Worker(Protocol):
    """A thread that does slow things in order; in virtual time the caller waits for it."""

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """Queue ``work``; its exception, if any, is kept in the future."""


class BytePipe(Protocol):
    """A non-blocking byte stream with a descriptor: a serial port, or a socket pair in tests."""

    def fileno(self) -> int: ...

    def read(self) -> bytes:
        """What is there now, up to 4096 bytes; b"" for nothing. OSError: the port is gone."""

    def write(self, data: bytes) -> int:
        """Write what fits now; returns how many bytes that was. OSError: the port is gone."""

    def close(self) -> None:
        """Hang up and close. Idempotent."""


PipeOpener = Callable[[str], BytePipe]  # exclusively; raises LineFault or LinkError


@dataclass(frozen=True, slots=True)
class HeardTone:
    """A call-progress tone at a port.

    ``kind``: busy, reorder, dial, ringback, special_information, number_unobtainable, howler,
    fax_cng, answer_tone, call_waiting or hang_up (learned at this line). ``hz``: the one or two
    strongest, as measured. ``on_ms``, ``off_ms``: of the first phase, as measured; off 0 = steady.
    ``matched``: "PH busy" and the like, "" when known by rhythm or steadiness alone.
    """

    kind: str
    hz: tuple[int, ...]
    on_ms: int
    off_ms: int
    cycles: int
    matched: str = ""
    level_dbm0: float = 0.0


@dataclass(frozen=True, slots=True)
class HangUpTone:
    """A tone with which one line's exchange says that the far end hung up, as it was learned.

    ``hz``: 1 to 4 of 300-3400 Hz that sound together. ``phases``: 1 to 4 of (on, off) seconds,
    0.05-4 each. ``cycles``: how many must be heard (1-20).
    """

    hz: tuple[int, ...]
    phases: tuple[tuple[float, float], ...]
    cycles: int = 4


@dataclass(frozen=True, slots=True)
class HeardCallerId:
    """Caller ID that came in on a port, not yet read. ``kind``: bell202, v23 or dtmf.

    ``data``: type, length, body and checksum; of dtmf the keys in ASCII. ``is_whole``: the checksum
    is right; of dtmf the end mark was there. ``level_dbm0``: of the stronger tone.
    """

    kind: str
    data: bytes
    is_whole: bool
    level_dbm0: float


class PortListener(Protocol):
    """Who hears what happens on one audio port. Called on the main thread."""

    def digit_heard(self, digit: str, after_onset_ms: int) -> None: ...

    def tone_heard(self, heard: HeardTone) -> None:
        """A call-progress tone, once; a busy rhythm in no table again after four more cycles."""

    def silence_heard(self, silence_ms: int) -> None:
        """Nothing but silence came in for so long; told again at each further step."""

    def voice_heard(self, voice_ms: int) -> None:
        """Speech (or music like it), no tone, for so long; once each time it is listened for."""

    def ringback_over(self, silent_ms: int) -> None:
        """The ringback that was told has missed its next burst: nothing for ``silent_ms``."""

    def caller_id_heard(self, heard: HeardCallerId) -> None:
        """A caller-ID message or string, right or wrong (see ``is_whole``)."""

    def modem_code(self, code: int) -> None:
        """An in-band DLE code other than data and end of stream (its second byte)."""

    def stream_ended(self, leftover: bytes) -> None:
        """The end mark came. ``leftover``: all after it; the descriptor is Python's again."""

    def stalled(self, ms: int, over: bool) -> None:
        """Serial PCM alone: no byte came for ``ms`` (told once), or (``over``) it flows again."""

    def port_lost(self, reason: str) -> None:
        """EIO, HUP or a stuck descriptor. Nothing may be closed before ``port_detached``."""

    def port_detached(self) -> None: ...


class CardListener(PortListener, Protocol):
    """Who hears what happens on a sound card's port. Called on the main thread."""

    def card_changed(self, is_here: bool) -> None:
        """The card brings sound, or (also soon after the port was opened) it does not."""


class LinkListener(Protocol):
    """Who hears what happens on one HAT link. Called on the main thread."""

    def link_message(self, kind: int, payload: bytes) -> None: ...

    def link_lost(self, reason: str) -> None: ...

    def link_detached(self) -> None: ...


class AudioPorts(Protocol):
    """The audio loop as drivers see it. Main thread only; nothing here waits."""

    def open_port(self, listener: PortListener) -> int:
        """Reserve a silent port. Raises AudioError when none is free."""

    def open_card_port(self, card: str, listener: CardListener) -> int:
        """A port on the sound card of that name; silent while the card is away.

        Raises AudioError: no such card, the card has a port already, or no port is free.
        """

    def close_port(self, port: int) -> None: ...

    def attach_stream(self, port: int, fd: int, already_read: bytes) -> None:
        """Give a modem's DLE-shielded µ-law stream (8 kHz) to C, with bytes read ahead."""

    def attach_pcm(self, port: int, fd: int) -> None:
        """Give a serial PCM stream to C: s16le mono 8 kHz, raw, both ways at its device's pace.

        What waits to be read is thrown away; ``detach`` ends it. See PortListener.stalled.
        """

    def set_farewell(self, port: int, data: bytes) -> None:
        """What C sends raw to put the modem on-hook if Python falls silent for 5 s.

        For the stream attached next; the port is then lost.
        """

    def set_hang_up_tones(self, port: int, tones: Sequence[HangUpTone]) -> None:
        """What this port's exchange gives when the far end hangs up; () for nothing special.

        Up to 4, until the port is closed. Raises AudioError for what cannot be listened for.
        """

    def end_stream(self, port: int, tail: bytes) -> None:
        """Drain, send ``tail`` raw (``10 5E`` or ``10 03``) and watch for the end mark."""

    def detach(self, port: int) -> None:
        """Stop using the descriptor now; ``port_detached`` follows."""

    def listen(
        self,
        port: int,
        *,
        digits: bool,
        busy: bool,
        silence_ms: int,
        lenient: bool,
        caller_id: bool = False,
    ) -> None:
        """What to listen for from now on: ``busy`` is every call-progress tone.

        Of a call the dispatcher decides; a driver does while its line is on-hook or dials.
        """

    def expect_dial_tone(self, port: int, is_expected: bool) -> None:
        """Tell of a dial tone at once, not only after the seconds that end a call."""

    def send_keys(self, port: int, keys: str, on_sent: Callable[[bool], None]) -> None:
        """Touch tones, 100 ms each with 100 ms between, in place of what the port hears.

        ``on_sent(whole)``, once. Raises AudioError for what is no key.
        """

    def key_feedback(self, port: int, key: str) -> None:
        """A keypad's key, which makes no sound of its own: softly to the port itself.

        Whoever hears that port gets it at an exchange's level.
        """

    def attach_link(self, fd: int, listener: LinkListener) -> int:
        """Give a HAT's serial link to C; returns its number. Ports: see link_port."""

    def link_port(self, link: int, socket: int, listener: PortListener) -> int:
        """The audio port of one socket (1-8, as printed on the board) on a link."""

    def send_link_message(self, link: int, kind: int, payload: bytes) -> None:
        """Queue one control message for the HAT; delivered in order or the link is lost."""

    def detach_link(self, link: int) -> None: ...


class LineDriver(Protocol):
    """One line, made with settings, an EventSink, AudioPorts, a PipeOpener and a Clock."""

    name: str

    @property
    def port(self) -> int | None:
        """The audio port while a call's audio is attached, else None."""

    @property
    def silence_ms(self) -> int:
        """The step at which the driver is told that the caller is silent; 0: never."""

    @property
    def health(self) -> dict[str, object]:
        """For the status page: state, reason, since, model, counters."""

    def start(self) -> None: ...

    async def stop(self) -> None:
        """Release the line and close the port."""

    def answer(self) -> None: ...

    def dial(self, number: str, insists: bool = False) -> None:
        """As DialLine: LineDialled, DialFailed or LineFailed follows."""

    def send_digit(self, digit: str) -> None:
        """As SendDigit."""

    def flash(self) -> None:
        """As FlashLine."""

    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """One whole short message. ``sent_at``: UTC seconds by the network's clock, None: unknown.

    ``missing_parts``: of a long message whose rest never came; its text shows the gaps.
    """

    number: str
    text: str
    sent_at: float | None
    missing_parts: int = 0


class TextListener(Protocol):
    """Who keeps a line's short messages. Called on the main thread."""

    def text_received(self, line: str, text: ReceivedText) -> "Future[None]":
        """Keep it. The modem's copy is deleted only once the future is done without an error."""

    def text_sent(self, line: str, text_id: str, state: str, reason: str) -> None:
        """``state``: sent (the network has it), delivered, failed, or perhaps_sent.

        The last two have a ``reason``; perhaps_sent: nobody knows whether the network has it.
        """


@runtime_checkable
class TextLine(Protocol):
    """A line that carries short messages: what a LineDriver of a cellular modem also is."""

    def send_text(self, text_id: str, number: str, text: str) -> None:
        """Queue it; text_sent tells what becomes of it. Raises LineFault for a bad number."""

    def ask_network(self, code: str) -> "Future[str]":
        """Send a USSD code such as ``*123#``; the answer's text, or LineFault in the future."""


class StationDriver(Protocol):
    """One handset."""

    extension: str

    @property
    def port(self) -> int | None: ...

    @property
    def health(self) -> dict[str, object]: ...

    def start(self) -> None: ...

    def stop(self) -> None:
        """Leave the handset silent; report nothing more."""

    def ring(self, number: str, name: str, presentation: str) -> None:
        """Ring, and show who calls where that is possible. See RingStations."""

    def stop_ringing(self) -> None: ...


class Store(Protocol):
    """Where calls are remembered; writes keep their order."""

    def remember(self, commands: Sequence[Command], utc: float, monotonic: float) -> "Future[None]":
        """One transaction for the StoryNotes and HistoryFacts of one event's commands."""
