"""What stands on the line's side in every deck: the parts from the wall to the hybrid."""

from hardware.schematics.board_a.spec import BOARD
from hardware.schematics.tools.spice import Corner, Deck

PROTECTION = "F101 F102 D101 FB101 FB102 U101 R101 R102 C101"
RING_DETECTOR = "R201 R202 C201 D201 D202 D203 U201 R203 C202"
HOOK = "U301.1 U301.2 D301 D302 C302 C303 C304 R306 T401"
HOLD = "R301 R302 R303 R304 R305 C301 D303 Q301 Q302"
HYBRID = """D401 U401.1 U401.2 U401.3 U401.4 U402 U403 R401 R402 R403 R404 R405 R411 R412
    R413 R414 R415 R416 R417 R418 R419 R420 C401 C404 C405 C409 C410"""
BALANCE = {  # jumper of JP401: parts of the network
    "600": ("1 2", "R406"),
    "TBR21": ("3 4", "R407 R408 C402"),
    "AU": ("5 6", "R409 R410 C403"),
}
ON_HOOK = Corner()
OFF_HOOK = frozenset({"U301.1"})
CALLER_ID = frozenset({"U301.2", "U402.1"})
LEAK = "Rleak line_b 0 10meg"  # the board floats: a path for the solver
SECONDARY = ("Rhybrid hyb vref 600", "Rvref vref 0 1k")  # where a deck has no hybrid


def deck(parts: str, corner: Corner) -> Deck:
    made = Deck(BOARD, corner)
    made.parts(parts)
    made.add("V3 p3v3 0 3.3", LEAK)
    return made


def hybrid_deck(balance: str, corner: Corner) -> Deck:
    """The whole path of sound, the balance's jumper fitted; codec: 10 kohm at its input."""
    made = deck(f"{PROTECTION} {HOOK} {HOLD} {HYBRID}", corner)
    pins, network = BALANCE[balance]
    one, two = (made.node(f"JP401.{pin}") for pin in pins.split())
    made.parts(network)
    made.add(f"Rjumper {one} {two} 0.01", "V5 p5va 0 5", "Rcodec rx 0 10k")
    return made


def impedance(name: str, begin: str, end: str) -> list[str]:
    """The exchange's side as its standard writes it. TBR21: ES 203 021-2; AU: AS/CA S002."""
    middle = f"{begin}m"
    if name == "600":
        return [f"Rz1 {begin} {end} 600"]
    series, parallel, farads = {"TBR21": (270, 750, 150e-9), "AU": (220, 820, 120e-9)}[name]
    return [
        f"Rz1 {begin} {middle} {series}",
        f"Rz2 {middle} {end} {parallel}",
        f"Cz2 {middle} {end} {farads:g}",
    ]
