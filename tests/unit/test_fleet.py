"""The fleet: one driver a line, whatever that driver says while it is being made."""

from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.core.events import LineFailed
from appliance.errors import LineFault
from appliance.fleet import Fleet, FleetNeeds
from appliance.loop import VirtualLoop
from appliance.settings import LineSettings, Settings


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
    line = LineSettings("mobile", driver, "hang_up", "/dev/nowhere", audio="serial_pcm")
    fleet.want(Settings(lines=(line,)))
    fleet.settle(lambda _endpoint: True)
    assert len(opened) == 1
    assert [event.line for event in told] == ["mobile"]
    loop.run_until_complete(fleet.stop())
    loop.close()
