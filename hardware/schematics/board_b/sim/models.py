"""Models of parts that only board B has, as their data sheets promise."""

from hardware.schematics.tools.spice import Deck


def bridge(deck: Deck, ref: str) -> None:
    """MB4S, MB6S: pins 1 and 2 the wires, 3 plus, 4 minus."""
    one, two, plus, minus = (deck.node(f"{ref}.{pin}") for pin in "1234")
    for i, (a, k) in enumerate(((one, plus), (two, plus), (minus, one), (minus, two))):
        deck.add(f"D{ref}{i} {a} {k} rectifier")


def clamp_82v(deck: Deck, ref: str) -> None:
    """1.5SMC82A: 77.9 to 86.1 V at 1 mA, at most 113 V at 13.3 A: the worst of a lot."""
    anode, cathode = deck.node(f"{ref}.2"), deck.node(f"{ref}.1")
    ohms = (113 - 86.1) / 13.3
    deck.add(f"D{ref} {anode} {cathode} z{ref}",
             f".model z{ref} d(is=1e-14 rs={ohms:g} bv=86.1 ibv=1m cjo=100p)")  # fmt: skip


def sidactor(deck: Deck, ref: str, fires_v: float = 350) -> None:
    """P3100SB: open below 275 V, fires at 350 V at most, then half an ohm until the run ends."""
    a, b = deck.node(f"{ref}.1"), deck.node(f"{ref}.2")
    over = f"(abs(v({a},{b}))-{fires_v:g})"
    deck.add(f"B{ref}f 0 {ref}f i=5m*({over}+abs({over}))", f"C{ref}f {ref}f 0 1n",
             f"R{ref}f {ref}f 0 1g", f"D{ref}f {ref}f {ref}v clamp", f"V{ref}v {ref}v 0 3",
             f"B{ref} {a} {b} i=v({a},{b})*(1+tanh((v({ref}f)-2)/0.1)+1e-9)",
             f"C{ref} {a} {b} 60p")  # fmt: skip


def logic_fet(deck: Deck, ref: str) -> None:
    """2N7002 as a switch: off below 1 V, 5 ohms above 2.5 V."""
    gate, source, drain = (deck.node(f"{ref}.{pin}") for pin in "123")
    deck.add(f"B{ref} {drain} {source} i=v({drain},{source})*0.1*(1+tanh(4*(v({gate})-1.75)))",
             f"R{ref}g {gate} {source} 1g")  # fmt: skip
