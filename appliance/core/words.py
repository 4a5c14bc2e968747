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
    "modem_no_carrier": "the modem lost the caller",
    "silence": "nothing was heard for a long time",
}


def spoken_evidence(evidence: str) -> str:
    """What told us that the caller is gone; an unknown kind is told as it is."""
    return EVIDENCE.get(evidence, evidence)


def spoken_caller(number: str, presentation: str) -> str:
    """Who calls: the number, or why there is none."""
    if number:
        return number
    return "the number is withheld" if presentation == "private" else "the number is not known"


def spoken_destination(destination: str) -> str:
    """``ring_group:orders`` as "ring group orders"."""
    return destination.replace(":", " ").replace("_", " ")
