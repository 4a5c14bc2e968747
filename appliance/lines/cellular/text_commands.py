"""The AT dialogues of short messages and service codes (3GPP TS 27.005, 27.007 7.15)."""

from appliance.modem.at import Command

MEMORIES = ("ME", "SM")  # the modem's, which is larger, and the SIM's
ANSWER_S = 60.0  # of the network, to a service code
_DELETE_S = 25.0  # vendors' longest; a SIM writes slowly
_LIST_S = 30.0  # 255 messages of 400 characters at 115,200 baud take 9 s


def set_up() -> tuple[Command, ...]:
    """PDU mode; reports that need no receipt (27.005 3.4.1); which memories there are."""
    return (_quiet("AT+CMGF=0"), _quiet("AT+CSMS=0", "+CSMS:"), _quiet("AT+CPMS=?", "+CPMS:"))


def set_store(main: str) -> tuple[Command, ...]:
    """Keep what comes in ``main`` and tell of it; status reports are told whole, where possible."""
    stores = dict.fromkeys(f'AT+CPMS="{m}","{m}","{m}"' for m in (main, *MEMORIES))
    notices = ("AT+CNMI=2,1,0,2,0", "AT+CNMI=2,1,0,0,0", "AT+CNMI=2,1", "AT+CNMI=1,1,0,0,0")
    first, *others = stores
    return (
        _quiet(first, "+CPMS:", alternatives=tuple(others)),
        _quiet("AT+CNMI=2,1,0,1,0", alternatives=notices),
    )


def select(memory: str) -> Command:
    """The memory to read and delete from; tells how full it is."""
    return _quiet(f'AT+CPMS="{memory}"', "+CPMS:")


LIST = Command(
    "AT+CMGL=4",
    timeout_s=_LIST_S,
    required=False,
    may_time_out=True,
    prefixes=("+CMGL:", ""),
    takes_call_results=False,
)


def read(index: int) -> Command:
    """One place of the selected memory (27.005 4.3)."""
    return _quiet(f"AT+CMGR={index}", "+CMGR:", "")


def delete(index: int) -> Command:
    """From the selected memory."""
    return _quiet(f"AT+CMGD={index}", timeout_s=_DELETE_S)


# Which places of the selected memory are taken (27.005 3.5.4).
PLACES = Command(
    "AT+CMGD=?",
    required=False,
    may_time_out=True,
    prefixes=("+CMGD:",),
    takes_call_results=False,
)


def ask(said: str) -> Command:
    """``said``: a service code of digits, * and #, or its packed form in hex."""
    return _quiet(f'AT+CUSD=1,"{said}",15', timeout_s=ANSWER_S)


CANCEL = Command(
    "AT+CUSD=2", required=False, may_time_out=True, prefixes=(), takes_call_results=False
)


def _quiet(
    text: str, *prefixes: str, timeout_s: float = 5.0, alternatives: tuple[str, ...] = ()
) -> Command:
    """A command whose failure is looked at, and fails no script."""
    return Command(
        text,
        timeout_s=timeout_s,
        required=False,
        may_time_out=True,
        prefixes=prefixes,
        takes_call_results=False,
        alternatives=alternatives,
    )
