"""The simulated person's ear for busy tone."""

import pytest

from appliance.simulator.codec import FRAME_SAMPLES, SILENT_FRAME
from appliance.simulator.hearing import BusyEar
from appliance.simulator.tones import dtmf

LOUD = dtmf("5", 100, 0)[:FRAME_SAMPLES]


def hear(beat: list[tuple[int, int]]) -> bool:
    """Whether a beat of (on, off) in ms is taken for busy tone."""
    ear = BusyEar()
    frames = [
        frame for on, off in beat for frame in [LOUD] * (on // 10) + [SILENT_FRAME] * (off // 10)
    ]
    return any([ear.feed(frame) for frame in [SILENT_FRAME, *frames, LOUD]])


@pytest.mark.parametrize("ms", [250, 370, 500, 750])
def test_four_equal_cycles_are_busy_tone(ms: int) -> None:
    assert hear([(ms, ms)] * 5)
    assert not hear([(ms, ms)] * 3)


def test_ringback_howler_and_speech_are_not() -> None:
    assert not hear([(1000, 4000)] * 6)
    assert not hear([(2000, 4000)] * 6)
    assert not hear([(100, 100)] * 50)
    assert not hear([(320, 60), (250, 90), (400, 310), (290, 250), (510, 80), (230, 400)] * 3)
