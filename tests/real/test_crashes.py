"""Processes and devices that die in the middle of a call."""

import os
import signal
import time

from tests.real.rig import Box, Running, at_rest, best_of, in_call, modem_returns_s


def ring(box: Box) -> Running:
    """Somebody calls, and the line is in call when this returns."""
    caller = Running(
        "simulate", "call", "--press", "1", "--press-after", "1.5", "--hang-up-after", 120,
        state=box.state,
    )  # fmt: skip
    caller.until("answered")
    box.until(in_call)
    return caller


def daemon_starts_s(box: Box) -> float:
    """Start the daemon anew, killed where it runs still; s until it is ready."""
    box.daemon.stop(signal.SIGKILL)
    begun = time.monotonic()
    box.daemon = Running("run", state=box.state)
    assert box.daemon.until("ready") == f"counterbell: ready, state in {box.state}\n"
    return time.monotonic() - begun


def newest_call(box: Box) -> dict[str, object]:
    call: dict[str, object] = box.client.call("calls.list", limit=1, story=True)["calls"][0]
    return call


def test_the_daemon_is_killed_in_a_call(box: Box) -> None:
    caller = ring(box)
    call_id = newest_call(box)["call_id"]
    box.daemon.stop(signal.SIGKILL)
    begun = time.monotonic()
    ready_s = daemon_starts_s(box)
    status = box.client.call("status.get")
    assert [line["name"] for line in status["lines"]] == ["landline"]  # complete from the first
    box.until(at_rest)
    served_s = time.monotonic() - begun
    print(f"ready {ready_s:.1f} s after the kill, the line {served_s:.1f} s after it")
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
    # the bar is 3 s; this machine may be busy
    assert best_of(ready_s, lambda: daemon_starts_s(box), 10.0) < 10.0


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
    box.ask({"do": "line_fault", "line": "landline", "unplug": True})
    assert not os.path.lexists(port)
    status = box.until(lambda status: status["lines"][0]["state"] not in {"in_call", "ready"})
    assert status["lines"][0]["reason"]
    served_s = modem_returns_s(box)
    call = newest_call(box)
    assert call["call_id"] == call_id
    assert (call["disposition"], call["ended_by"]) == ("answered", "line")
    caller.stop()
    box.call_briefly()
    box.come_to_rest()
    assert best_of(served_s, lambda: modem_returns_s(box), 5.0) <= 5.0
