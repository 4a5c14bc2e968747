"""An exchange line on an emulated HAT: what it does to the card's models, and the file's words."""

import base64
from pathlib import Path

import pytest

from appliance.errors import SimulatorError
from appliance.loop import VirtualLoop
from appliance.simulator.caller import CallScript
from appliance.simulator.config_file import parse_network
from appliance.simulator.hat import CardListener
from appliance.simulator.network import NetworkConfig, SimulatedNetwork
from tests.unit.linecard_rig import pass_time


class Card:
    """A HAT that only notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.running = True
        self.listener: CardListener | None = None

    def listen(self, _number: int, listener: CardListener) -> None:
        self.listener = listener

    def command(self, text: str) -> None:
        self.told.append(text)


TABLES = {
    "hat": [{"name": "hat0", "port": "devices/hat0"}],
    "hat_line": [
        {"name": "wall", "hat": "hat0", "socket": 6, "far_end_gone": "loop_break", "ring_hz": 20}
    ],
}


def test_the_file_names_lines_and_the_hat_gets_their_sockets(tmp_path: Path) -> None:
    config = parse_network(TABLES, tmp_path)
    (line,) = config.hat_lines
    assert (line.socket, line.ring_hz, line.habits.far_end_gone) == (6, 20, "loop_break")
    loop = VirtualLoop()
    network = SimulatedNetwork(loop, config)
    assert network.hats["hat0"].config.fxo == (6,)
    assert network.exchange("wall").name == "wall"
    loop.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"hat": "hat9"}, "no HAT"), ({"signal": "morse"}, "signal"), ({"volume": 3}, "no key")],
)
def test_mistakes_are_told(tmp_path: Path, change: dict[str, object], words: str) -> None:
    loop = VirtualLoop()
    tables = TABLES | {"hat_line": [TABLES["hat_line"][0] | change]}
    with pytest.raises(SimulatorError, match=words):
        SimulatedNetwork(loop, parse_network(tables, tmp_path))
    loop.close()


def test_rings_hears_and_clears_by_an_open_loop(tmp_path: Path) -> None:
    loop = VirtualLoop()
    network = SimulatedNetwork(loop, NetworkConfig(**_parts(tmp_path)))
    line, card = network.hat_lines["wall"], Card()
    line._hat = card
    caller = network.call("wall", CallScript(number="0917", name="JUAN"))
    pass_time(loop, 0.1)
    assert card.told == ["ring 6 on 20"]
    pass_time(loop, 5.0)
    assert "ring 6 off" in card.told
    assert sum(len(one) for one in card.told if one.startswith("say")) > 5000, "caller ID"
    line.card_event("hook", ["on"])
    assert line.exchange.state.name == "CONNECTED"
    assert "hear 6 on" in card.told
    card.told.clear()
    line.card_event("heard", ["0", base64.b64encode(b"\xff" * 160).decode()])
    (said,) = card.told
    assert len(base64.b64decode(said.split()[2])) == 160
    caller.hang_up()
    assert "loop 6 open" in card.told
    pass_time(loop, 1.0)
    assert card.told[-1] == "loop 6 closed"
    line.card_event("hook", ["off"])
    pass_time(loop, 0.5)
    line.card_event("hook", ["on"])
    assert line.exchange.flashes == 1
    line.card_event("gone", [])
    pass_time(loop, 2.0)
    assert line.exchange.state.name == "IDLE"
    line.stop()
    loop.close()


def _parts(state: Path) -> dict[str, object]:
    config = parse_network(TABLES, state)
    return {"hats": config.hats, "hat_lines": config.hat_lines}
