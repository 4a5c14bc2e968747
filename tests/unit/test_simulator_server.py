"""The simulator's socket, its client and its command line; ptys that vanish and come back."""

import argparse
import asyncio
import json
import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.errors import SimulatorError
from appliance.loop import VirtualLoop
from appliance.simulator import client, commands
from appliance.simulator.network import LineConfig, NetworkConfig, SimulatedNetwork
from appliance.simulator.pipes import PtyPort
from appliance.simulator.server import SimulatorServer
from appliance.simulator.tones import tone
from appliance.simulator.wav import read_wav, write_wav

GREETING = tone((500.0,), 800, -12.0)


class Shop:
    """A network with a server in virtual time, on a thread of its own, and a host that answers."""

    def __init__(self, state: Path, answers: bool) -> None:
        self.state = state
        self.loop = VirtualLoop()
        config = NetworkConfig(lines=(LineConfig("landline", state / "line0", "conexant"),))
        self.network = SimulatedNetwork(self.loop, config)
        self.server = SimulatorServer(self.network, state)
        self.answers = answers
        self.ready = threading.Event()
        self.ended: asyncio.Event | None = None
        self.thread = threading.Thread(target=self._run)
        self.thread.start()
        assert self.ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._live())
        self.loop.close()

    async def _live(self) -> None:
        self.ended = asyncio.Event()
        self.network.start()
        await self.server.start()
        host = asyncio.ensure_future(self._answer()) if self.answers else None
        self.ready.set()
        await self.ended.wait()
        if host is not None:
            host.cancel()
        await self.server.stop()
        self.network.stop()

    async def _answer(self) -> None:
        pipe = self.network.open_pipe(str(self.network.config.lines[0].path))
        arrived = asyncio.Event()
        self.loop.add_reader(pipe.fileno(), arrived.set)
        text = b""
        commands_left = [b"ATE0", b"AT+FCLASS=8", b"AT+VSM=131,8000", b"AT+VLS=1", b"AT+VTR"]
        try:
            while True:
                await arrived.wait()
                arrived.clear()
                text += pipe.read()
                if commands_left and (b"RING\r\n" in text or b"OK\r\n" in text):
                    text = b""
                    pipe.write(commands_left.pop(0) + b"\r")
                elif text.startswith(b"\r\nCONNECT\r\n"):
                    pipe.write(GREETING.replace(b"\x10", b"\x10\x10"))
                    text = b"-"
        finally:
            self.loop.remove_reader(pipe.fileno())
            pipe.close()

    def close(self) -> None:
        assert self.ended is not None
        self.loop.call_soon_threadsafe(self.ended.set)
        self.thread.join(10)


@pytest.fixture
def quiet_shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path, answers=False)
    yield shop
    shop.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path, answers=True)
    yield made
    made.close()


def parse(*words: str) -> argparse.Namespace:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--state", type=Path)
    parser = argparse.ArgumentParser()
    commands.add_parsers(parser.add_subparsers(), shared)
    return parser.parse_args(["simulate", *words])


def simulate(*words: str) -> int:
    args = parse(*words)
    assert args.run is commands.run
    return commands.run(args)


