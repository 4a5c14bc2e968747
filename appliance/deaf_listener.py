"""A listener of an audio port that hears nothing: who listens overrides what it listens for."""

from appliance.interfaces import HeardCallerId, HeardTone


class DeafListener:
    """An interfaces.PortListener; each event passes by."""

    def digit_heard(self, digit: str, after_onset_ms: int) -> None:
        """See PortListener, as for all below."""

    def tone_heard(self, heard: HeardTone) -> None:
        """A handset makes no call-progress tones, and a port without a call has none."""

    def silence_heard(self, silence_ms: int) -> None:
        """A silent person is no event."""

    def voice_heard(self, voice_ms: int) -> None:
        """Told only where it is listened for."""

    def ringback_over(self, silent_ms: int) -> None:
        """Told only where a number is called."""

    def caller_id_heard(self, heard: HeardCallerId) -> None:
        """Told only where a line rings."""

    def modem_code(self, code: int) -> None:
        """Of a modem's own stream alone."""

    def stream_ended(self, leftover: bytes) -> None:
        """Of a modem's own stream alone."""

    def stalled(self, ms: int, over: bool) -> None:
        """Of serial PCM alone: a card that stalls is told as one that is away."""

    def port_lost(self, reason: str) -> None:
        """A link tells it for all its sockets, a card by CardListener.card_changed."""

    def port_detached(self) -> None:
        """The descriptor is not ours."""
