"""The AT dialogues of calling out: seizing, dialling, into duplex sound; and the hook tapped in it.

``ATD…;`` returns as soon as the digits are out (ITU-T V.250 6.3.1: the line is kept, the modem goes
back to commands), so that +VTR can follow and the far end's ringback is heard. What a modem says
of the far end while it dials is a final result; that it says OK or VCON is no answer.
"""

from collections.abc import Iterable

from appliance.lines.voice_modem.profiles import DialWay, Levels, ModemProfile
from appliance.lines.voice_modem.scripts import (
    END_OF_STREAM,
    first_of,
    into_voice,
    optional,
    start_sound,
)
from appliance.modem.at import SEIZE_S, Command

DIAL_S = 40.0  # 12 s for the dial tone (Si24xx: S14), and twenty digits by pulses
ABORT_S = 3.0  # for a dial command to end after a character was sent (V.250 5.6.1)
ABORT_AGAIN_S = 0.5  # one that came within 125 ms of the command was not seen
ABORT = b"\r"
HANG_UP_FIRST = Command("ATH", good=("OK", "NO CARRIER"), pause_s=1.5)  # the exchange must see it

CAUSES = {
    "BUSY": "busy",
    "NO ANSWER": "no_answer",
    "NO DIALTONE": "no_dial_tone",
    "NO LINE": "no_dial_tone",
    "NO CARRIER": "ended",
    "LINE IN USE": "line_in_use",
    "BLACKLISTED": "rejected",  # the modem itself keeps the country's rule on redialling
    "DELAYED": "rejected",
}
# Some firmware wants its routes said anew after a dial command, other refuses what is so already.
_KEEP_OFF_HOOK = Command("AT+VLS=1", good=("OK", "VCON"), timeout_s=SEIZE_S, required=False)
_WAIT_FOR_TONE = ("ATX4", "ATX2")  # V.250 6.3.7: dial tone is waited for; X4 also knows busy
_BLIND = ("ATX3", "ATX1", "ATX0")


def dial(
    profile: ModemProfile, ulaw_id: int, levels: Levels, way: DialWay, number: str, *, blind: bool
) -> tuple[Command, ...]:
    """From class 0, on-hook, to CONNECT. ``number``: as numbers.dialable gave it."""
    text = way.text.format(number=number, keys=",".join(number))
    return (
        *into_voice(profile, ulaw_id, levels),
        first_of(_BLIND if blind else _WAIT_FOR_TONE),
        *(optional(setting) for setting in way.settings),
        *_first_seize(way),
        Command(text, good=("OK", "VCON"), timeout_s=DIAL_S),
        *(() if way.seize_first_s else (_KEEP_OFF_HOOK,)),
        Command("AT+VTR", good=("CONNECT",), timeout_s=SEIZE_S),
    )


def _first_seize(way: DialWay) -> Iterable[Command]:
    if way.seize_first_s:
        pause_s = way.seize_first_s
        yield Command("AT+VLS=1", good=("OK", "VCON"), timeout_s=SEIZE_S, pause_s=pause_s)


def is_dial(command: Command) -> bool:
    """Whether it sends digits."""
    return command.timeout_s == DIAL_S


def seizes(command: Command) -> bool:
    """Whether the line is off-hook once it is sent."""
    return is_dial(command) or command.text in ("AT+VLS=1", "AT+VTR")


def flash(profile: ModemProfile, flash_ms: int) -> tuple[Command, ...]:
    """From the end of a stream, with the line off-hook, to the next CONNECT."""
    setting = profile.flash_setting.format(tens=round(flash_ms / 10), hex=f"{flash_ms:04X}")
    return (
        END_OF_STREAM,
        *((optional(setting),) if setting else ()),
        first_of(_BLIND),
        Command(
            profile.flash[0],
            good=("OK", "VCON"),
            timeout_s=4.0,
            required=False,
            alternatives=profile.flash[1:],
        ),
        *start_sound(),
    )
