"""The AT dialogues of a voice modem line, as lists of commands made from its profile."""

from appliance.lines.voice_modem.profiles import T35_COUNTRY, Levels, ModemProfile
from appliance.modem.at import RESET_S, SEIZE_S, Command, Result

# A stray ERROR to the resync bytes may still be on its way: the retries wait until it is through.
_AWAKE = Command(
    "AT", timeout_s=1.0, alternatives=("ATQ0V1", "AT", "AT"), retry_pause_s=0.2, pause_s=0.05
)
END_OF_STREAM = Command(  # the OK that follows the end mark; some firmware leaves it out
    "",
    good=("OK", "VCON", "NO CARRIER", "ERROR"),
    timeout_s=0.6,
    required=False,
    may_time_out=True,
)
# On-hook from command mode (ITU-T V.250 6.3.6); CR ends what went before.
FAREWELL = b"\rATH\r"
ALIVE = (Command("AT", alternatives=("AT",), retry_pause_s=0.5),)


def optional(text: str, alternatives: tuple[str, ...] = ()) -> Command:
    """A setting that some firmware lacks."""
    return Command(text, required=False, alternatives=alternatives)


def first_of(texts: tuple[str, ...]) -> Command:
    """The first of several spellings that is accepted; none is no failure."""
    return optional(texts[0], texts[1:])


def wake() -> tuple[Command, ...]:
    """From any state to a reset modem, on-hook, that answers in words; ends with ATI0."""
    return (
        _AWAKE,
        Command("ATZ", timeout_s=RESET_S, required=False, pause_s=0.1),
        Command("ATV1", alternatives=("ATQ0V1",)),
        optional("ATE0"),
        optional("ATH"),
        optional("ATI0"),
    )


def identify() -> tuple[Command, ...]:
    """What ATI0 left open."""
    return tuple(optional(text) for text in ("ATI3", "AT+GMI", "AT+GMM"))


def probe() -> tuple[Command, ...]:
    """What else an unknown modem says of itself. No answer here decides anything but words."""
    return tuple(optional(text) for text in ("AT+GMR", "AT+FCLASS=?"))


def initialise(
    profile: ModemProfile, country: str, *, distinctive_ring: bool = False, ask_routes: bool = False
) -> tuple[Command, ...]:
    """Idle in class 0, where RING and caller ID are plain text; asks for the formats in class 8."""
    t35 = T35_COUNTRY.get(country.upper())
    rhythm = profile.ring_rhythm if distinctive_ring else profile.no_ring_rhythm
    return (
        *((optional(f"AT+GCI={t35}"),) if t35 else ()),
        *((first_of(profile.flow_control),) if profile.flow_control else ()),
        Command("ATS0=0"),
        Command("AT+FCLASS=8"),
        optional("AT+VSM=?"),
        *((optional("AT+VLS=?"),) if ask_routes else ()),
        Command("AT+FCLASS=0"),
        *(optional(text) for text in profile.extras),
        first_of(rhythm),
        first_of(profile.caller_id_on),
    )


def into_voice(profile: ModemProfile, ulaw_id: int, levels: Levels) -> tuple[Command, ...]:
    """Class 8, still on-hook. Some modems forget settings outside class 8: all are sent."""
    vsm = tuple("AT+VSM=" + form.format(id=ulaw_id) for form in profile.ulaw_forms)
    return (
        Command("AT+FCLASS=8"),
        optional("AT+VIT=0"),
        first_of(profile.silence_off),
        optional(f"AT+VGT={profile.transmit_gain.value(levels.transmit_db)}"),
        optional(f"AT+VGR={profile.receive_gain.value(levels.receive_db)}"),
        Command(vsm[0], alternatives=vsm[1:]),
    )


def start_sound() -> tuple[Command, ...]:
    """Off-hook, or still off-hook, and into duplex sound."""
    return (
        Command("AT+VLS=1", good=("OK", "VCON"), timeout_s=SEIZE_S),
        Command("AT+VTR", good=("CONNECT",), timeout_s=SEIZE_S),
    )


def answer(profile: ModemProfile, ulaw_id: int, levels: Levels) -> tuple[Command, ...]:
    """Off-hook and into duplex sound."""
    return (*into_voice(profile, ulaw_id, levels), *start_sound())


def has_hung_up(result: Result) -> bool:
    """Whether this command of release() has put the line on-hook."""
    return result.ok and result.text in ("AT+VLS=0", "ATH", "ATH0")


def release(profile: ModemProfile) -> tuple[Command, ...]:
    """On-hook and back to class 0, with caller ID on for the next caller."""
    return (
        optional("AT+VLS=0"),
        Command("ATH", good=("OK", "NO CARRIER"), alternatives=("ATH0",)),
        Command("AT+FCLASS=0"),
        first_of(profile.caller_id_on),
    )


_CALLER_GONE = ("NO CARRIER", "BUSY", "NO DIALTONE", "NO ANSWER")
_HOPELESS = {
    "AT+FCLASS=8": "this is no voice modem",
    "AT+VSM=": "the modem refuses µ-law sound",
    "AT+VTR": "the modem can't send and receive sound at once",
}


def caller_gone(result: Result) -> bool:
    """Whether an answer failed only because nobody was there any more."""
    return result.final in _CALLER_GONE


def failure(result: Result) -> tuple[str, bool]:
    """Why a dialogue failed, in a sentence for the owner, and whether a person must help."""
    command, final, text = result.command.text, result.final, result.text
    if result.timed_out and command == "AT+VTR":
        return "the modem says it is a voice modem but never connects its sound (AT+VTR)", False
    if result.timed_out:
        return f"the modem does not answer {text}", False
    for prefix, reason in _HOPELESS.items():
        if command.startswith(prefix):
            return f"{reason}: it answers {final} to {text}", True
    if command == "AT":
        return f"the modem answers {final} to AT", True
    return f"the modem answers {final} to {text}", False
