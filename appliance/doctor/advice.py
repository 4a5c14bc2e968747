"""From what is wrong to the next step: one sentence that a technician can follow."""

import re

_MODEM_MANAGER = (
    "run 'sudo systemctl disable --now ModemManager', or install the udev rules that "
    "'counterbell udev-rules' prints"
)
# The first pattern that occurs in a reason decides.
_STEPS: tuple[tuple[str, str], ...] = (
    (r"used by ModemManager|ModemManager", _MODEM_MANAGER),
    (r"used by another program", "run 'sudo counterbell doctor': as root it can name the program"),
    (r"used by (?P<who>[^:;]+)", "end {who}, which has the port open, then wait half a minute"),
    (
        r"only \d+ more PIN|refused another PIN",
        "put the SIM into a telephone, enter its PIN there and switch the PIN off",
    ),
    (
        r"PIN_REFUSED|wrong PIN|PIN (was|is) (wrong|refused)|incorrect password|refused the "
        r"configured PIN",
        "write the right PIN into the line's configuration (pin = \"...\"); it is not tried again "
        "by itself, as three wrong ones block the SIM",
    ),
    (
        r"SIM PIN\b|(needs|asks for) (its|a|the) PIN\b",
        "write the SIM's PIN into the line's configuration (pin = \"...\"), or put the SIM into a "
        "telephone and switch the PIN off",
    ),
    (
        r"PUK",
        "the SIM is blocked: put it into a telephone and enter the PUK from the operator's letter",
    ),
    (
        r"NOT INSERTED|no SIM|SIM (card )?(is )?(not inserted|missing|absent)",
        "switch the modem off, put the SIM in as drawn on its holder, switch the modem on",
    ),
    (r"SIM.*(FAILURE|WRONG|fail)", "take the SIM out, wipe its contacts, try it in a telephone"),
    (
        r"denied|not allowed on",
        "the operator refuses the SIM: ask the operator whether it is active and paid",
    ),
    (
        r"no network|not registered|not searching|searching|no service",
        "fit the antenna or move it to a window, and check with a telephone that there is service",
    ),
    (r"weak signal", "move the antenna higher or to a window, until the signal is above -93 dBm"),
    (
        r"does not exist|no such port|not plugged",
        "plug the modem in; if it is in, write one of the names that this report lists as port",
    ),
    (
        r"no permission",
        "add the daemon's user to the group: 'sudo usermod -aG dialout counterbell', then restart "
        "it with 'sudo systemctl restart counterbell-telephony'",
    ),
    (
        r"rules forbid|DevicePolicy",
        "run 'sudo systemctl restart counterbell-telephony', which allows the kinds of ports there "
        "are when it starts",
    ),
    (
        r"no sound: the sound card|brings no sound",
        "plug the sound card in; if it is, run 'counterbell sound-cards' and write the name that "
        "it has there as device",
    ),
    (
        r"port of sound",
        "check the modem's USB plug; if it is well, write the port of its samples as audio_port "
        "(docs/hardware.md)",
    ),
    (r"is not a (usable )?serial port", "write a serial port's name as port in the configuration"),
    (r"names another device", "wait a minute; if it stays, unplug the modem and plug it in again"),
    (
        r"unplugged|lost during|hung up|vanished|went away",
        "check the plug and the USB cable; a modem that vanishes by itself needs a USB hub with "
        "its own supply",
    ),
    (
        r"no µ-law|µ-law",
        "this modem can't serve a line: use one of those in docs/hardware.md",
    ),
    (
        r"no dial tone|NO DIALTONE|not connected to (a|the) line|no loop",
        "check with an ordinary telephone that the wall socket has a dial tone, then the line cord",
    ),
    (r"line chip", "take the HAT's power away for ten seconds; if it stays, the chip is broken"),
    (
        r"does not answer|did not answer|no answer|silent|keeps sending|ERROR to|timed? ?out",
        "take the modem's power away for ten seconds (unplug it), then plug it in again",
    ),
    (
        r"did it start this line",
        "restart the daemon: 'sudo systemctl restart counterbell-telephony', then see its log",
    ),
    (r"firmware|link version", "update the line card's firmware"),
    (r"line card|the HAT", "check that the HAT sits on all 40 pins and its overlay is loaded"),
    (r"sound card|sound engine|no sound system", "run 'counterbell sound-cards' and write one of "
     "its names as device"),
)  # fmt: skip
LAST_STEP = (
    "unplug it for ten seconds and plug it in again; if it stays, send the file that "
    "'counterbell doctor --bundle counterbell-support.tar.gz' writes"
)


def next_step(reason: str) -> str:
    """What to do about ``reason``, a driver's or our own sentence."""
    for pattern, step in _STEPS:
        found = re.search(pattern, reason, re.IGNORECASE)
        if found:
            return step.format(**found.groupdict())
    return LAST_STEP
