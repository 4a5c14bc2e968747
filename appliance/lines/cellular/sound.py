"""One cellular call's audio port: on a sound card, or a serial port of samples lent to C."""

from collections.abc import Callable
from contextlib import suppress

from appliance.errors import AudioError
from appliance.interfaces import AudioPorts, BytePipe, PipeOpener
from appliance.lines.call_listener import CallListener
from appliance.lines.timers import NamedTimers
from appliance.modem.mobile_calls import DigitNotice

DETACH_S = 2.0  # for the audio loop to let go: two hundred of its ticks
SAME_REPORT_S = 0.2  # a modem may report one key twice; nobody presses that fast
SERIAL = "serial_pcm"


class CellularListener(CallListener):
    """Also hears a sound card come and go, a serial stream stall, and the modem's own key reports.

    ``on_stalled``: the modem sends no samples, or (True) does again. See CallListener.
    """

    on_stalled: Callable[[bool], object] = staticmethod(lambda over: None)
    _reported: tuple[str, float] = ("", 0.0)

    def card_changed(self, is_here: bool) -> None:
        """A card that is away is a silent port that comes back by itself."""
        if not is_here:
            self._counters["sound_card_away"] += 1

    def stalled(self, ms: int, over: bool) -> None:
        if self.listening:
            self.on_stalled(over)

    def key_reported(self, notice: DigitNotice) -> None:
        """The modem heard a key: a second opinion on what our own detector hears."""
        digit, at_s = self._reported
        now = self._now()
        if digit == notice.digit and now - at_s < SAME_REPORT_S:
            return
        self._reported = (notice.digit, now)
        self._press(notice.digit, "modem")


class CellularSound:
    """At most one open port. What asks something of the engine says whether it agreed."""

    def __init__(
        self,
        audio: AudioPorts,
        open_pipe: PipeOpener,
        timers: NamedTimers,
        *,
        card: str,
        serial_port: str,
    ) -> None:
        """``serial_port``: a path, "" where the sound comes through ``card``."""
        self._audio = audio
        self._open_pipe = open_pipe
        self._timers = timers
        self._card = card
        self._serial_port = serial_port
        self._port: int | None = None
        self._pipe: BytePipe | None = None
        self._flows = False
        self._listener: CellularListener | None = None
        self._on_stopped: Callable[[], object] | None = None
        self.refusal = ""  # why the last request was refused

    @property
    def port(self) -> int | None:
        """The port from begin() until stop()."""
        return self._port if self._flows else None

    def open(self, listener: CellularListener) -> bool:
        """Reserve a port for the call that ``listener`` hears."""
        self._listener = listener
        try:
            if self._serial_port:
                self._port = self._audio.open_port(listener)
                self._make_raw()
            else:
                self._port = self._audio.open_card_port(self._card, listener)
        except AudioError as error:
            return self._refused(error)
        return True

    def _make_raw(self) -> None:
        """A tty fresh from its driver sends back what comes in, until its settings are ours.

        Among samples already flowing that would be an odd number of bytes more: all that the
        caller hears would be noise. Opened once before they flow, a tty keeps its settings.
        """
        with suppress(OSError):  # a port that is away now may be back in time: begin() will tell
            self._open_pipe(self._serial_port).close()

    def begin(self) -> bool:
        """Let the sound flow; a refusal may be only for now (a port that is re-enumerated)."""
        if self._port is None or self._flows:
            return self._flows
        if self._serial_port:
            try:
                pipe = self._open_pipe(self._serial_port)
            except OSError as error:  # LineFault and LinkError are OSErrors
                return self._refused(error)
            try:
                self._audio.attach_pcm(self._port, pipe.fileno())
            except AudioError as error:
                pipe.close()
                return self._refused(error)
            self._pipe = pipe
        self._flows = True
        return True

    def stop(self, on_stopped: Callable[[], object]) -> None:
        """Take the descriptor back, close everything; within 2 s. Idempotent."""
        self.hear_no_more()
        self._on_stopped = on_stopped
        if self._pipe is None or self._port is None:
            self.detached()
            return
        self._timers.start("detach", DETACH_S, self.detached)
        try:
            self._audio.detach(self._port)
        except AudioError as error:
            self._refused(error)
            self.detached()

    def detached(self) -> None:
        """C has let go (or never will): the listener's port_detached."""
        if self._on_stopped is None:
            return  # nobody asked for it
        self._timers.cancel("detach")
        self.close()
        on_stopped, self._on_stopped = self._on_stopped, None
        on_stopped()

    def close(self) -> None:
        """Give the port back and close the descriptor, which C must have let go."""
        self.hear_no_more()
        self._listener = None
        port, self._port, self._flows = self._port, None, False
        pipe, self._pipe = self._pipe, None
        try:
            if port is not None:
                self._audio.close_port(port)
        except AudioError as error:
            self._refused(error)
        if pipe is not None:
            pipe.close()

    def hear_no_more(self) -> None:
        """The call is over: what is heard from now on means nothing."""
        if self._listener is not None:
            self._listener.hear_no_more()

    def _refused(self, error: Exception) -> bool:
        self.refusal = str(error)
        return False
