"""A caller's ID as an exchange puts it onto an on-hook line, in the form that the line has."""

from appliance.simulator.caller_id import CallerId, raw_message
from appliance.simulator.caller_id_signal import (
    SYSTEMS_HZ,
    FskShape,
    dtmf_keys,
    fsk,
    single_message,
)
from appliance.simulator.codec import ulaw_encode

SIGNALS = (*SYSTEMS_HZ, "single", "dtmf", "none")
LEAD_S = 0.3  # from the reversal, or so, to the signal


def caller_id_sound(signal: str, who: CallerId) -> bytes:
    """µ-law of ``signal``, one of SIGNALS; b"" for none."""
    if signal == "none":
        return b""
    if signal == "dtmf":
        shown = {"private": "B10", "unavailable": "B00"}.get(who.presentation)
        return ulaw_encode(dtmf_keys(f"D{shown}C" if shown else f"A{who.number}C"))
    if signal == "single":
        return ulaw_encode(fsk(single_message(who)))
    return ulaw_encode(fsk(raw_message(who), FskShape(signal)))


def longest_s(signal: str) -> float:
    """Until it is over, from the moment that the exchange begins."""
    return LEAD_S + len(caller_id_sound(signal, CallerId("09171234567"))) / 8000
