"""Sheet 4: the handset's sound."""

from hardware.schematics.tools.sheet import Sheet


def draw(s: Sheet) -> None:
    s.note(14, 12, "HANDSET SOUND", 2.54)
    s.part("J402", 40, 44, side="below", dx=-2, dy=1)
    s.wire("J402.S", (52, 42))
    s.net("SOUND_GND", (52, 42))
    s.open("J402.R")
    s.part("R401", 64, 46, turn=90)
    s.wire("J402.T", "R401.1")
    s.wire("R401.2", (104, 46))
    s.net("EAR_P", (104, 46))
    s.part("D401", 78, 53, turn=90)
    s.part("D402", 94, 53, turn=270)
    s.wire((78, 46), "D401.2")
    s.wire((94, 46), "D402.1")
    s.wire("D401.1", (78, 61), (94, 61), "D402.2")
    s.wire((94, 61), (104, 61))
    s.net("SOUND_GND", (104, 61))
    s.part("J403", 40, 78, side="below", dx=-2, dy=1)
    s.wire("J403.S", (52, 76))
    s.net("SOUND_GND", (52, 76))
    s.part("FB401", 74, 80, turn=90)
    s.wire("J403.T", "FB401.1")
    s.wire("J403.R", (48, 78), (48, 80))
    s.wire("FB401.2", (104, 80))
    s.net("MIC_P", (104, 80))
    s.part("C401", 90, 87)
    s.wire((90, 80), "C401.1")
    s.wire("C401.2", (90, 94))
    s.part("FB402", 74, 94, turn=90)
    s.wire((60, 94), "FB402.1")
    s.net("SOUND_GND", (60, 94), 180)
    s.wire("FB402.2", (104, 94))
    s.net("MIC_M", (104, 94))
    s.part("J401", 160, 62, mirror="y", side="above", dy=-1)
    for pin in ("4", "3", "2", "1"):
        x, y = s.place(f"J401.{pin}")
        s.wire((x, y), (x - 8, y))
        s.net(s.board.net_of(f"J401.{pin}"), (x - 8, y), 180)
    s.note(24, 106, _NOTE)


_NOTE = """
Two ordinary 3.5 mm cables join this to a USB sound stick. The stick feeds the microphone (about 2 V through 2 kilohms).

J401 as most makers wire it: 1 and 4 the microphone, 2 and 3 the ear. Open the handset and check.
Microphone: an electret capsule, + to J401.4. A carbon microphone of an old telephone does not work: put an electret capsule
in its place. Ear: any dynamic capsule of 32 to 300 ohms. An old one of 150 ohms is right as it is.
D401, D402 cut everything above 0.7 V at the ear: no click from the stick can hurt.

SOUND_GND is the stick's ground and joins the Pi's inside the stick only: do not join it here, it would hum.
"""
