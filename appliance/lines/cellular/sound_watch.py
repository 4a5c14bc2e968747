"""Whether a cellular line's sound is there while no call is on: its card, or its port of samples.

A card is known by an audio port that is held between calls, as a call would hold it; a serial port
by its path, which a modem that starts may show some seconds after its command port.
"""

from collections.abc import Callable

from appliance.deaf_listener import DeafListener
from appliance.errors import AudioError
from appliance.interfaces import AudioPorts

AWAY_AFTER_S = 3.0  # a serial port that is gone for so long does not just appear anew


class SoundWatch(DeafListener):
    """Implements interfaces.CardListener. ``told``: what ``trouble`` says has changed.

    ``serial_port``: a path, "" where the sound comes through ``card``. ``identify``: which device a
    path names now. ``now``: monotonic seconds.
    """

    def __init__(
        self,
        audio: AudioPorts,
        *,
        card: str,
        serial_port: str,
        identify: Callable[[str], object | None],
        now: Callable[[], float],
        told: Callable[[], object],
    ) -> None:
        self._audio = audio
        self._card = card
        self._serial_port = serial_port
        self._identify = identify
        self._now = now
        self._told = told
        self._port: int | None = None
        self._missing_since: float | None = None
        self.trouble = ""  # for the owner; "": it is there, as far as is known

    def hold(self) -> None:
        """No call is on: watch. Idempotent, and to be called again and again."""
        if self._serial_port:
            self._look_at_port()
        elif self._port is None:
            try:
                self._port = self._audio.open_card_port(self._card, self)
            except AudioError as error:
                self._tell(f"no sound: {error}")

    def close(self) -> None:
        """A call takes the card, or the line is stopped. Idempotent."""
        port, self._port = self._port, None
        self._missing_since = None
        if port is not None:
            self._audio.close_port(port)

    def forget(self) -> None:
        """The line is stopped: nothing is known any more."""
        self.close()
        self.trouble = ""

    def _look_at_port(self) -> None:
        if self._identify(self._serial_port) is not None:
            self._missing_since = None
            self._tell("")
            return
        now = self._now()
        since = self._missing_since = now if self._missing_since is None else self._missing_since
        if now - since >= AWAY_AFTER_S:
            self._tell(f"no sound: the modem's port of sound, {self._serial_port}, is away")

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._told()

    # --- interfaces.CardListener: of a port on which nobody calls --------------------------------

    def card_changed(self, is_here: bool) -> None:
        self._tell("" if is_here else f"no sound: the sound card {self._card} is away")
