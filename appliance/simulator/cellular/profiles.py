"""What tells one model of cellular modem from another. Data only; sources beside the values."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class CellularProfile:
    """One model.

    ``boot``: (seconds after its port is there, line) of what it says by itself. ``usb_up_s``: from
    power to its port, (least, most); (0, 0): a UART, whose port stays while the modem is off.
    ``on_press_s``, ``off_press_s``: least length of a press of the power key.
    ``power_off``: command → what it says besides OK. ``resets``: commands that restart it.
    ``audio``: its ways for sound, the usual one first. ``pcm``: how serial PCM is switched on:
    qpcmv, cpcmreg or "". ``wide_by_default``: VoLTE calls at 16 kHz unless told otherwise.
    ``begin``, ``end``, ``missed``: what it says of calls besides 27.007's words; "" nothing.
    ``answers_late``: (least, most) seconds from ATA or from the dialling's OK to its effect.
    ``connected_at_ringback``: the network (CSFB) says "connected" when the far telephone rings.
    ``says_busy``: BUSY and NO ANSWER, where others say NO CARRIER alone.
    ``call_list_notice``: AT+CLCC=1 is known. ``dsci``: AT^DSCI=1 is known.
    ``digit_switch``, ``digit_report``: how DTMF is asked for and reported ({key}, {code}).
    ``memories``: name → places; ``first_index``: of the first. ``full``: said when it is full.
    ``card_number``, ``tries``: (command, answer) for the ICCID, and for how
    many tries of PIN and PUK are left. ``settings``: further ones it takes, with
    their values. ``refuses``: command → its answer.
    """

    name: str
    manufacturer: str
    model: str
    revision: str
    imei: str
    audio: tuple[str, ...]
    boot: tuple[tuple[float, str], ...]
    usb_up_s: tuple[float, float]
    on_press_s: float
    off_press_s: float
    digit_switch: str
    digit_report: str
    memories: dict[str, int]
    card_number: tuple[str, str]
    power_off: dict[str, str]
    tries: tuple[str, str]
    resets: tuple[str, ...] = ()
    pcm: str = ""
    wide_by_default: bool = False
    begin: str = ""
    end: str = ""
    missed: str = ""
    answers_late: tuple[float, float] = (0.05, 0.4)
    connected_at_ringback: bool = False
    says_busy: bool = True
    call_list_notice: bool = False
    dsci: bool = False
    caller_id: str = '+CLIP: "{number}",{kind},,,,{validity}'
    cause: str = "+CEER: {text}"
    first_index: int = 0
    full: str = ""
    default_memory: str = "ME"
    settings: dict[str, str] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)


_QUECTEL_SETTINGS = {
    "+CSCS": "GSM",
    "+QCFG": "",
    "+QGPSCFG": "",
    "+QDAI": "1",
    "+QURCCFG": '"urcport","usbat"',
    "+QINDCFG": "",
    "+QEEC": "",
    "+QMIC": "20577",
    "+QRXGAIN": "20577",
    "+QLDTMF": "",
    "+QSIMSTAT": "0",
}
_SIMCOM_SETTINGS = {
    "+CPCMFRM": "0",
    "+CPCMBANDWIDTH": "0,0",
    "+CNMP": "2",
    "+CSDVC": "1",
    "+CMICGAIN": "4",
    "+COUTGAIN": "4",
    "+CECM": "1",
    "+CVOC": "",
    "+CEMODE": "2",
    "+CGPS": "0",
}

EC25 = CellularProfile(
    name="ec25",
    manufacturer="Quectel",
    model="EC25",
    revision="EC25EFAR06A06M4G",
    imei="861107030000017",
    audio=("usb_sound", "serial_pcm"),
    boot=(
        (0.2, "RDY"),
        (0.6, "+CFUN: 1"),
        (1.5, "+CPIN: READY"),
        (2.5, "+QUSIM: 1"),
        (4.0, "+QIND: SMS DONE"),
        (5.0, "+QIND: PB DONE"),
    ),
    usb_up_s=(10.0, 14.0),
    on_press_s=0.1,
    off_press_s=0.65,
    digit_switch="+QTONEDET",
    digit_report="+QTONEDET: {code}",
    memories={"SM": 20, "ME": 40, "MT": 60},
    card_number=("+QCCID", "+QCCID: {iccid}"),
    power_off={"+QPOWD": "POWERED DOWN"},
    tries=("+QPINC", '+QPINC: "SC",{pin},{puk}'),
    pcm="qpcmv",
    dsci=True,
    full='+QIND: "smsfull","{memory}"',
    settings=_QUECTEL_SETTINGS,
)

EG25 = replace(
    EC25,
    name="eg25",
    model="EG25",
    revision="EG25GGBR07A08M2G",
    imei="867648040000013",
    on_press_s=0.5,
)

SIM7600 = CellularProfile(
    name="sim7600",
    manufacturer="SIMCOM INCORPORATED",
    model="SIMCOM_SIM7600G-H",
    revision="LE20B04SIM7600G22",
    imei="868822040000012",
    audio=("serial_pcm",),
    boot=(
        (0.2, "RDY"),
        (0.7, "+CPIN: READY"),
        (2.0, "SMS DONE"),
        (4.0, "PB DONE"),
    ),
    usb_up_s=(8.0, 16.0),
    on_press_s=0.1,
    off_press_s=2.5,
    digit_switch="+DDET",
    digit_report="+RXDTMF: {key}",
    memories={"SM": 20, "ME": 23},
    card_number=("+CICCID", "+ICCID: {iccid}"),
    power_off={"+CPOF": ""},
    tries=("+SPIC", "+SPIC: {pin},{puk},3,10"),
    resets=("+CRESET",),
    pcm="cpcmreg",
    wide_by_default=True,
    begin="VOICE CALL: BEGIN",
    end="VOICE CALL: END: {seconds:06d}",
    missed="MISSED_CALL: {time} {number}",
    call_list_notice=True,
    caller_id='+CLIP: "{number}",{kind},"",0,"",{validity}',
    cause="+CEER: {text}",
    full="+SMS FULL",
    settings=_SIMCOM_SETTINGS,
    refuses={"+CMUT?": "COMMAND NOT SUPPORT", "+CEMODE?": "COMMAND NOT SUPPORT"},
)

# Field notes of a CSFB network: +CLCC 0, BEGIN and +COLP come at ringback; BUSY never comes.
A7672 = CellularProfile(
    name="a7672",
    manufacturer="INCORPORATED",
    model="A7672SA-FASE",
    revision="A131B04A7672M7_F",
    imei="860470060000015",
    audio=("sound_card",),
    boot=((0.3, "*ATREADY: 1"), (0.8, "+CPIN: READY"), (2.5, "SMS DONE"), (4.0, "PB DONE")),
    usb_up_s=(6.0, 10.0),
    on_press_s=0.05,
    off_press_s=2.5,
    digit_switch="+DDET",
    digit_report="+RXDTMF: {key}",
    memories={"SM": 20, "ME": 50},
    card_number=("+CICCID", "+ICCID: {iccid}"),
    power_off={"+CPOF": ""},
    tries=("+SPIC", "+SPIC: {pin},{puk},3,10"),
    resets=("+CRESET",),
    begin="VOICE CALL: BEGIN",
    end="VOICE CALL: END:{seconds:06d}",
    missed="MISSED_CALL: {time} {number}",
    connected_at_ringback=True,
    says_busy=False,
    call_list_notice=True,
    caller_id='+CLIP: "{number}",{kind},,,,{validity}',
    full="+SMS FULL",
    settings=_SIMCOM_SETTINGS,
    refuses={"+QPCMV=?": "ERROR"},
)

A7670 = replace(
    A7672,
    name="a7670",
    model="A7670E-LASE",
    revision="A011B07A7670M7_F",
    imei="862636050000018",
    refuses={},
)

# SIM800 AT manual 1.09: chapters 6 (SIMCom's own) and 16 (DTMF).
SIM800 = CellularProfile(
    name="sim800",
    manufacturer="SIMCOM_Ltd",
    model="SIMCOM_SIM800C",
    revision="Revision:1418B06SIM800C24",
    imei="866782040000011",
    audio=("sound_card",),
    boot=(
        (0.0, "RDY"),
        (0.1, "+CFUN: 1"),
        (0.6, "+CPIN: READY"),
        (3.0, "Call Ready"),
        (3.5, "SMS Ready"),
    ),
    usb_up_s=(0.0, 0.0),
    on_press_s=1.0,
    off_press_s=1.0,
    digit_switch="+DDET",
    digit_report="+DTMF: {key}",
    memories={"SM": 10, "ME": 5},
    card_number=("+CCID", "{iccid}"),
    power_off={"+CPOWD": "NORMAL POWER DOWN"},
    tries=("+SPIC", "+SPIC: {pin},{puk},3,10"),
    caller_id='+CLIP: "{number}",{kind},"",0,"",{validity}',
    cause="+CEER: 0,{cause},{text}",
    first_index=1,
    full="+CMS ERROR: 322",
    default_memory="SM",
    call_list_notice=True,
    settings={"+CHFA": "0", "+CLVL": "60", "+CMIC": "0,6", "+ECHO": "", "+CEXTERNTONE": "0"},
)

PROFILES = {each.name: each for each in (EC25, EG25, SIM7600, A7670, A7672, SIM800)}
