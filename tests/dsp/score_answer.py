"""How soon the answer ear hears a voice, and what else it takes for one (docs/audio.md).

python -m tests.dsp.score_answer [SECONDS of each sound]; needs build/hear-answer and espeak-ng.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.dsp import talk
from tests.dsp.signals import RATE_HZ, Samples, levelled

EAR = Path(__file__).parents[2] / "build" / "hear-answer"
FIRST_WORDS = (
    "hello",
    "yes hello",
    "good morning",
    "hello who is calling",
    "coffee shop how can I help",
)


def voices(sound: Samples, rung: bool = False) -> list[int]:
    """The frames at which a voice was told. ``rung``: ringback was heard before."""
    samples = np.clip(np.round(sound), -32768, 32767).astype("<i2").tobytes()
    done = subprocess.run([EAR, *["rung"] * rung], input=samples, capture_output=True, check=True)
    return [int(line.split()[0]) for line in done.stdout.decode().splitlines()]


def answers(count: int, rng: np.random.Generator, rung: bool) -> list[float | None]:
    """Seconds from the first word to the report, -30 to -12 dBm0 in line noise; None: not heard."""
    found: list[float | None] = []
    for number in range(count):
        voice, speed = str(rng.choice(talk.VOICES)), str(int(rng.integers(120, 200)))
        command = ["espeak-ng", "--stdout", "-v", voice, "-s", speed]
        command += ["-p", str(int(rng.integers(10, 90))), FIRST_WORDS[number % len(FIRST_WORDS)]]
        wav = subprocess.run(command, capture_output=True, check=True).stdout
        said = talk.telephone(np.frombuffer(wav[44:], "<i2").astype(float), 22050)
        said = levelled(said, float(rng.uniform(-30, -12)))
        begun = RATE_HZ + int(np.argmax(np.abs(said) > 0.1 * np.abs(said).max()))
        quiet = np.zeros(RATE_HZ)
        whole = np.concatenate([quiet, said, quiet])
        told = voices(whole + rng.normal(0, 16, len(whole)), rung)
        found.append((told[0] - begun) / RATE_HZ if told else None)
    return found


def song(seconds: float, rng: np.random.Generator) -> Samples:
    """A singer over bowed strings and a drum of 120 beats a minute: a colour-ring tune."""
    band = talk.strings(seconds, rng) + 1.4 * talk.HARSH["singing"](seconds, rng)
    since = np.arange(len(band)) % (RATE_HZ // 2)
    drum = rng.normal(0, 6000, len(band)) * np.exp(-since / (0.03 * RATE_HZ))
    return levelled(band + drum, talk.LEVEL_DBM0)


def main(seconds: float) -> None:
    for rung in (True, False):
        times = answers(120, np.random.default_rng(5), rung)
        heard = sorted(time for time in times if time is not None)
        soon = sum(time <= 0.6 for time in heard)
        print("after ringback:" if rung else "without ringback:", end=" ")
        print(f"first words: {len(heard)} of {len(times)} heard, {soon} within 0.6 s,", end=" ")
        print(f"median {heard[len(heard) // 2]:.2f} s, 95 % {heard[int(0.95 * len(heard))]:.2f} s")
    rng = np.random.default_rng(5)
    for level in (-15.0, -30.0, -45.0):
        noise = levelled(rng.normal(0, 1, round(seconds * RATE_HZ)), level)
        print(f"noise {level:.0f} dBm0: {len(voices(noise))} voices in {seconds:.0f} s")
    for name, make in {**talk.ORDINARY, "singing": talk.HARSH["singing"]}.items():
        print(f"{name}: {len(voices(make(seconds, rng)))} voices in {seconds:.0f} s")
    print(f"a song: {len(voices(song(seconds, rng)))} voices in {seconds:.0f} s")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
