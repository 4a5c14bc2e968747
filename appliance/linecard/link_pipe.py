"""A HAT's serial port as a BytePipe: 2,000,000 baud with RTS/CTS, exclusively ours."""

import errno
import os
import termios
from contextlib import suppress
from fcntl import ioctl

import serial

from appliance.errors import LinkError

BAUD = 2_000_000
READ_BYTES = 4096


def open_link_pipe(path: str) -> "LinkPipe":
    """A PipeOpener for HATs. Raises LinkError with a reason for the owner."""
    return LinkPipe(path)


class LinkPipe:
    """A tty (a pty too) in raw mode; symlinks are resolved when it is opened."""

    def __init__(self, path: str) -> None:
        real = os.path.realpath(path)
        try:
            self._serial = _open_raw(real)
        except (OSError, ValueError, termios.error) as error:
            raise LinkError(_refusal(path, error)) from error
        self._fd: int | None = self._serial.fileno()
        # On a pty the mark would stay as long as its other owner keeps it open, and lock us out.
        if not real.startswith("/dev/pts/"):
            with suppress(OSError):
                ioctl(self._fd, termios.TIOCEXCL)

    def fileno(self) -> int:
        if self._fd is None:
            raise LinkError("the port is closed")
        return self._fd

    def read(self) -> bytes:
        try:
            data = os.read(self.fileno(), READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return b""
        if not data:
            raise LinkError("the port was closed at its other end")
        return data

    def write(self, data: bytes) -> int:
        try:
            return os.write(self.fileno(), data)
        except (BlockingIOError, InterruptedError):
            return 0

    def close(self) -> None:
        """Throw away what is unsent (closing would wait for it) and close. Idempotent."""
        fd, self._fd = self._fd, None
        if fd is None:
            return
        with suppress(OSError, termios.error):
            termios.tcflush(fd, termios.TCIOFLUSH)
        with suppress(OSError, termios.error):
            ioctl(fd, termios.TIOCNXCL)
        with suppress(OSError):
            self._serial.close()


def _open_raw(real: str) -> serial.Serial:
    port = serial.Serial(real, BAUD, timeout=0, write_timeout=0, rtscts=True, exclusive=True)
    # With VMIN 0 a read of an idle tty returns 0, which must mean "gone" and nothing else.
    attributes = termios.tcgetattr(port.fileno())
    attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 1, 0
    termios.tcsetattr(port.fileno(), termios.TCSANOW, attributes)
    return port


def _refusal(path: str, error: BaseException) -> str:
    reasons = {
        errno.ENOENT: "does not exist: is the HAT fitted and its overlay loaded?",
        errno.EACCES: "may not be opened by the daemon's user (group dialout)",
        errno.EBUSY: "is used by another program",
        errno.EAGAIN: "is used by another program",
        errno.ENOTTY: "is not a serial port",
        errno.EINVAL: "is not a serial port",
    }
    code = getattr(error, "errno", None)
    if code is None:  # pyserial could open, but not configure it
        code = errno.ENOTTY
    return f"{path} {reasons.get(code, f'cannot be opened: {error}')}"
