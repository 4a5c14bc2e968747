"""Where a caller can be sent: the stage that each kind of destination begins."""

from collections.abc import Callable

from appliance.core.menu import MenuStage
from appliance.core.prompt import PromptStage
from appliance.core.ring_group import RingGroupStage, RingOrder
from appliance.core.stage import ServedCall, Stage
from appliance.core.voicemail import VoicemailStage


def stage_for(call: ServedCall, destination: str, back_to: str) -> Stage | None:
    """The stage for ``destination``; None for ``hang_up`` and for what the plan does not hold.

    ``back_to``: where a prompt leads to when it ends; "" to hang up then.
    """
    kind, _, name = destination.partition(":")
    plan = call.plan
    if kind == "menu" and name in plan.menus:
        return MenuStage(call, plan.menus[name])
    if kind == "voicemail" and name in plan.voicemails:
        return VoicemailStage(call, plan.voicemails[name])
    if kind == "prompt":
        return PromptStage(call, (name,), lambda reason: _prompt_heard(call, reason, back_to))
    if kind == "station" and name in plan.stations:
        return ring_station(call, name, call.nobody)
    if kind == "ring_group" and name in plan.ring_groups:
        group = plan.ring_groups[name]
        label = f"Ring group {name}"
        order = RingOrder(label, group.stations, group.strategy, group.ring_for_s)
        return RingGroupStage(call, order, lambda _: call.go(group.otherwise))
    return None


def ring_station(call: ServedCall, extension: str, otherwise: Callable[[str], None]) -> Stage:
    """Ring one station; ``otherwise`` is told why nobody answered."""
    seconds = call.plan.telephony.internal_ring_s
    order = RingOrder(f"Station {extension}", (extension,), "ring_all", seconds)
    return RingGroupStage(call, order, otherwise)


def _prompt_heard(call: ServedCall, reason: str, back_to: str) -> None:
    call.progress.prompt_heard = reason == "finished"
    if back_to:
        call.go(back_to)
    else:
        call.hang_up("the prompt is over")