def test_answered_call_is_told_saved_and_well(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_wav(tmp_path / "hello.wav", tone((300.0,), 300))
    code = simulate(
        "call", "--state", str(tmp_path), "--line", "landline", "--from", "09171234567",
        "--press", "1", "--say", str(tmp_path / "hello.wav"), "--hang-up-after", "8",
        "--save", str(tmp_path / "heard.wav"), "--json",
    )  # fmt: skip
    result = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (result["outcome"], result["ended_by"]) == ("answered", "caller")
    whats = [moment["what"] for moment in result["timeline"]]
    assert whats == [
        "dialled", "ringing", "answered", "sound", "quiet", "pressed", "says", "said", "hung_up"
    ]  # fmt: skip
    at = {moment["what"]: moment["at_s"] for moment in result["timeline"]}
    assert at["hung_up"] - at["answered"] == pytest.approx(8.0, abs=0.05)
    assert at["pressed"] > at["quiet"]
    assert GREETING in read_wav(tmp_path / "heard.wav")
    assert result["heard"] == str(tmp_path / "heard.wav")


def test_a_client_that_goes_away_hangs_up_its_call(shop: Shop, tmp_path: Path) -> None:
    talk = client.converse(tmp_path, {"do": "call", "line": "landline", "from": "1"})
    while next(talk)[1].get("what") != "answered":
        pass
    talk.close()
    line = shop.network.line("landline").exchange
    phone = client.SimulatorClient(tmp_path / "simulator.sock")
    while line.state.name == "CONNECTED":
        phone.state()
    assert shop.loop.time() < 3000.0  # by itself it would have gone on for an hour


def test_client_in_python(shop: Shop, tmp_path: Path) -> None:
    phone = client.SimulatorClient(tmp_path / "simulator.sock")
    moments = phone.call(
        line="landline", number="1", hang_up_after_s=2.0, save=tmp_path / "heard.wav"
    )
    whats = [moment["what"] for moment in moments]
    assert (whats[0], whats[-1]) == ("dialled", "hung_up")
    assert len(read_wav(tmp_path / "heard.wav")) == pytest.approx(16000, abs=160)
    assert "lines" in phone.state()
    phone.answer_phones([], after_s=2.0)
    with pytest.raises(SimulatorError, match="no phone"):
        phone.answer_phones(["11"])


def test_unanswered_call_fails_and_says_so(
    quiet_shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = simulate("call", "--state", str(tmp_path), "--give-up-after", "3")
    shown = capsys.readouterr()
    assert code == 1
    assert "gave_up" in shown.out
    assert "unanswered" in shown.err


def test_state_and_faults(
    quiet_shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate("fault", "--state", str(tmp_path), "--unplug", "--set", "errors_only") == 0
    assert simulate("state", "--state", str(tmp_path), "--json") == 0
    lines = json.loads(capsys.readouterr().out)["lines"]
    assert [line["plugged_in"] for line in lines] == [False]
    assert quiet_shop.network.line("landline").modem.faults.errors_only
    assert simulate("fault", "--state", str(tmp_path), "--replug", "--set", "none") == 0
    assert simulate("fault", "--state", str(tmp_path)) == 2
    assert simulate("fault", "--state", str(tmp_path), "--set", "dance") == 1
    assert "late_connect_s" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ({"do": "dance"}, "call, phone"),
        ({"do": "call", "line": "x", "colour": 1}, "colour"),
        ({"do": "call", "line": "x"}, "landline"),
        ({"do": "call", "line": "landline", "press": ["x"]}, "keys are"),
        ({"do": "call", "line": "landline", "hang_up_after": "soon"}, "seconds"),
        ({"do": "call", "line": "landline", "say": "/nowhere.wav"}, "No such file"),
        ({"do": "phone", "extension": "11", "actions": [["lift"]]}, "none"),
        ({"do": "phones", "extensions": ["11"]}, "no phone"),
    ],
)
def test_wrong_requests_are_refused_with_a_reason(
    quiet_shop: Shop, tmp_path: Path, message: dict[str, object], named: str
) -> None:
    with pytest.raises(SimulatorError, match=named):
        client.request(tmp_path, message)


def test_without_a_network_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate("call", "--state", str(tmp_path)) == 1
    assert "counterbell demo" in capsys.readouterr().err
    assert simulate("phone", "--state", str(tmp_path), "--extension", "11") == 2


def test_second_network_in_one_folder_is_refused(quiet_shop: Shop, tmp_path: Path) -> None:
    loop = VirtualLoop()
    other = SimulatorServer(SimulatedNetwork(loop, NetworkConfig()), tmp_path)
    with pytest.raises(SimulatorError, match="already runs"):
        loop.run_until_complete(other.start())
    loop.close()


def test_long_folder_names_work(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 100) / ("b" * 100)
    deep.mkdir(parents=True)
    shop = Shop(deep, answers=False)
    try:
        assert "lines" in client.request(deep, {"do": "state"})
    finally:
        shop.close()


def test_actions_keep_their_order() -> None:
    words = "phone --extension 11 --lift --press 12 --wait 3 --flash --press 1 --hang-up"
    args = parse(*words.split())
    assert args.actions == [
        ["lift"], ["press", "12"], ["wait", 3.0], ["flash"], ["press", "1"], ["hang_up"]
    ]  # fmt: skip


async def _exchange_over_pty(path: Path) -> tuple[bytes, bytes, str, str]:
    loop = asyncio.get_running_loop()
    port = PtyPort(loop, path)
    got: asyncio.Future[bytes] = loop.create_future()
    port.open(got.set_result)
    first = os.readlink(path)
    host = os.open(path, os.O_RDWR | os.O_NOCTTY)
    os.write(host, b"\x10\x03\r")
    up = await asyncio.wait_for(got, 10)
    port.write(b"\x11\x13\r\n\xff")
    down = b""
    while len(down) < 5:
        down += await asyncio.to_thread(os.read, host, 100)
    port.close()
    with pytest.raises(OSError, match="Input/output"):
        os.write(host, b"x")
    hold = os.openpty()  # another device takes the old number: the name must be re-pointed
    port.open(lambda _: None)
    second = os.readlink(path)
    for fd in (host, *hold):
        os.close(fd)
    port.close()
    port.remove_link()
    return up, down, first, second


def test_pty_is_raw_vanishes_and_returns(tmp_path: Path) -> None:
    path = tmp_path / "dev" / f"line{random.Random(1).randrange(10)}"
    up, down, first, second = asyncio.run(_exchange_over_pty(path))
    assert (up, down) == (b"\x10\x03\r", b"\x11\x13\r\n\xff")
    assert first.startswith("/dev/pts/")
    assert second.startswith("/dev/pts/")
    assert not path.is_symlink()


def test_pty_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "line0").write_text("mine")
    loop = VirtualLoop()
    with pytest.raises(SimulatorError, match="no symbolic link"):
        PtyPort(loop, tmp_path / "line0").open(lambda _: None)
    loop.close()
    assert (tmp_path / "line0").read_text() == "mine"
