"""Makes systemd/udev/60-counterbell.rules from the table of modems: `counterbell udev-rules`."""

from collections.abc import Iterable

from appliance.doctor.known_modems import KNOWN_MODEMS, SHARED_SERIALS, KnownModem

FOLDER = "counterbell"  # below /dev

_HEAD = """\
# Names of modems that stay the same, and no other program at them. Made by
# 'counterbell udev-rules' from appliance/doctor/known_modems.py: edit that.
#
#   sudo cp 60-counterbell.rules /etc/udev/rules.d/
#   sudo udevadm control --reload && sudo udevadm trigger
#
# /dev/counterbell/WHAT-SOCKET-ROLE   by the USB socket: SOCKET is udev's ID_PATH_TAG
# /dev/counterbell/WHAT-SERIAL-ROLE   by the serial number, of modems that have one of their own

ACTION=="remove", GOTO="counterbell_end"
"""
_DEVICES = """
# The whole device: ModemManager leaves it alone, and it is never put to sleep.
SUBSYSTEM!="usb", GOTO="counterbell_ports"
ENV{DEVTYPE}!="usb_device", GOTO="counterbell_end"
"""
_PORTS = """
# Each of its serial ports.
LABEL="counterbell_ports"
SUBSYSTEM!="tty", GOTO="counterbell_end"
KERNEL!="ttyUSB[0-9]*|ttyACM[0-9]*", GOTO="counterbell_end"
SUBSYSTEMS=="usb", IMPORT{builtin}="usb_id"
IMPORT{builtin}="path_id"
ENV{ID_VENDOR_ID}=="", GOTO="counterbell_end"
"""
_NAMES = """
ENV{.COUNTERBELL_WHAT}=="", GOTO="counterbell_end"
ENV{.COUNTERBELL_ROLE}=="", ENV{.COUNTERBELL_ROLE}="if$env{ID_USB_INTERFACE_NUM}"
ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_PORT_IGNORE}="1", GROUP="dialout", MODE="0660"
ENV{ID_PATH_TAG}=="?*", SYMLINK+="%s/$env{.COUNTERBELL_WHAT}-$env{ID_PATH_TAG}-$env{.COUNTERBELL_ROLE}"
ENV{ID_SERIAL_SHORT}=="", GOTO="counterbell_end"
ENV{ID_SERIAL_SHORT}=="%s", GOTO="counterbell_end"
SYMLINK+="%s/$env{.COUNTERBELL_WHAT}-$env{ID_SERIAL_SHORT}-$env{.COUNTERBELL_ROLE}"
"""  # noqa: E501 - one rule is one line
_TAIL = '\nLABEL="counterbell_end"\n'


def rules_text(modems: Iterable[KnownModem] = KNOWN_MODEMS) -> str:
    """The whole rules file; ASCII, ends with a line end."""
    modems = tuple(modems)
    parts = [_HEAD, _DEVICES]
    parts += [_device_rule(modem) for modem in modems]
    parts += ['GOTO="counterbell_end"\n', _PORTS]
    parts += [_port_rules(modem) for modem in modems]
    parts += [_NAMES % (FOLDER, "|".join(SHARED_SERIALS), FOLDER), _TAIL]
    return "".join(parts)


def _device_rule(modem: KnownModem) -> str:
    return (
        f'ATTR{{idVendor}}=="{modem.vendor}", ATTR{{idProduct}}=="{modem.product}", '
        'ENV{ID_MM_DEVICE_IGNORE}="1", TEST=="power/control", ATTR{power/control}="on"\n'
    )


def _port_rules(modem: KnownModem) -> str:
    this = f'ENV{{ID_VENDOR_ID}}=="{modem.vendor}", ENV{{ID_MODEL_ID}}=="{modem.product}"'
    rules = [f"# {modem.title}\n", f'{this}, ENV{{.COUNTERBELL_WHAT}}="{modem.name}"\n']
    rules += [
        f'{this}, ENV{{ID_USB_INTERFACE_NUM}}=="{number:02x}", ENV{{.COUNTERBELL_ROLE}}="{role}"\n'
        for number, role in sorted(modem.roles.items())
    ]
    return "".join(rules)
