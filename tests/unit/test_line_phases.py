"""Whatever a line is made of, its driver's transitions never skip a phase of the common table."""

import pytest

from appliance.lines.cellular import states as cellular_states
from appliance.lines.gpio_line import states as gpio_line_states
from appliance.lines.line_health import PHASE_TABLE, Phase
from appliance.lines.linecard_fxo import states as linecard_fxo_states
from appliance.lines.voice_modem import states as voice_modem_states

DRIVERS = {
    "voice_modem": (voice_modem_states.TRANSITIONS, voice_modem_states.PHASES, Phase.IN_CALL),
    "gpio_line": (gpio_line_states.TRANSITIONS, gpio_line_states.PHASES, Phase.IN_CALL),
    "linecard_fxo": (
        linecard_fxo_states.TRANSITIONS,
        linecard_fxo_states.PHASES,
        Phase.IN_CALL,
    ),
    "cellular": (cellular_states.TRANSITIONS, cellular_states.PHASES, Phase.IN_CALL),
}


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_transition_of_a_driver_is_one_of_the_common_table(driver):
    transitions, phases, otherwise = DRIVERS[driver]
    for (old, trigger), new in transitions.items():
        before, after = phases.get(old, otherwise), phases.get(new, otherwise)
        assert after is before or after in PHASE_TABLE[before], (old, trigger, new)
