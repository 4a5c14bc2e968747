"""Sheet 5: the I2S codec and the quiet supplies."""

from hardware.schematics.tools.sheet import Sheet

_LEFT = {"4": "I2S_OUT", "5": "I2S_FS", "6": "I2S_IN", "7": "I2S_FS", "3": "I2S_CLK",
         "23": "SDA", "24": "SCL"}  # fmt: skip


def draw(s: Sheet) -> None:
    s.note(14, 12, "CODEC AND SUPPLIES", 2.54)
    s.part("U501", 110, 60, side="below", dx=14, dy=0.5)
    for pin, net in _LEFT.items():
        x, y = s.place(f"U501.{pin}")
        s.wire((x, y), (x - 8, y))
        s.net(net, (x - 8, y), 180)
    s.wire("U501.22", (90, 62), (90, 66))
    s.wire("U501.21", (90, 64))
    s.power("GND", (90, 66))
    s.open("U501.2", "U501.9", "U501.10", "U501.13", "U501.17", "U501.18")
    _crystal(s)
    _analog(s)
    _chip_supply(s)
    _quiet_supplies(s)
    s.note(84, 96, _NOTE)


def _crystal(s: Sheet) -> None:
    s.part("Y501", 84, 71, turn=270, side="left")
    s.wire("U501.25", (88, 70), (88, 68), "Y501.1")
    s.wire("U501.26", (88, 72), (88, 74), "Y501.2")
    s.part("C501", 68, 68, turn=270)
    s.part("C502", 68, 74, turn=270, side="below")
    s.wire("Y501.1", "C501.1")
    s.wire("Y501.2", "C502.1")
    s.wire("C501.2", (62, 68), (62, 78))
    s.wire("C502.2", (62, 74))
    s.power("GND", (62, 78))


def _analog(s: Sheet) -> None:
    s.wire("U501.12", (134, 54))
    s.net("TX", (134, 54))
    s.wire("U501.20", (134, 60))
    s.net("RX", (134, 60))
    s.part("C510", 146, 67)
    s.wire("U501.19", (146, 62), "C510.1")
    s.power("GND", "C510.2")
    s.part("C503", 134, 79)
    s.wire("U501.16", (134, 74), "C503.1")
    s.power("GND", "C503.2")


def _chip_supply(s: Sheet) -> None:
    for pin in ("27", "1"):
        x, y = s.place(f"U501.{pin}")
        s.wire((x, y), (x, 32))
    s.wire((84, 32), (108, 32))
    s.power("+3V3", (100, 32))
    for ref, x in (("C506", 84), ("C507", 93)):
        s.part(ref, x, 36)
        s.wire((x, 32), f"{ref}.1")
        s.power("GND", f"{ref}.2")
    for pin in ("14", "8"):
        x, y = s.place(f"U501.{pin}")
        s.wire((x, y), (x, 32))
    s.wire((112, 32), (144, 32))
    s.power("+3.3VA", (119, 32))
    for ref, x in (("C504", 124), ("C505", 134), ("C508", 144)):
        s.part(ref, x, 36)
        s.wire((x, 32), f"{ref}.1")
        s.power("GND", f"{ref}.2")
    for pin in ("28", "15", "11"):
        x, y = s.place(f"U501.{pin}")
        s.wire((x, y), (x, 82))
    s.wire((106, 82), (114, 82))
    s.power("GND", (106, 82))


def _quiet_supplies(s: Sheet) -> None:
    for ref, y, raw, quiet in (("FB501", 104, "+3V3", "+3.3VA"), ("FB502", 120, "+5V", "+5VA")):
        s.part(ref, 34, y, turn=90)
        s.wire((26, y), f"{ref}.1")
        s.power(raw, (26, y))
        s.wire(f"{ref}.2", (56, y))
        s.power(quiet, (46, y))
        s.power("PWR_FLAG", (56, y))
    s.part("C509", 46, 125)
    s.wire((46, 120), "C509.1")
    s.power("GND", "C509.2")
    s.note(18, 92, "Quiet supplies of the sound's parts")


_NOTE = """
The codec is master of the I2S bus: 12.288 MHz / 1536 = 8 kHz, exactly as good as Y501.
Raspberry Pi OS brings its driver: dtparam=i2s=on and dtoverlay=rpi-proto in /boot/firmware/config.txt, sound card
"snd_rpi_proto". Address 0x1A on I2C 1 (CSB and MODE low).

Left channel only: LOUT sends (TX), LLINEIN receives (RX); set the card's line input on, microphone and sidetone off.
Put FB501, FB502 and T401 away from the Pi's switching regulator. One ground plane, no slits.
"""
