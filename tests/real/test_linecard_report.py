"""`counterbell linecard info|selftest` at a pty of the firmware's host build, without a daemon."""

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from appliance.cli import main

CARD = Path(__file__).parents[2] / "build" / "linecard-host"


class Card:
    """One running host build; its stimulus socket answers a line for each command."""

    def __init__(self, folder: Path) -> None:
        self.port = folder / "hat"
        control = folder / "stimulus"
        self.process = subprocess.Popen(
            [CARD, "--die-with-parent", "--link", self.port, "--stimulus", control, "--fxo", "5,6"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        while not control.exists():
            assert self.process.poll() is None
        self._control = socket.socket(socket.AF_UNIX)
        self._control.settimeout(10.0)
        self._control.connect(str(control))
        self._lines = self._control.makefile("r")

    def do(self, command: str) -> None:
        self._control.sendall(f"{command}\n".encode())
        while (line := self._lines.readline()).startswith("*"):
            pass
        assert line == "ok\n"

    def close(self) -> None:
        self._lines.close()
        self._control.close()
        self.process.terminate()
        self.process.wait(10.0)


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    with closing(Card(tmp_path)) as card:
        yield card


def report(what: str, port: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    code = main(["linecard", what, "--port", str(port), "--json"])
    (told,) = json.loads(capsys.readouterr().out)["linecards"]
    return code, told


def test_a_card_that_is_well(card: Card, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = report("info", card.port, capsys)
    assert code == 0
    assert (told["state"], told["protocol"]) == ("up", 2)
    assert (told["handset_sockets"], told["line_sockets"]) == ([1, 2, 3, 4], [5, 6])
    assert told["serial"] == "HOST0001"
    assert set(told["ports"]) == {"1", "2", "3", "4", "5", "6"}
    assert abs(told["ports"]["5"]["volts"]) >= 45
    code, told = report("selftest", card.port, capsys)
    assert code == 0
    assert told["well"]
    assert len(told["checks"]) == 9
    assert main(["linecard", "info", "--port", str(card.port)]) == 0
    assert "lines at sockets 5, 6" in capsys.readouterr().out


def test_what_must_be_mended_is_told_with_its_step(
    card: Card, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("loop 5 open", "parallel 6 on", "lift 3"):
        card.do(command)
    told: dict[str, str] = {}
    for _ in range(20):  # the chips smooth what they measure, in real time
        code, found = report("selftest", card.port, capsys)
        assert code == 1 or not told
        told = {one["what"]: one["text"] for one in found["checks"] if one["step"]}
        if len(told) == 3:
            break
    assert "no line is plugged in" in told["socket 5"]
    assert "another telephone" in told["socket 6"]
    assert "off the hook" in told["socket 3"]
    main(["linecard", "selftest", "--port", str(card.port)])
    assert "-> plug the line in" in capsys.readouterr().out


def test_nobody_answers_or_there_is_no_such_port(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = report("selftest", tmp_path / "nothing", capsys)
    assert code == 1
    (check,) = told["checks"]
    assert "does not exist" in check["text"]
    assert check["step"]


def test_without_a_configured_card_its_port_must_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["linecard", "info", "--state", str(tmp_path)]) == 1
    assert "--port" in capsys.readouterr().err
