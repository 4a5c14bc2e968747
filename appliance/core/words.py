"""How the story names things: for a shop owner, not for a programmer."""

EVIDENCE = {
    "hang_up_tone": "this exchange's hang-up tone was heard",
    "busy_tone": "busy tone was heard",
    "unknown_tone": "a regular tone like busy tone was heard",
    "off_hook_tone": "the exchange's howler was heard",
    "unobtainable_tone": "the number-unobtainable tone was heard",
    "polarity": "the exchange reversed the line",
    "modem_dial": "the modem heard dial tone",
    "dial_tone": "dial tone was heard",
    "loop_break": "the exchange opened the line",
    "modem_busy": "the modem heard busy tone",
    "modem_ended": "the modem ended the call",
    "modem_no_carrier": "the modem lost the call",
    "silence": "nothing was heard for a long time",
}


ANSWER_SIGNS = {
    "ringback": "ringback was heard",
    "modem_ringback": "the modem heard ringback",
    "ringback_over": "the ringback stopped",
    "modem_connected": "the modem says connected",
    "quiet": "no ringback came after that",
    "voice": "somebody speaks",
    "speech_goes_on": "the speech goes on",
    "polarity": "the exchange reversed the line",
    "no_tones": "no tone of the exchange was heard for 25 s",
}
DIAL_CAUSES = {
    "busy": "it is busy",
    "no_answer": "nobody answered",
    "no_dial_tone": "the line gave no dial tone",
    "rejected": "the call was rejected",
    "unobtainable": "the number can't be reached",
    "congestion": "the network is full",
    "no_service": "the line has no network",
    "line_in_use": "another telephone is using the line",
    "incoming_call": "a call was just coming in",
    "number": "the line can't dial that",
    "ended": "the network ended it",
    "failed": "the line failed",
    "no_line": "no line is free",
}


def spoken_answer(sign: str) -> str:
    """What told us that the far end answered or rings; an unknown kind is told as it is."""
    return ANSWER_SIGNS.get(sign, sign)


def spoken_cause(cause: str) -> str:
    """Why a dialled call came to nothing."""
    return DIAL_CAUSES.get(cause, cause)


def spoken_evidence(evidence: str) -> str:
    """What told us that the caller is gone; an unknown kind is told as it is."""
    return EVIDENCE.get(evidence, evidence)


def spoken_caller(number: str, presentation: str) -> str:
    """Who calls: the number, or why there is none."""
    if number:
        return number
    return "the number is withheld" if presentation == "private" else "the number is not known"


def spoken_endpoint(endpoint: str) -> str:
    """``station:11`` as "station 11"; a line is whoever is at its far end."""
    kind, _, name = endpoint.partition(":")
    return f"station {name}" if kind == "station" else f"the far end of line {name}"


def spoken_destination(destination: str) -> str:
    """``ring_group:orders`` as "ring group orders"."""
    return destination.replace(":", " ").replace("_", " ")
