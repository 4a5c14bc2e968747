"""A serial port as a BytePipe: opened by path, exclusively; refusals are for the owner to read."""

import errno
import os
import stat
import termios
from contextlib import suppress
from dataclasses import dataclass
from fcntl import ioctl

import serial

from appliance.errors import LineFault, LinkError
from appliance.port_holders import held_reason

READ_BYTES = 4096


@dataclass(frozen=True, slots=True)
class PortKind:
    """What hangs on a port: its speed (baud), RTS/CTS, how it is called, what its errors are."""

    device: str
    baud: int
    rtscts: bool
    fault: type[LineFault] | type[LinkError]
    missing: str


# A modem's voice stream is 80 kbit/s; USB modems ignore the figure.
MODEM = PortKind("the modem", 115_200, False, LineFault, "is the modem plugged in?")
# A cellular modem's raw samples (16 kB/s each way), on a USB port of their own.
PCM = PortKind("the modem's sound port", 115_200, False, LineFault, "is the modem plugged in?")
LINECARD = PortKind(
    "the HAT", 2_000_000, True, LinkError, "is the HAT fitted and its overlay loaded?"
)


def port_identity(path: str) -> tuple[int, int, int] | None:
    """Which device ``path`` names now (device, inode, rdev), or None when there is none.

    Changes when the port is unplugged and plugged in again, or its symlink is re-pointed.
    """
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_rdev


def open_modem(path: str) -> "SerialPort":
    """A PipeOpener. Raises LineFault with a reason for the owner."""
    return SerialPort(path, MODEM)


def open_pcm(path: str) -> "SerialPort":
    """A PipeOpener for a modem's port of raw samples. Raises LineFault with a reason."""
    return SerialPort(path, PCM)


def open_linecard(path: str) -> "SerialPort":
    """A PipeOpener. Raises LinkError with a reason for the owner."""
    return SerialPort(path, LINECARD)


class SerialPort:
    """A tty in raw mode, 8 bits; locked (flock, TIOCEXCL) and hung up on close."""

    def __init__(self, path: str, kind: PortKind) -> None:
        """Open ``path``, a tty or a symlink to one, resolved now. Raises the kind's error."""
        self._kind = kind
        real = os.path.realpath(path)
        self._serial = _open(path, real, kind)
        self._fd: int | None = self._serial.fileno()
        try:
            self._make_raw(exclusive=not real.startswith("/dev/pts/"))
        except (OSError, termios.error) as error:
            self.close()
            raise _fault(kind, f"{path} is not a usable serial port", error) from error

    def _make_raw(self, exclusive: bool) -> None:
        fd = self.fileno()
        attributes = termios.tcgetattr(fd)
        attributes[0] &= ~(
            termios.BRKINT | termios.IXON | termios.IXOFF | termios.IXANY | termios.ISTRIP
        )
        attributes[2] |= termios.HUPCL
        # With VMIN 0 a read of an idle tty returns 0, which must mean "gone" and nothing else.
        attributes[6][termios.VMIN], attributes[6][termios.VTIME] = 1, 0
        termios.tcsetattr(fd, termios.TCSANOW, attributes)
        # On a pty the mark would outlive a killed daemon while its other owner keeps it open, and
        # lock us out of our own restart; there flock alone must do.
        if exclusive:
            ioctl(fd, termios.TIOCEXCL)

    def set_flow(self, rtscts: bool, baud: int | None = None) -> None:
        """RTS/CTS on or off, and the speed in baud (None: as it is), from the next byte on.

        Matters on a UART; USB modems ignore both. Raises the kind's error for a speed or a port
        that can't do it.
        """
        try:
            attributes = termios.tcgetattr(self.fileno())
            if baud is not None:
                attributes[4] = attributes[5] = _speed(baud)
            attributes[2] &= ~termios.CRTSCTS
            attributes[2] |= termios.CRTSCTS if rtscts else 0
            termios.tcsetattr(self.fileno(), termios.TCSADRAIN, attributes)
        except (OSError, ValueError, termios.error) as error:
            raise _fault(self._kind, f"the port can't be set: {error}", error) from error

    def fileno(self) -> int:
        if self._fd is None:
            raise self._kind.fault("the port is closed")
        return self._fd

    def read(self) -> bytes:
        """What is there now, up to 4096 bytes. Raises OSError when the port is gone."""
        try:
            data = os.read(self.fileno(), READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return b""
        if not data:
            gone = OSError(errno.EIO, "hung up")
            raise _fault(self._kind, f"{self._kind.device} was unplugged", gone)
        return data

    def write(self, data: bytes) -> int:
        """Write what fits now; how many bytes. Raises OSError when the port is gone."""
        try:
            return os.write(self.fileno(), data)
        except (BlockingIOError, InterruptedError):
            return 0

    def use_rts_cts(self) -> None:
        """From now on wait for CTS and drop RTS when we are behind; USB modems need neither."""
        with suppress(OSError, termios.error):
            attributes = termios.tcgetattr(self.fileno())
            attributes[2] |= termios.CRTSCTS
            termios.tcsetattr(self.fileno(), termios.TCSANOW, attributes)

    def close(self) -> None:
        """Throw away what is unsent (closing would wait for it), hang up, close. Idempotent."""
        fd, self._fd = self._fd, None
        if fd is None:
            return
        with suppress(OSError, termios.error):
            termios.tcflush(fd, termios.TCIOFLUSH)
        with suppress(OSError, termios.error):
            ioctl(fd, termios.TIOCNXCL)
        with suppress(OSError):
            self._serial.close()


def _open(path: str, real: str, kind: PortKind) -> serial.Serial:
    try:
        if not stat.S_ISCHR(os.stat(real).st_mode):
            raise OSError(errno.ENOTTY, "not a tty")
        return serial.Serial(
            real, kind.baud, timeout=0, write_timeout=0, exclusive=True, rtscts=kind.rtscts
        )
    except (OSError, ValueError, termios.error) as error:
        raise _fault(kind, _refusal(path, real, error, kind), error) from error


def _refusal(path: str, real: str, error: Exception, kind: PortKind) -> str:
    code = getattr(error, "errno", None)
    if code in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return f"{path} does not exist: {kind.missing}"
    if code == errno.EACCES:
        return f"no permission to open {path}: the daemon's user must be in the group dialout"
    if code == errno.EPERM:
        return f"the system's rules forbid the daemon to open {path} (DevicePolicy of its service)"
    if code in (errno.EBUSY, errno.EAGAIN):
        return held_reason(path, real)
    if code in (errno.ENOTTY, errno.EINVAL, None):
        return f"{path} is not a serial port"
    return f"{path} can't be opened: {os.strerror(code)}"


def _speed(baud: int) -> int:
    """The system's constant for a speed, such as B115200. Raises ValueError."""
    speed = getattr(termios, f"B{baud}", None)
    if not isinstance(speed, int) or baud <= 0:
        raise ValueError(f"{baud} baud is no speed of a serial port")
    return speed


def _fault(kind: PortKind, reason: str, error: Exception) -> LineFault | LinkError:
    fault = kind.fault(reason)
    fault.errno = getattr(error, "errno", None)
    return fault
