"""Every machine of the core: a state and an input are in its table, or raise and change nothing."""

from collections.abc import Mapping
from enum import Enum
from itertools import product
from typing import Any

import pytest

from appliance.core.call_states import CALL_TABLE, CallInput, CallState
from appliance.core.dialling import DIALLED_TABLE, DialledInput, DialledState
from appliance.core.leg import LEG_TABLE, LegInput, LegState
from appliance.core.line_states import LINE_TABLE, LineInput, LineState
from appliance.core.machine import Machine
from appliance.core.menu import MENU_TABLE, MenuInput, MenuState
from appliance.core.offer import OFFER_TABLE, OfferInput, OfferState
from appliance.core.outside import OUTSIDE_TABLE, OutsideInput, OutsideState
from appliance.core.prompt import PROMPT_TABLE, PromptInput, PromptState
from appliance.core.recording import RECORDING_TABLE, RecordingInput, RecordingState
from appliance.core.ring_group import RING_TABLE, RingInput, RingState
from appliance.core.station import STATION_TABLE, StationInput, StationState
from appliance.core.summon import SUMMON_TABLE, SummonInput, SummonState
from appliance.core.voicemail import VOICEMAIL_TABLE, VoicemailInput, VoicemailState
from appliance.errors import IllegalEvent

Table = Mapping[tuple[Any, Any], Any]

# name: table, states, inputs, where it begins
MACHINES: dict[str, tuple[Table, type[Enum], type[Enum], Enum]] = {
    "line": (LINE_TABLE, LineState, LineInput, LineState.DOWN),
    "station": (STATION_TABLE, StationState, StationInput, StationState.DOWN),
    "call": (CALL_TABLE, CallState, CallInput, CallState.RINGING),
    "leg": (LEG_TABLE, LegState, LegInput, LegState.NEW),
    "offer": (OFFER_TABLE, OfferState, OfferInput, OfferState.RINGING),
    "recording": (RECORDING_TABLE, RecordingState, RecordingInput, RecordingState.ASKED),
    "menu": (MENU_TABLE, MenuState, MenuInput, MenuState.NEW),
    "prompt": (PROMPT_TABLE, PromptState, PromptInput, PromptState.NEW),
    "ring group": (RING_TABLE, RingState, RingInput, RingState.NEW),
    "dialled call": (DIALLED_TABLE, DialledState, DialledInput, DialledState.UNHEARD),
    "outside number": (OUTSIDE_TABLE, OutsideState, OutsideInput, OutsideState.NEW),
    "summons": (SUMMON_TABLE, SummonState, SummonInput, SummonState.NEW),
    "voicemail": (VOICEMAIL_TABLE, VoicemailState, VoicemailInput, VoicemailState.NEW),
}


@pytest.mark.parametrize("name", MACHINES)
def test_every_pair_is_in_the_table_or_raises(name: str) -> None:
    table, states, inputs, _ = MACHINES[name]
    for state, what in product(states, inputs):
        machine: Machine[Any, Any] = Machine(name, table, state)
        assert machine.accepts(what) == ((state, what) in table)
        if (state, what) in table:
            assert machine.move(what) is table[state, what]
            assert machine.state is table[state, what]
        else:
            with pytest.raises(IllegalEvent, match=f"{name}: .* is not expected while"):
                machine.move(what)
            assert machine.state is state


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_can_be_reached(name: str) -> None:
    table, states, _, first = MACHINES[name]
    reached = {first}
    for _ in states:
        reached |= {new for (old, _), new in table.items() if old in reached}
    assert reached == set(states)


def test_a_line_is_never_stuck_for_ever() -> None:
    for state in LineState:
        assert LINE_TABLE[state, LineInput.BECAME_READY] is LineState.READY
        assert LINE_TABLE[state, LineInput.FAILED] is LineState.DOWN


def test_a_handset_on_the_hook_is_idle_whatever_came_before() -> None:
    for state in StationState:
        if (state, StationInput.HUNG_UP) in STATION_TABLE:
            assert STATION_TABLE[state, StationInput.HUNG_UP] is StationState.IDLE
    on_hook = {StationState.DOWN, StationState.RINGING}
    assert {s for s in StationState if (s, StationInput.HUNG_UP) not in STATION_TABLE} == on_hook


def test_only_an_idle_station_is_offered_a_call() -> None:
    offered = {state for state, what in STATION_TABLE if what is StationInput.OFFERED}
    assert offered == {StationState.IDLE}


def test_a_call_ends_from_every_state_once() -> None:
    ending = {state for state, what in CALL_TABLE if what is CallInput.END}
    assert ending == set(CallState) - {CallState.ENDED}
    assert CallState.ENDED not in {state for state, _ in CALL_TABLE}
