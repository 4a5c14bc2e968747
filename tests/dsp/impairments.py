"""The table of impairments: what is done to keys on their way, and whether they must be heard.

Limits from ITU-T Q.24 Annex A and the MITEL CM7291 test procedure. A cell is scored only where all
administrations of Q.24 agree; where they differ it is "disputed": printed, never scored.
"""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tests.dsp import talk
from tests.dsp.signals import (
    KEYS,
    RATE_HZ,
    Press,
    Samples,
    frames,
    key_sound,
    mu_law,
    peak,
    sine,
    to_samples,
    white_noise,
)

Wanted = Literal["accept", "reject", "disputed"]
Treatment = Callable[[Samples, np.random.Generator], Samples]
LEAD_MS, TAIL_MS = 400.0, 300.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One row: every key pressed again and again, all treated alike.

    ``delayed``: a speech codec carried it (and not µ-law), whose delay makes its times worthless.
    """

    name: str
    wanted: Wanted
    press: Press = field(default_factory=Press)
    treatments: tuple[Treatment, ...] = ()
    pause_ms: float = 60.0
    delayed: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """A row's sound and the keys in it, each with the frame it begins at."""

    samples: NDArray[np.int16]
    keys: str
    starts: tuple[int, ...]


def make_strip(cell: Cell, presses: int, rng: np.random.Generator) -> Strip:
    """Every key in turn, in an order and at places drawn by chance, with the row's impairments."""
    order = [key for _ in range(-(-presses // 16)) for key in rng.permutation(list(KEYS))][:presses]
    sounds, starts, at = [], [], frames(LEAD_MS)
    for key in order:
        sounds.append(key_sound(key, cell.press, rng))
        starts.append(at)
        at += len(sounds[-1]) + frames(cell.pause_ms + rng.uniform(0, 10))
    signal = np.zeros(at + frames(TAIL_MS))
    for start, sound in zip(starts, sounds, strict=True):
        signal[start : start + len(sound)] += sound
    for treatment in cell.treatments:
        signal = treatment(signal, rng)
    return Strip(to_samples(signal), "".join(order), tuple(starts))


# --- treatments ----------------------------------------------------------------------------------


def coded(signal: Samples, _rng: np.random.Generator) -> Samples:
    """Through µ-law; clipped where it ends."""
    return mu_law(signal)


def hummed(dbm0: float, *hertz: float) -> Treatment:
    """Steady tones underneath: dial tone, hum and its harmonics."""

    def treat(signal: Samples, rng: np.random.Generator) -> Samples:
        for hz in hertz:
            signal = signal + sine(len(signal), hz, dbm0, rng.uniform(0, 2 * np.pi))
        return signal

    return treat


def modulated(dbm0: float, hz: float, by_hz: float) -> Treatment:
    """A dial tone that is amplitude-modulated, as India's 400×25 Hz."""

    def treat(signal: Samples, _rng: np.random.Generator) -> Samples:
        at = np.arange(len(signal)) / RATE_HZ
        return signal + sine(len(signal), hz, dbm0) * (1 + np.sin(2 * np.pi * by_hz * at)) / 2

    return treat


def noisy(dbm0: float) -> Treatment:
    """White noise over the whole band to 4 kHz."""
    return lambda signal, rng: signal + white_noise(len(signal), dbm0, rng)


def clicks(dbm0: float, each_s: float) -> Treatment:
    """Impulse noise: bursts that ring for a millisecond or two, at chance moments."""

    def treat(signal: Samples, rng: np.random.Generator) -> Samples:
        signal = signal.copy()
        for at in rng.integers(0, len(signal) - 40, round(len(signal) / RATE_HZ / each_s)):
            t = np.arange(32)
            ring = np.sin(2 * np.pi * rng.uniform(500, 3000) * t / RATE_HZ + rng.uniform(0, 6))
            signal[at : at + 32] += peak(dbm0) * ring * np.exp(-t / 8)
        return signal

    return treat


def echoed(delay_ms: float, loss_db: float) -> Treatment:
    def treat(signal: Samples, _rng: np.random.Generator) -> Samples:
        late = np.zeros_like(signal)
        late[frames(delay_ms) :] = signal[: -frames(delay_ms)]
        return signal + late * 10 ** (-loss_db / 20)

    return treat


def offset(value: float) -> Treatment:
    return lambda signal, _rng: signal + value


def off_clock(ppm: float) -> Treatment:
    """Sampled by a clock that is off: everything is lower or higher, and later or earlier."""

    def treat(signal: Samples, _rng: np.random.Generator) -> Samples:
        count = round(len(signal) * (1 + ppm / 1e6))
        spectrum = np.fft.rfft(signal)
        padded = np.zeros(count // 2 + 1, complex)
        padded[: min(len(spectrum), len(padded))] = spectrum[: len(padded)]
        return np.fft.irfft(padded, count) * count / len(signal)

    return treat


@cache
def _prompt(seed: int) -> Samples:
    return talk.espeak_speech(40, np.random.default_rng(seed))


def leaking(prompt_dbm0: float, return_loss_db: float) -> Treatment:
    """Our own prompt comes back from the line."""

    def treat(signal: Samples, rng: np.random.Generator) -> Samples:
        prompt = np.resize(np.roll(_prompt(1), int(rng.integers(0, 99999))), len(signal))
        return signal + prompt * 10 ** ((prompt_dbm0 - talk.LEVEL_DBM0 - return_loss_db) / 20)

    return treat


def through(kind: str, *options: str) -> Treatment:
    """Coded and decoded again by sox: "gsm" (GSM full rate), "amr-nb" with "-C" and a mode 0-7."""
    raw = ("-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1", "-")

    def treat(signal: Samples, _rng: np.random.Generator) -> Samples:
        sox = shutil.which("sox")
        if sox is None:
            raise RuntimeError("GSM and AMR need the Debian packages sox and libsox-fmt-all")
        plain = to_samples(signal).tobytes()
        packed = subprocess.run(
            [sox, "-D", *raw, *options, "-t", kind, "-"],
            input=plain,
            capture_output=True,
            check=True,
        ).stdout
        back = subprocess.run(
            [sox, "-D", "-t", kind, "-", *raw], input=packed, capture_output=True, check=True
        ).stdout
        return np.frombuffer(back[: len(back) // 2 * 2], "<i2").astype(float)

    return treat


# --- the table -----------------------------------------------------------------------------------


SHORT_MS = 40.0  # the shortest key that all administrations want heard


@dataclass(frozen=True, slots=True)
class _Rows:
    cells: list[Cell]

    def __call__(
        self,
        name: str,
        wanted: Wanted,
        press: Press,
        *treatments: Treatment,
        pause_ms: float = 60.0,
        delayed: bool = False,
    ) -> None:
        chain = treatments if delayed else (*treatments, coded)
        self.cells.append(Cell(name, wanted, press, chain, pause_ms, delayed))


def _levels(row: _Rows) -> None:
    row("clean, 60 ms", "accept", Press())
    row("40 ms on, 40 ms off", "accept", Press(SHORT_MS), pause_ms=40)
    row("50 ms on, 30 ms off", "disputed", Press(50), pause_ms=30)
    row("a second", "accept", Press(1000))
    for dbm0 in (0.0, -3.0, -24.0, -25.0):
        row(f"{dbm0:g} dBm0", "accept", Press(50, dbm0))
    row("+3 dBm0, clipped", "disputed", Press(50, 3.0))
    for dbm0 in (-27.0, -30.0, -33.0, -36.0):
        row(f"{dbm0:g} dBm0", "disputed", Press(50, dbm0))
    row("-55 dBm0", "reject", Press(100, -55.0))
    for twist in (4.0, -8.0):
        for dbm0 in (0.0, -12.0, -25.0):
            row(f"twist {twist:+g} dB, {dbm0:g} dBm0", "accept", Press(SHORT_MS, dbm0, twist))
    for twist in (6.0, 8.0, -10.0, -12.0):
        row(f"twist {twist:+g} dB", "disputed", Press(50, -12.0, twist))


def _frequencies(row: _Rows) -> None:
    for low in (-1, 0, 1):
        for high in (-1, 0, 1):
            if low or high:
                press = Press(SHORT_MS, low_error=0.015 * low, high_error=0.015 * high)
                row(f"{1.5 * low:+g} % low, {1.5 * high:+g} % high", "accept", press)
    for sign in (-1, 1):
        press = Press(SHORT_MS, -12, -8 if sign > 0 else 4, 0.015 * sign, 0.015 * sign)
        row(f"{1.5 * sign:+g} % both, twist {press.twist_db:+g}", "accept", press)
        press = Press(SHORT_MS, low_error=0.015 * sign, high_error=0.015 * sign, error_hz=2)
        row(f"{1.5 * sign:+g} % and 2 Hz", "disputed", press)
        press = Press(SHORT_MS, low_error=0.018 * sign, high_error=0.018 * sign)
        row(f"{1.8 * sign:+g} % both", "disputed", press)
        row(
            f"{3 * sign:+g} % both",
            "disputed",
            Press(100, low_error=0.03 * sign, high_error=0.03 * sign),
        )
        row(f"{3.5 * sign:+g} % low", "reject", Press(100, low_error=0.035 * sign))
        row(f"{3.5 * sign:+g} % high", "reject", Press(100, high_error=0.035 * sign))
        row(
            f"{7 * sign:+g} % both",
            "reject",
            Press(100, low_error=0.07 * sign, high_error=0.07 * sign),
        )


def _lengths(row: _Rows) -> None:
    row("20 ms", "reject", Press(20))
    row("20 ms, 0 dBm0, noise 20 dB down", "reject", Press(20, 0), noisy(-17))
    row("23 ms", "reject", Press(23))
    row("25 ms", "disputed", Press(25))
    row("30 ms", "disputed", Press(30))
    for on_ms in (60.0, 80.0, 120.0):
        press = Press(on_ms, hole_ms=10)
        row(f"hole of 10 ms in {on_ms:g}", "accept", press)
    row("hole of 10 ms in 80, noise 20 dB down", "accept", Press(80, hole_ms=10), noisy(-29))
    row("hole of 20 ms in 120", "disputed", Press(120, hole_ms=20, hole_edge_ms=40))


def _underneath(row: _Rows) -> None:
    dials: tuple[tuple[str, Treatment], ...] = (
        ("350+440 Hz", hummed(-13, 350, 440)),
        ("425 Hz", hummed(-10, 425)),
        ("400 Hz", hummed(-10, 400)),
        ("400+450 Hz", hummed(-13, 400, 450)),
        ("413+438 Hz", hummed(-13, 413, 438)),
        ("330+440 Hz", hummed(-13, 330, 440)),
        ("400×25 Hz", modulated(-7, 400, 25)),
        ("400×50 Hz", modulated(-7, 400, 50)),
        ("384+416 Hz", hummed(-13, 384, 416)),
    )
    for name, dial in dials:
        for dbm0 in (-10.0, -20.0):
            row(f"dial tone {name}, key {dbm0:g} dBm0", "accept", Press(50, dbm0), dial)
    for snr in (24, 18, 15, 12):
        row(f"white noise {snr} dB down, 40 ms", "accept", Press(SHORT_MS), noisy(-9 - snr))
    row("white noise 10 dB down", "disputed", Press(60), noisy(-19))
    row("clicks as loud as a tone, 4 a second", "accept", Press(60), clicks(-12, 0.25))
    row("clicks of 0 dBm0, 2 a second", "disputed", Press(60), clicks(0, 0.5))
    row("hum 50 Hz and harmonics", "accept", Press(50, -15), hummed(-20, 50, 100, 150, 250, 350))
    row("hum 60 Hz and harmonics", "accept", Press(50, -15), hummed(-20, 60, 120, 180, 300, 420))


def _on_the_way(row: _Rows) -> None:
    row("echo 20 ms, 10 dB down", "accept", Press(50), echoed(20, 10), pause_ms=80)
    row(
        "echo 12 ms, 10 dB down, noise",
        "accept",
        Press(50),
        echoed(12, 10),
        noisy(-30),
        pause_ms=80,
    )
    row("0 dBm0 each, µ-law clipped", "accept", Press(50, 0.0), pause_ms=50)
    row(
        "clock +1,000 ppm, -1.4 %",
        "accept",
        Press(SHORT_MS, low_error=-0.014, high_error=-0.014),
        off_clock(1000),
    )
    row(
        "clock -1,000 ppm, +1.4 %",
        "accept",
        Press(SHORT_MS, low_error=0.014, high_error=0.014),
        off_clock(-1000),
    )
    row("DC offset 1,000", "accept", Press(SHORT_MS, -18), offset(1000))
    worst = Press(SHORT_MS, -12, -8, 0.015, -0.015)
    row("twist -8, ±1.5 %, noise 15 dB down", "accept", worst, noisy(worst.power_dbm0 - 15))
    worst = Press(SHORT_MS, -12, 4, -0.015, 0.015)
    row("twist +4, ∓1.5 %, noise 15 dB down", "accept", worst, noisy(worst.power_dbm0 - 15))
    for name, treatment in (
        ("GSM full rate", through("gsm")),
        ("AMR 12.2", through("amr-nb", "-C", "7")),
        ("AMR 7.4", through("amr-nb", "-C", "4")),
    ):
        row(f"{name}, 70 ms", "accept", Press(70), treatment, delayed=True)
        row(f"{name}, 50 ms", "disputed", Press(50), treatment, delayed=True)
    row(
        "GSM full rate, twist -6, +1 %",
        "accept",
        Press(80, -12, -6, 0.01, 0.01),
        through("gsm"),
        delayed=True,
    )
    row("prompt -15 dBm0, return loss 6 dB, key -10", "accept", Press(100, -10), leaking(-15, 6))
    row("prompt -12 dBm0, return loss 6 dB, key -12", "accept", Press(120, -12), leaking(-12, 6))
    row("prompt -12 dBm0, return loss 6 dB, key -20", "disputed", Press(120, -20), leaking(-12, 6))


def _cells() -> tuple[Cell, ...]:
    rows = _Rows([])
    for group in (_levels, _frequencies, _lengths, _underneath, _on_the_way):
        group(rows)
    return tuple(rows.cells)


CELLS = _cells()
