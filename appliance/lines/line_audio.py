"""A line's audio port on a card or socket: open while it is in service, anew for each call."""

from collections.abc import Callable
from typing import Protocol

from appliance.errors import AudioError, LineFault
from appliance.interfaces import AudioPorts, CardListener, HeardCallerId, HeardTone
from appliance.lines.call_listener import CallListener


class LineEars(Protocol):
    """Who hears what no call is there to hear."""

    def card_here(self, is_here: bool) -> None:
        """Of a sound card alone."""

    def caller_id_on_hook(self, heard: HeardCallerId) -> None: ...

    def tone_before_call(self, heard: HeardTone) -> None:
        """While the line dials: nobody is at the other end yet."""


class LineAudio:
    """Implements interfaces.CardListener: a call's own listener hears what comes in during it.

    ``open_port``: makes a fresh port that tells what it hears to its argument; raises AudioError.
    """

    def __init__(
        self, audio: AudioPorts, open_port: Callable[[CardListener], int], ears: LineEars
    ) -> None:
        self._audio = audio
        self._open_port = open_port
        self._ears = ears
        self._call: CallListener | None = None
        self.port: int | None = None
        self.is_here = False
        self.is_dialling = False

    def open(self) -> None:
        """A fresh port: nothing of an earlier call is left on it. Raises LineFault."""
        self.close()
        try:
            self.port = self._open_port(self)
        except AudioError as error:
            raise LineFault(str(error)) from error

    def close(self) -> None:
        """Idempotent."""
        self.end_call()
        self.is_here = False
        port, self.port = self.port, None
        if port is not None:
            self._audio.close_port(port)

    def lost(self) -> None:
        """The port went away with what carried it. Idempotent."""
        self.end_call()
        self.is_here = False
        self.port = None

    def begin_call(self, listener: CallListener) -> None:
        """From now on ``listener`` hears what comes in."""
        self._call = listener

    def end_call(self) -> None:
        """What is heard from now on means nothing to the call."""
        self.is_dialling = False
        call, self._call = self._call, None
        if call is not None:
            call.hear_no_more()

    def listen_on_hook(self, is_on: bool) -> None:
        """For caller ID."""
        if self.port is not None:
            self._audio.listen(
                self.port,
                digits=False,
                busy=False,
                silence_ms=0,
                lenient=False,
                caller_id=is_on,
            )

    def listen_for_dial_tone(self) -> None:
        """For the tones of an exchange, not for keys: those would be our own."""
        if self.port is not None:
            self.is_dialling = True
            self._audio.expect_dial_tone(self.port, True)
            self._audio.listen(self.port, digits=False, busy=True, silence_ms=0, lenient=False)

    def dialled(self) -> None:
        """From now on what is heard comes from the far end, or is said of it."""
        self.is_dialling = False
        if self.port is not None:
            self._audio.expect_dial_tone(self.port, False)

    def send_keys(self, keys: str, on_sent: Callable[[bool], None]) -> None:
        """Touch tones to the exchange. Raises LineFault."""
        try:
            if self.port is not None:
                self._audio.send_keys(self.port, keys, on_sent)
        except AudioError as error:
            raise LineFault(str(error)) from error

    # --- interfaces.CardListener -------------------------------------------------------------

    def card_changed(self, is_here: bool) -> None:
        self.is_here = is_here
        self._ears.card_here(is_here)

    def digit_heard(self, digit: str, after_onset_ms: int) -> None:
        if self._call is not None:
            self._call.digit_heard(digit, after_onset_ms)

    def tone_heard(self, heard: HeardTone) -> None:
        if self.is_dialling:
            self._ears.tone_before_call(heard)
        elif self._call is not None:
            self._call.tone_heard(heard)

    def silence_heard(self, silence_ms: int) -> None:
        if self._call is not None:
            self._call.silence_heard(silence_ms)

    def voice_heard(self, voice_ms: int) -> None:
        if self._call is not None:
            self._call.voice_heard(voice_ms)

    def ringback_over(self, silent_ms: int) -> None:
        if self._call is not None:
            self._call.ringback_over(silent_ms)

    def stalled(self, ms: int, over: bool) -> None:
        """A card that stalls is told as one that is away."""

    def caller_id_heard(self, heard: HeardCallerId) -> None:
        if self._call is not None:
            self._call.caller_id_heard(heard)
        else:
            self._ears.caller_id_on_hook(heard)

    def modem_code(self, code: int) -> None:
        """No modem is here."""

    def stream_ended(self, leftover: bytes) -> None:
        """No modem is here."""

    def port_lost(self, reason: str) -> None:
        """A card tells card_changed, a HAT its client."""

    def port_detached(self) -> None:
        """Its memory is the engine's to keep."""
