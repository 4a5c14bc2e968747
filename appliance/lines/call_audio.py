"""One call's audio port, from open to closed; a refusal by the engine is an answer, no error."""

from appliance.errors import AudioError
from appliance.interfaces import AudioPorts
from appliance.lines.call_listener import CallListener


class CallAudio:
    """At most one open port. Methods that ask something of the engine say whether it agreed."""

    def __init__(self, audio: AudioPorts) -> None:
        self._audio = audio
        self._port: int | None = None
        self._attached = False
        self._listener: CallListener | None = None
        self.refusal = ""  # why the last request was refused

    @property
    def port(self) -> int | None:
        """The port once a stream was attached, until it is closed."""
        return self._port if self._attached else None

    def open(self, listener: CallListener) -> bool:
        """Reserve a port for the call that ``listener`` hears."""
        self._listener = listener
        try:
            self._port = self._audio.open_port(listener)
        except AudioError as error:
            return self._refused(error)
        return True

    def attach(self, fd: int, already_read: bytes, farewell: bytes) -> bool:
        """Give the descriptor to C. ``farewell`` hangs up should Python fall silent."""
        try:
            if self._port is not None:
                self._audio.set_farewell(self._port, farewell)
                self._audio.attach_stream(self._port, fd, already_read)
        except AudioError as error:
            return self._refused(error)
        self._attached = True
        return True

    def end(self, tail: bytes) -> bool:
        """Ask for the end of the stream; what is heard from now on means nothing."""
        self._hear_no_more()
        return self.interrupt(tail)

    def interrupt(self, tail: bytes) -> bool:
        """Ask for the end of the stream; the call goes on, and so will its stream."""
        try:
            if self._port is not None:
                self._audio.end_stream(self._port, tail)
        except AudioError as error:
            return self._refused(error)
        return True

    def detach(self) -> bool:
        """Ask C to let go of the descriptor."""
        self._hear_no_more()
        try:
            if self._port is not None:
                self._audio.detach(self._port)
        except AudioError as error:
            return self._refused(error)
        return True

    def close(self) -> None:
        """Give the port back. C must have let go of the descriptor. Idempotent."""
        self._hear_no_more()
        port, self._port, self._attached = self._port, None, False
        try:
            if port is not None:
                self._audio.close_port(port)
        except AudioError as error:
            self._refused(error)

    def _hear_no_more(self) -> None:
        if self._listener is not None:
            self._listener.hear_no_more()

    def _refused(self, error: AudioError) -> bool:
        self.refusal = str(error)
        return False
