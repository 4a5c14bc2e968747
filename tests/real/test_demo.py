"""`counterbell demo`: what it says, that it ends whole, and that it mends itself."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.control.client import Client
from appliance.demo.processes import Child, Children
from appliance.demo.story import Story
from appliance.errors import CounterbellError
from appliance.prompt_making import demo_voices
from tests.real.rig import (
    Running,
    busy_port,
    counterbell,
    free_port,
    processes_of,
    refused,
    running,
    wait_for_end,
)


def nothing_is_left(state: Path) -> None:
    assert not processes_of(state)
    assert not [p for p in state.rglob("*") if p.is_socket()]
    assert not list((state / "devices").iterdir())


@pytest.fixture(scope="module")
def demo_state(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Path:
    """A demo's folder whose default prompts are made already."""
    state = tmp_path_factory.mktemp("demo") / "state"
    state.mkdir()
    (state / "prompts").symlink_to(prompts)
    return state


@pytest.fixture
def demo(demo_state: Path) -> Iterator[Running]:
    words = ("demo", "--listen", "127.0.0.1", "--port", free_port(), "--no-first-call")
    with running(*words, state=demo_state) as process:
        process.until("Ctrl-C ends everything")
        yield process


def test_the_first_start_tells_everything_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    state = tmp_path / "state"
    port = free_port()
    with running("demo", "--listen", "127.0.0.1", "--port", port, state=state) as demo:
        said = demo.until("box     Answered at ring 1")
        assert re.search(r" (\d+)/\1 ", said), "every prompt was counted to the last"
        assert "\r" not in said
        assert f"http://127.0.0.1:{port}/" in said
        code = re.search(r"Claim code: +(\d{8}) ", said)
        assert code
        assert code[1] == (state / "claim-code").read_text().strip()
        assert "simulate call --press 1" in said
        assert "simulate text --from" in said
        assert re.search(r"\d\.\d s  caller  dials the shop", said)
        assert len(processes_of(state)) == 5  # itself, network, card, daemon, page
        assert demo.stop(signal.SIGINT) == 0, demo.said
        assert "Traceback" not in demo.said
    nothing_is_left(state)


def test_a_second_demo_says_what_to_do(demo: Running, demo_state: Path) -> None:
    again = counterbell("demo", "--port", free_port(), state=demo_state)
    assert refused(again, 1).endswith("--state DIR")
    assert str(demo.pid) in str(processes_of(demo_state))
    with busy_port() as taken:
        port = taken.getsockname()[1]
        there = counterbell(
            "demo", "--listen", "127.0.0.1", "--port", port, state=demo_state.with_name("other")
        )
    assert f"port {port}: Address already in use; choose another" in refused(there, 1)


def test_what_dies_is_started_again(demo: Running, demo_state: Path) -> None:
    client = Client(demo_state / "control.sock")

    def child(word: str) -> int:
        (found,) = (
            pid
            for pid in processes_of(demo_state)
            if word in Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        )
        return found

    network = child("serve")
    os.kill(network, signal.SIGKILL)
    demo.until("The telephone network ended (by SIGKILL); again in 0.5 s")
    demo.until("The telephone network is back")
    status = client.call("status.get")
    for _ in range(40):
        if status["lines"][0]["state"] == "ready" and status["stations"][0]["state"] == "idle":
            break
        status = client.call("status.changes", since=status["revision"], wait_s=1.0)
    else:
        pytest.fail(f"the daemon did not recover: {status}")
    client.close()
    phones = counterbell("simulate", "state", state=demo_state).stdout
    assert "extension=11" in phones
    assert "answer_after_s=2.0" in phones


def test_the_kitchen_calls_out_and_a_text_comes_in(demo: Running, demo_state: Path) -> None:
    said: list[str] = []
    story = Story(demo_state, demo_voices(demo_state / "voices"), said.append)
    with Client(demo_state / "control.sock") as client:
        status = client.call("status.get")
        while not all(line["state"] == "ready" for line in status["lines"]):
            status = client.call("status.changes", since=status["revision"], wait_s=1.0)
        story.call_out()
        story.receive_text()
        (call,) = client.call("calls.list", limit=1, story=True)["calls"]
        (text,) = client.call("texts.list", limit=1)["texts"]
    assert (call["direction"], call["station"], call["disposition"]) == (
        "outbound", "12", "answered",
    )  # fmt: skip
    assert [(dial["line"], dial["outcome"]) for dial in call["dials"]] == [("globe", "answered")]
    assert "can't hear" not in str(call["story"])
    assert (text["line"], text["direction"]) == ("globe", "in")
    told = "".join(said)
    for words in (
        "kitchen presses 9",
        "mill    lifts",
        "mill    hears the shop",
        "station 12 hung",
    ):
        assert words in told
    assert told.index("kitchen speaks") < told.index("mill    hears the shop")


def test_killed_itself_it_leaves_nothing_running(demo: Running, demo_state: Path) -> None:
    pids = processes_of(demo_state)
    assert len(pids) == 5
    demo.process.kill()
    wait_for_end(pids)
    nothing_is_left(demo_state)


def test_patience_grows_while_a_child_can_not_live() -> None:
    said: list[str] = []
    child = Child("cripple", [sys.executable, "-c", "print('ready')"], patience_s=0.01)
    children = Children([child], said.append)
    children.start("cripple")
    children.wait_ready("cripple")
    while len(said) < 5:
        children.watch()
    children.end("cripple")
    told = [line.partition("again in ")[2].strip() for line in said if "ended" in line]
    assert told[:3] == ["0.01 s", "0.02 s", "0.04 s"]
    assert all("(exit code 0)" in line for line in said if "ended" in line)


def test_a_child_that_does_not_start_is_told_with_its_own_words() -> None:
    broken = Child("page", [sys.executable, "-c", "import sys; sys.exit('no paper')"])
    children = Children([broken], print)
    children.start("page")
    with pytest.raises(CounterbellError, match="the page did not start: no paper"):
        children.wait_ready("page")
    children.end("page")
