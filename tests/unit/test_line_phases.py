"""Whatever a line is made of, its driver's transitions never skip a phase of the common table."""

from collections.abc import Mapping
from enum import Enum

import pytest

from appliance.lines.cellular import states as cellular_states
from appliance.lines.fxo import states as fxo_states
from appliance.lines.gpio_line import states as gpio_line_states
from appliance.lines.line_health import PHASE_TABLE, Phase
from appliance.lines.linecard_fxo import states as linecard_fxo_states
from appliance.lines.voice_modem import states as voice_modem_states

DRIVERS = {
    "voice_modem": (voice_modem_states.TRANSITIONS, voice_modem_states.PHASES, Phase.IN_CALL),
    "fxo": (fxo_states.TRANSITIONS, fxo_states.PHASES, Phase.IN_CALL),
    "cellular": (cellular_states.TRANSITIONS, cellular_states.PHASES, Phase.IN_CALL),
}
# Equipment under fxo's calls: while it serves, the call's phase is shown, at first READY.
EQUIPMENT = {
    "gpio_line": (gpio_line_states.TRANSITIONS, gpio_line_states.PHASES),
    "linecard_fxo": (linecard_fxo_states.TRANSITIONS, linecard_fxo_states.PHASES),
}


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_transition_of_a_driver_is_one_of_the_common_table(driver):
    transitions, phases, otherwise = DRIVERS[driver]
    for (old, trigger), new in transitions.items():
        if fxo_states.CallState.NO_SERVICE in (old, new):
            continue  # there the equipment's phase is shown
        before, after = phases.get(old, otherwise), phases.get(new, otherwise)
        assert after is before or after in PHASE_TABLE[before], (old, trigger, new)


@pytest.mark.parametrize("driver", EQUIPMENT)
def test_every_transition_of_a_call_s_equipment_is_one_of_the_common_table(driver):
    transitions, phases = EQUIPMENT[driver]
    (serving,) = {new for new in transitions.values() if new not in phases}
    assert serving.value == "serving"
    for (old, trigger), new in transitions.items():
        after = phases.get(new, Phase.READY)
        for before in phases_of(old, phases):
            assert after is before or after in PHASE_TABLE[before], (old, trigger, new)


def phases_of(state: Enum, phases: Mapping[Enum, Phase]) -> set[Phase]:
    """What may be shown in ``state``."""
    in_call = {Phase.READY, Phase.RINGING, Phase.IN_CALL}
    return {phases[state]} if state in phases else in_call


def test_calls_are_possible_in_service_alone():
    table = fxo_states.TRANSITIONS
    for state in fxo_states.CallState:
        is_out = state is fxo_states.CallState.NO_SERVICE
        assert ((state, fxo_states.CallTrigger.OUT_OF_SERVICE) in table) is not is_out
    assert set(table.values()) == set(fxo_states.CallState)
