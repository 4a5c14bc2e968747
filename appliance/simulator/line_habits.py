"""How a subscriber's line of the emulated exchange behaves, and the tones that it gives."""

from dataclasses import dataclass

from appliance.errors import SimulatorError
from appliance.simulator.tone_words import parse_tone
from appliance.simulator.tones import COUNTRIES, Cadence, CountryTones

# What the line does when the far end has hung up and the near end has not: busy tone, with the
# modem's report of it or without; reorder tone; dial tone; a reversal, then silence; silence; the
# loop is opened, then dial tone.
FAR_END_GONE = ("code", "tone", "reorder", "dial_tone", "reversal", "nothing", "loop_break")


@dataclass(frozen=True, slots=True)
class LineHabits:
    """How this line behaves. ``ring``: (on_s, off_s) phases in place of the country's.

    ``far_end_gone``: one of FAR_END_GONE. ``caller_id_first``: before the first ring (ETSI, DTMF).
    ``hang_up_tone``: in words (tone_words), in place of the country's busy tone.
    ``reported_after_s``: within so many seconds the modem reports that the far end is gone.
    ``dial_tone_after_s``: from lifting; None: never. ``reversal_on_answer``: the exchange reverses
    the line's polarity when who was dialled answers. ``progress_codes``: the modem's detectors know
    ringback and busy.
    """

    country: str = "PH"
    ring: tuple[tuple[float, float], ...] = ()
    far_end_gone: str = "code"
    hang_up_tone: str = ""
    caller_id_first: bool = False
    reported_after_s: float = 3.0
    dial_tone_after_s: float | None = 0.3
    reversal_on_answer: bool = False
    progress_codes: bool = True


def hang_up_tone(words: str, tones: CountryTones) -> Cadence:
    return parse_tone(words) if words else tones.busy


def tones_of(habits: LineHabits) -> CountryTones:
    if habits.country not in COUNTRIES:
        raise SimulatorError(f"no tones for country {habits.country!r}; use {', '.join(COUNTRIES)}")
    if habits.far_end_gone not in FAR_END_GONE:
        raise SimulatorError(
            f"far_end_gone = {habits.far_end_gone!r}; use {', '.join(FAR_END_GONE)}"
        )
    return COUNTRIES[habits.country]
