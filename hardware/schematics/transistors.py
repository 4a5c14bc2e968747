"""ngspice models of the small MOSFETs that switch with a GPIO, and where a deck puts them."""

from hardware.schematics.tools.spice import Deck

AO3400A_THRESHOLD_V = (0.65, 1.45)  # Alpha & Omega's data sheet, least and most
BSS84_THRESHOLD_V = (0.8, 2.0)  # onsemi's


def put(deck: Deck, refs: str, of_threshold: float) -> None:
    """Each transistor of ``refs``; ``of_threshold``: 0 the least, 1 the most that is promised."""
    for ref in refs.split():
        gate, drain, source = (deck.node(f"{ref}.{pin}") for pin in "132")
        kind = deck.board.parts[ref].value.lower()
        deck.add(f"M{ref} {drain} {gate} {source} {kind}")
    low, high = AO3400A_THRESHOLD_V
    p_low, p_high = BSS84_THRESHOLD_V
    deck.add(
        f".model ao3400a vdmos(nchan vto={low + of_threshold * (high - low):g} kp=30 rs=5m rd=10m "
        "cgdmax=0.15n cgdmin=50p cgs=0.6n cjo=0.1n is=1e-12 ksubthres=0.08)",
        f".model bss84 vdmos(pchan vto={-p_low - of_threshold * (p_high - p_low):g} kp=0.2 rs=1 "
        "rd=2 cgdmax=20p cgdmin=4p cgs=20p cjo=20p is=1e-12)",
    )


def put_switch(deck: Deck, ref: str) -> None:
    """2N7002 where only on and off count: off below 1 V, 5 ohms above 2.5 V."""
    gate, source, drain = (deck.node(f"{ref}.{pin}") for pin in "123")
    deck.add(f"B{ref} {drain} {source} i=v({drain},{source})*0.1*(1+tanh(4*(v({gate})-1.75)))",
             f"R{ref}g {gate} {source} 1g")  # fmt: skip
