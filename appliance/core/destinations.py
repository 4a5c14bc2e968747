"""Where a caller can be sent: the stage that each kind of destination begins."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from appliance.core.menu import MenuStage
from appliance.core.outside import OutsideStage
from appliance.core.prompt import PromptStage
from appliance.core.ring_group import RingGroupStage, RingOrder
from appliance.core.stage import ServedCall, Stage
from appliance.core.voicemail import VoicemailStage
from appliance.core.words import spoken_cause

Maker = Callable[[ServedCall, str, str], Stage | None]


def stage_for(call: ServedCall, destination: str, back_to: str) -> Stage | None:
    """The stage for ``destination``; None for ``hang_up`` and for what the plan does not hold.

    ``back_to``: where a prompt leads to when it ends; "" to hang up then.
    """
    kind, _, name = destination.partition(":")
    maker = MAKERS.get(kind)
    return maker(call, name, back_to) if maker is not None else None


def ring_station(call: ServedCall, extension: str, otherwise: Callable[[str], None]) -> Stage:
    """Ring one station; ``otherwise`` is told why nobody answered."""
    seconds = call.plan.telephony.internal_ring_s
    order = RingOrder(f"Station {extension}", (extension,), "ring_all", seconds)
    return RingGroupStage(call, order, otherwise)


def _menu(call: ServedCall, name: str, _back_to: str) -> Stage | None:
    menu = call.plan.menus.get(name)
    return MenuStage(call, menu) if menu is not None else None


def _voicemail(call: ServedCall, name: str, _back_to: str) -> Stage | None:
    voicemail = call.plan.voicemails.get(name)
    return VoicemailStage(call, voicemail) if voicemail is not None else None


def _prompt(call: ServedCall, name: str, back_to: str) -> Stage | None:
    return PromptStage(call, (name,), lambda reason: _prompt_heard(call, reason, back_to))


def _prompt_heard(call: ServedCall, reason: str, back_to: str) -> None:
    call.progress.prompt_heard = reason == "finished"
    if back_to:
        call.go(back_to)
    else:
        call.hang_up("the prompt is over")


def _station(call: ServedCall, name: str, _back_to: str) -> Stage | None:
    return ring_station(call, name, call.nobody) if name in call.plan.stations else None


def _ring_group(call: ServedCall, name: str, _back_to: str) -> Stage | None:
    group = call.plan.ring_groups.get(name)
    if group is None:
        return None
    order = RingOrder(f"Ring group {name}", group.stations, group.strategy, group.ring_for_s)
    return RingGroupStage(call, order, lambda _: call.go(group.otherwise))


def _number(call: ServedCall, name: str, _back_to: str) -> Stage | None:
    """Nobody at a handset asked for it: what may not be dialled automatically is not."""
    number = call.plan.numbers.get(name)
    if number is None:
        return None
    permission = call.permission(number)
    if not permission.lines:
        call.desk.note(call.call_id, f"{number} is not called: {permission.reason}", number=number)
        words = ("nobody_available", "goodbye")
        return PromptStage(call, words, lambda _: call.hang_up(permission.reason))
    return OutsideStage(call, number, permission, lambda cause: call.nobody(spoken_cause(cause)))


MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "menu": _menu,
        "voicemail": _voicemail,
        "prompt": _prompt,
        "station": _station,
        "ring_group": _ring_group,
        "number": _number,
    }
)
