"""The AT dialogues of a cellular line, as lists of commands (3GPP TS 27.007, ITU-T V.250)."""

import re
from collections.abc import Iterable

from appliance.lines.cellular.profiles import CellularProfile, SoundPath
from appliance.modem.at import Command, Result
from appliance.modem.mobile_identity import is_unexplained

AUTOBAUD_TRIES = 10
AUTOBAUD_S = 0.3
DIAL_S = 60.0  # 27.007 6.2: OK may come only when the call is connected
ANSWER_S = 10.0
SLOW_S = 5.0  # what asks the SIM or the network


def ask(
    text: str,
    *prefixes: str,
    timeout_s: float = SLOW_S,
    alternatives: tuple[str, ...] = (),
) -> Command:
    """A command whose failure, or silence, fails nothing. ``prefixes``: of its answer's lines."""
    return Command(
        text,
        timeout_s=timeout_s,
        required=False,
        may_time_out=True,
        alternatives=alternatives,
        prefixes=prefixes,
        takes_call_results=False,
    )


def first_of(texts: tuple[str, ...], *prefixes: str) -> tuple[Command, ...]:
    """One command that tries ``texts`` in turn; nothing where there are none."""
    return (ask(texts[0], *prefixes, alternatives=texts[1:]),) if texts else ()


CALLS = ask("AT+CLCC", "+CLCC:", timeout_s=3.0)
SIM = ask("AT+CPIN?", "+CPIN:")
SETTINGS = ask("AT+CRC?", "+CRC:", timeout_s=2.0)  # unlike AT+CLIP?, asks no network
CAUSE = ask("AT+CEER", "+CEER:", timeout_s=2.0)
REJECT_WAITING = ask("AT+CHLD=0")
ALIVE = ask("AT")


def knock() -> tuple[Command, ...]:
    """Until it answers anything, in its own time: let what it still says pass after that."""
    again = ("AT",) * (AUTOBAUD_TRIES - 1)
    first = Command(
        "AT", timeout_s=AUTOBAUD_S, alternatives=again, prefixes=(), takes_call_results=False
    )
    return (first,)


def wake() -> tuple[Command, ...]:
    """To a modem that answers in words, without echo and with numbered errors."""
    return (ask("ATE0"), ask("ATV1"), ask("AT+CMEE=1"))


def identify() -> tuple[Command, ...]:
    """Model (+CGMM), ATI, maker, firmware, IMEI; in this order."""
    return tuple(
        ask(text, "", f"{text[2:]}:")
        for text in ("AT+CGMM", "ATI", "AT+CGMI", "AT+CGMR", "AT+CGSN")
    )


def sim_identity(profile: CellularProfile) -> tuple[Command, ...]:
    """The ICCID; a modem of some families tells it while the SIM is locked."""
    return first_of(profile.iccid, "", "+CCID:", "+QCCID:", "+ICCID:", "+CICCID:")


def pin_tries(profile: CellularProfile) -> tuple[Command, ...]:
    return first_of(profile.tries_left, "+CPINR:", "+SPIC:", "+QPINC:")


def give_pin(pin: str) -> Command:
    """``pin``: 4 to 8 digits, checked by the settings."""
    return ask(f'AT+CPIN="{pin}"', "+CPIN:", timeout_s=15.0)


def initialise(profile: CellularProfile) -> tuple[Command, ...]:
    """Everything a start needs; older modems lack some of it. Ends with the list of calls."""
    texts = (
        "AT+CREG=2",
        "AT+CEREG=2",
        "ATS0=0",
        "AT+CVHU=0",
        "AT+CLIP=1",
        "AT+CRC=1",
        "AT+CLIR=0",
        "AT+COLP=0",
        "AT+CSSN=1,1",
        "AT+CCWA=1,1,1",
        "AT+CTZU=1",
        'AT+CSCS="IRA"',  # names as they read; a modem may have kept UCS2 from its last host
        "AT+COPS=3,0",
        *profile.extras,
        *((profile.hears_keys,) if profile.hears_keys else ()),
    )
    return (*(ask(text) for text in texts), *sim_identity(profile), CALLS)


def service() -> tuple[Command, ...]:
    """Registration, signal, operator; and whether our settings are still in force."""
    return (
        ask("AT+CREG?", "+CREG:"),
        ask("AT+CEREG?", "+CEREG:"),
        ask("AT+CSQ", "+CSQ:"),
        ask("AT+COPS?", "+COPS:"),
        ask("AT+CLIP?", "+CLIP:"),
    )


def nothing_works(results: Iterable[Result]) -> bool:
    """Whether all was refused without a reason: a healthy modem carries out some of service()."""
    return not any(result.ok or not is_unexplained(result.error_code) for result in results)


def settings_lost(result: Result) -> bool:
    """Whether an answer to AT+CLIP? or AT+CRC? (27.007 7.6, 7.11) says that the modem restarted
    unseen: both are 1 from `initialise` on, and 0 after a start.
    """
    asked = result.text in ("AT+CLIP?", SETTINGS.text)
    return asked and any(re.match(r"\+C(LIP|RC): ?0", line) for line in result.lines)


def look(in_doubt: bool) -> tuple[Command, ...]:
    """The list of calls. ``in_doubt``: a modem that was silent lists none: has it restarted?"""
    return (CALLS, SETTINGS) if in_doubt else (CALLS,)


def hang_up(path: SoundPath) -> tuple[Command, ...]:
    """Every call but the one that rings; the end of its sound; the list of what is left."""
    return (
        ask("AT+CHUP", alternatives=("ATH",)),
        *first_of(path.after_call),
        CALLS,
    )


def after_call(path: SoundPath) -> tuple[Command, ...]:
    """The far end has hung up: a hang-up of ours would only hit who calls at this moment."""
    return (*first_of(path.after_call), CALLS)


def hang_up_one(index: int, path: SoundPath) -> tuple[Command, ...]:
    """One call of several (27.007 7.13): a second caller who waits is kept.

    There is no other way: +CHUP would send that caller away too where the first is gone already.
    """
    return (
        ask(f"AT+CHLD=1{index}"),
        *first_of(path.after_call),
        CALLS,
    )


def answer(path: SoundPath) -> tuple[Command, ...]:
    return (
        *(ask(text) for text in path.before_call),
        Command("ATA", timeout_s=ANSWER_S, prefixes=()),
    )


def dial(number: str, path: SoundPath) -> tuple[Command, ...]:
    """``number``: cleaned. The ``;`` makes it a voice call."""
    return (
        *(ask(text) for text in path.before_call),
        Command(f"ATD{number};", timeout_s=DIAL_S, prefixes=()),
    )


def send_digit(digit: str) -> Command:
    """27.007 C.2.11."""
    return ask(f"AT+VTS={digit}")


def restart(profile: CellularProfile) -> tuple[Command, ...]:
    return first_of(profile.reset)


def failure(result: Result) -> str:
    """Why a required command failed, for the owner."""
    if result.timed_out:
        return f"the modem does not answer {result.text}"
    return f"the modem answers {result.error or result.final} to {result.text}"
