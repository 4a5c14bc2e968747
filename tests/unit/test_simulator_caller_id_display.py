"""A telephone's display reads what an exchange sends, and nothing else."""

import random

import pytest

from appliance.simulator.caller_id import CallerId, raw_message
from appliance.simulator.caller_id_display import Display, ShownCaller, read_burst
from appliance.simulator.caller_id_sent import caller_id_sound
from appliance.simulator.caller_id_signal import FskShape, alert, fsk, single_message, with_noise
from appliance.simulator.codec import FRAME_SAMPLES, SILENT_FRAME, ulaw_encode
from tests.whole.sound import tone

ANA = CallerId("09171234567", "ANA CRUZ")


def heard(display: Display, ulaw: bytes) -> list[ShownCaller]:
    padded = ulaw + b"\xff" * (-len(ulaw) % FRAME_SAMPLES) + 3 * SILENT_FRAME
    pieces = (padded[n : n + FRAME_SAMPLES] for n in range(0, len(padded), FRAME_SAMPLES))
    return [shown for piece in pieces if (shown := display.feed(piece)) is not None]


@pytest.mark.parametrize("system", ["bell202", "v23"])
@pytest.mark.parametrize("level_dbm0", [-13.5, -30.0])
def test_both_systems(system: str, level_dbm0: float) -> None:
    sound = fsk(raw_message(ANA), FskShape(system, level_dbm0=level_dbm0, clock_error=0.005))
    (shown,) = heard(Display(), ulaw_encode(with_noise(sound, level_dbm0 - 25, seed=3)))
    assert (shown.number, shown.name, shown.system) == ("09171234567", "ANA CRUZ", system)


def test_single_data_withheld_and_two_in_a_row() -> None:
    display = Display()
    shown = heard(display, ulaw_encode(fsk(single_message(ANA))))
    shown += heard(display, caller_id_sound("v23", CallerId("", presentation="private")))
    assert [(one.number, one.presentation) for one in shown] == [
        ("09171234567", "allowed"),
        ("", "private"),
    ]


def test_spoiled_ones_and_other_sounds_show_nothing() -> None:
    message = bytearray(raw_message(ANA))
    message[5] ^= 1
    noise = [random.Random(1).randrange(-9000, 9000) for _ in range(8000)]
    sounds = [ulaw_encode(fsk(bytes(message))), ulaw_encode(alert()), ulaw_encode(noise)]
    sounds += [tone(440, 2.0), tone(1200, 1.0), ulaw_encode(fsk(raw_message(ANA)))[:4500]]
    assert [heard(Display(), sound) for sound in sounds] == [[]] * len(sounds)
    assert read_burst(b"") is None


def test_lifting_forgets_what_was_begun() -> None:
    display = Display()
    display.feed(caller_id_sound("bell202", ANA)[:FRAME_SAMPLES])
    display.lifted()
    assert heard(display, SILENT_FRAME) == []
