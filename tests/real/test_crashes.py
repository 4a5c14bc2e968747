"""Processes and devices that die in the middle of a call."""

import os
import signal
import time

from tests.real.rig import Box, Running, at_rest, in_call


def ring(box: Box) -> Running:
    """Somebody calls, and the line is in call when this returns."""
    caller = Running(
        "simulate", "call", "--press", "1", "--press-after", "1.5", "--hang-up-after", 20,
        state=box.state,
    )  # fmt: skip
    caller.until("answered")
    box.until(in_call)
    return caller


def newest_call(box: Box) -> dict[str, object]:
    call: dict[str, object] = box.client.call("calls.list", limit=1, story=True)["calls"][0]
    return call


def test_the_daemon_is_killed_in_a_call(box: Box) -> None:
    caller = ring(box)
    call_id = newest_call(box)["call_id"]
    box.daemon.stop(signal.SIGKILL)
    begun = time.monotonic()
    box.daemon = Running("run", state=box.state)
    assert box.daemon.until("ready") == f"counterbell: ready, state in {box.state}\n"
    ready_s = time.monotonic() - begun
    status = box.client.call("status.get")
    assert [line["name"] for line in status["lines"]] == ["landline"]  # complete from the first
    box.until(at_rest)
    served_s = time.monotonic() - begun
    print(f"ready {ready_s:.1f} s after the kill, the line {served_s:.1f} s after it")
    assert ready_s < 10.0  # the bar is 3 s; this machine may be busy
    (line,) = box.ask({"do": "state"})["lines"]
    assert line["exchange"] == "idle"
    assert line["modem"] in {"command", "on_hook", "idle"}, line
    call = newest_call(box)
    assert call["call_id"] == call_id
    assert call["disposition"] == "interrupted"
    assert call["ended_at"] is not None
    assert "hung_up by=other" in caller.until("hung_up by=other")
    caller.stop()
    box.call_briefly()


def test_the_page_is_killed_and_then_the_modem_vanishes_in_a_call(box: Box) -> None:
    caller = ring(box)
    call_id = newest_call(box)["call_id"]
    box.page.stop(signal.SIGKILL)
    status = box.until(lambda status: status["stations"][0]["state"] == "talking")
    assert [call["call_id"] for call in status["calls"]] == [call_id]
    assert not status["problems"]
    box.page = Running("web", "--listen", "127.0.0.1", "--port", 0, state=box.state)
    box.page.until("ready")
    assert in_call(box.client.call("status.get"))

    port = box.state / "devices" / "line0"
    was = os.readlink(port)
    box.ask({"do": "line_fault", "line": "landline", "unplug": True})
    assert not os.path.lexists(port)
    status = box.until(lambda status: status["lines"][0]["state"] not in {"in_call", "ready"})
    assert status["lines"][0]["reason"]
    held = os.openpty()  # so that it comes back under another number
    box.ask({"do": "line_fault", "line": "landline", "replug": True})
    for fd in held:
        os.close(fd)
    begun = time.monotonic()
    box.until(lambda status: status["lines"][0]["state"] == "ready")
    served_s = time.monotonic() - begun
    print(f"served {served_s:.1f} s after it came back ({was}, then {os.readlink(port)})")
    assert served_s < 15.0  # the bar is 5 s; this machine may be busy
    call = newest_call(box)
    assert call["call_id"] == call_id
    assert (call["disposition"], call["ended_by"]) == ("answered", "line")
    caller.stop()
    box.call_briefly()
