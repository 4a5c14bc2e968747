"""The fleet: one driver a line, whatever that driver says while it is being made."""

from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.core.events import LineFailed
from appliance.errors import AudioError, LineFault, LinkError
from appliance.fleet import Fleet, FleetNeeds
from appliance.loop import VirtualLoop
from appliance.settings import LinecardSettings, LineSettings, Settings


@pytest.mark.parametrize("driver", ["voice_modem", "cellular"])
def test_a_driver_that_fails_at_once_is_made_once(tmp_path: Path, driver: str) -> None:
    loop = VirtualLoop()
    opened: list[str] = []
    told: list[LineFailed] = []

    def no_port(path: str):
        opened.append(path)
        raise LineFault(f"{path} does not exist: is the modem plugged in?")

    def settle_again(event) -> None:  # as the appliance does after each event
        told.append(event)
        fleet.settle(lambda _endpoint: True)

    needs = dict.fromkeys(field.name for field in fields(FleetNeeds))
    needs |= {"state_dir": tmp_path, "sink": settle_again, "open_line": no_port, "loop": loop}
    needs |= {"clock": loop.clock, "identify": lambda _path: None}
    needs["texts"] = SimpleNamespace(text_received=print, text_sent=print)
    fleet = Fleet(FleetNeeds(**needs))
    line = LineSettings(
        "mobile", driver, "hang_up", "/dev/nowhere", audio="serial_pcm", audio_port="/dev/no-sound"
    )
    fleet.want(Settings(lines=(line,)))
    fleet.settle(lambda _endpoint: True)
    assert len(opened) == 1
    assert [event.line for event in told] == ["mobile"]
    loop.run_until_complete(fleet.stop())
    loop.close()


class Silence:
    """Audio that has no link to give, so that the HAT's client only tries again."""

    def attach_link(self, fd: int, listener: object) -> int:
        raise AudioError("no link is free")


def test_a_line_moves_onto_a_hat_and_off_it_and_a_hat_with_a_busy_line_stays(
    tmp_path: Path,
) -> None:
    loop = VirtualLoop()
    busy: set[str] = set()

    def no_port(path: str):
        raise LineFault(f"{path} does not exist")

    def no_card(path: str):
        raise LinkError(f"{path} does not exist")

    needs = dict.fromkeys(field.name for field in fields(FleetNeeds))
    needs |= {"state_dir": tmp_path, "sink": lambda _event: None, "open_line": no_port}
    needs |= {"open_linecard": no_card, "loop": loop, "audio": Silence(), "clock": loop.clock}
    needs["identify"] = lambda _path: None
    fleet = Fleet(FleetNeeds(**needs))
    modem = LineSettings("wall", "voice_modem", "hang_up", "/dev/nowhere")
    on_hat = LineSettings("wall", "linecard_fxo", "hang_up", linecard="hat0", socket=5)
    card = LinecardSettings("hat0", "hat0")

    def want(*lines: LineSettings, port: str = "hat0") -> None:
        fleet.want(Settings(lines=lines, linecards=(replace(card, port=port),)))
        fleet.settle(lambda place: place not in busy)
        done = loop.create_future()
        loop.call_later(10.0, done.set_result, None)
        loop.run_until_complete(done)

    want(modem)
    assert fleet.lines["wall"].health["model"] != "line card"
    want(on_hat)
    assert fleet.lines["wall"].health["model"] == "line card"
    assert fleet.lines["wall"].health["state"] == "retrying"
    first = fleet.linecards["hat0"]
    busy.add("line:wall")
    want(on_hat, port="hat1")
    assert fleet.linecards["hat0"] is first, "somebody talks on its line"
    want(replace(on_hat, answer="menu:main"))
    assert fleet.linecards["hat0"] is first, "where callers begin is the core's alone"
    busy.clear()
    want(modem)
    assert fleet.lines["wall"].health["model"] != "line card"
    loop.run_until_complete(fleet.stop())
    assert not fleet.lines
    loop.close()
