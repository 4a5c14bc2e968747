"""Programs that hear keys: ours in its two modes, spandsp, multimon-ng, and any other.

The interface is the plainest there is: 8 kHz 16-bit little-endian samples on standard input; on
standard output one line per key, ``FRAME KEY ...``, the frame being the number of samples read when
the key was known; a program that keeps no time prints ``KEY`` alone, or ``DTMF: KEY``.
"""

import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.dsp.signals import RATE_HZ

BUILD = Path(__file__).parents[2] / "build"
MULTIMON_HZ = 22050


@dataclass(frozen=True, slots=True)
class Heard:
    key: str
    frame: int | None  # None: the program keeps no time


@dataclass(frozen=True, slots=True)
class Listener:
    """A program. ``rate_hz``: the samples a second that it wants."""

    name: str
    command: tuple[str, ...]
    rate_hz: int = RATE_HZ

    def lines(self, samples: NDArray[np.int16]) -> list[str]:
        """What it prints. Raises CalledProcessError when it fails."""
        if self.rate_hz != RATE_HZ:
            samples = _resampled(samples, self.rate_hz)
        done = subprocess.run(
            self.command, input=samples.tobytes(), capture_output=True, check=True
        )
        return done.stdout.decode().splitlines()

    def listen(self, samples: NDArray[np.int16]) -> list[Heard]:
        """What it hears. Raises CalledProcessError when it fails."""
        return [heard for line in self.lines(samples) if (heard := _parse(line))]


def _parse(line: str) -> Heard | None:
    words = line.split()
    if not words:
        return None
    if words[0] == "DTMF:" and len(words) > 1:
        return Heard(words[1], None)
    if len(words) == 1 and len(words[0]) == 1:
        return Heard(words[0], None)
    if len(words) > 1 and words[0].isdigit() and len(words[1]) == 1:
        return Heard(words[1], int(words[0]))
    return None


def _resampled(samples: NDArray[np.int16], rate_hz: int) -> NDArray[np.int16]:
    """By its spectrum, in pieces of ten seconds: silence is where the pieces meet, or nearly."""
    parts = []
    for at in range(0, len(samples), RATE_HZ * 10):
        part = samples[at : at + RATE_HZ * 10].astype(float)
        count = len(part) * rate_hz // RATE_HZ
        spectrum = np.zeros(count // 2 + 1, complex)
        whole = np.fft.rfft(part)
        spectrum[: len(whole)] = whole
        parts.append(np.fft.irfft(spectrum, count) * (count / len(part)))
    return np.clip(np.rint(np.concatenate(parts)), -32768, 32767).astype("<i2")


def ours() -> tuple[Listener, ...]:
    """Both modes. Raises FileNotFoundError when `make -C firmware` has not been run."""
    program = BUILD / "hear-dtmf"
    if not program.exists():
        raise FileNotFoundError(f"{program} is missing; build it with: make -C firmware")
    modes = ("conversation", "menu")
    return tuple(Listener(f"ours, {mode}", (str(program), mode)) for mode in modes)


def peers() -> tuple[Listener, ...]:
    """spandsp as it comes and with its dial-tone filter, and multimon-ng: those that are here."""
    found = []
    program = BUILD / "hear-spandsp"
    if program.exists():
        found.append(Listener("spandsp", (str(program),)))
        found.append(Listener("spandsp, filter", (str(program), "filter")))
    multimon = shutil.which("multimon-ng")
    if multimon is not None:
        command = (multimon, "-q", "-a", "DTMF", "-t", "raw", "-")
        found.append(Listener("multimon-ng", command, MULTIMON_HZ))
    return tuple(found)


def other(command: str) -> Listener:
    """Any program with the interface above."""
    return Listener(command, tuple(shlex.split(command)))
