"""The control socket: files, long polls, and clients that are slow, hostile or confused."""

import json
import os
import socket
import struct
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.control.client import Client
from appliance.control.schema import Code
from appliance.errors import (
    ControlError,
    DaemonNotRunning,
    PermissionDenied,
)
from tests.control_fakes import CALL, Served, json_values, serving, turn


@pytest.fixture(scope="module")
def served():
    with serving() as served:
        yield served


def raw(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(10)
    connection.connect(str(path))
    return connection


def exchange(path: Path, data: bytes) -> list[dict[str, Any]]:
    """Everything the server says to these bytes until it has no more to say."""
    with raw(path) as connection:
        answer = b""
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionResetError):
            while more := connection.recv(65536):
                answer += more
    return [json.loads(line) for line in answer.splitlines()]


# --- over the socket -------------------------------------------------------------------------


def test_the_socket_is_for_owner_and_group_only(served: Served):
    assert served.path.stat().st_mode & 0o777 == 0o660


def test_a_client_calls_and_gets_plain_data(served: Served):
    with Client(served.path) as client:
        assert client.call("auth.whoami") == {"name": "local", "role": "owner"}
        assert client.call("calls.get", call_id="c1") == CALL
        assert client.call("calls.list", day=None, before=None, limit=2)["calls"] == [CALL, CALL]
        assert client.call("config.check", toml="[x]\n", name="f")["problems"]
    with Client(served.path, "staff-token") as client:
        assert client.call("auth.whoami")["name"] == "Jun"


def test_errors_reach_the_client_as_the_products_own(served: Served):
    with Client(served.path) as client:
        with pytest.raises(ControlError, match="no call 'none'") as missing:
            client.call("calls.get", call_id="none")
        assert missing.value.code == Code.NOT_FOUND
        with pytest.raises(ControlError) as locked:
            client.call("auth.sign_in", name="locked", password="x")
        assert (locked.value.code, locked.value.retry_after_s) == (Code.LOCKED_OUT, 42.0)
        with pytest.raises(ControlError) as wrong:
            client.call("calls.list", limit=0)
        assert wrong.value.code == Code.PARAMS
        with pytest.raises(ControlError, match="no method"):
            client.call("no.such")
        assert client.call("auth.state") == {"claimed": False}
    with Client(served.path, "made up") as client:
        with pytest.raises(PermissionDenied) as stranger:
            client.call("status.get")
        assert stranger.value.code == Code.NOT_SIGNED_IN
    with Client(served.path, "staff-token") as client, pytest.raises(PermissionDenied) as low:
        client.call("config.get")
    assert low.value.code == Code.ROLE_TOO_LOW


def test_a_recording_comes_as_an_open_file(served: Served):
    with Client(served.path, "staff-token") as client:
        client.call("auth.state")
        before = len(os.listdir("/proc/self/fd"))
        info, fd = client.open_recording("r1")
        with open(fd, "rb") as file:
            assert file.read() == b"RIFF and the rest"
        assert (info["bytes"], info["name"]) == (17, "r1.wav")
        client.call("recordings.open", recording_id="r1")
        with pytest.raises(ControlError):
            client.open_recording("none")
        client.call("auth.state")  # the server closes its copy before the next request
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_long_poll_ends_with_the_change_and_holds_up_nobody(served: Served):
    with Client(served.path) as waiting, Client(served.path) as other:
        first = waiting.call("status.get")
        answers: list[Any] = []
        poll = threading.Thread(
            target=lambda: answers.append(
                waiting.call("status.changes", since=first["revision"], wait_s=30)
            )
        )
        poll.start()
        assert other.call("auth.state") == {"claimed": False}
        served.publish({**first, "shop": "changed"})
        poll.join(10)
        assert answers[0]["shop"] == "changed"
        assert answers[0]["revision"] == first["revision"] + 1
        assert other.call("status.changes", since=answers[0]["revision"], wait_s=0) == answers[0]


def test_answers_too_long_or_of_a_wrong_shape_do_not_leave_the_daemon(served: Served):
    with Client(served.path) as client:
        with pytest.raises(ControlError, match="too long"):
            client.call("calls.get", call_id="huge")
        with pytest.raises(ControlError, match="is wrong") as wrong:
            client.call("calls.get", call_id="wrong")
        assert wrong.value.code == Code.INTERNAL


def test_no_daemon_is_told_as_such(tmp_path: Path):
    with pytest.raises(DaemonNotRunning, match="counterbell run"):
        Client(tmp_path / "control.sock").call("status.get")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(tmp_path / "control.sock"))
    with pytest.raises(DaemonNotRunning):
        Client(tmp_path / "control.sock").call("status.get")


def test_a_client_survives_the_daemons_restart():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "control.sock"
        first = Served(path)
        client = Client(path)
        client.call("auth.state")
        first.stop()
        with pytest.raises(DaemonNotRunning):
            client.call("auth.state")
        client = Client(path)
        second = Served(path)
        client.call("auth.state")
        second.stop()
        third = Served(path)
        assert client.call("auth.state") == {"claimed": False}
        client.close()
        third.stop()
        assert not path.exists()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", Code.PARSE),
        (b"\xff\xfe", Code.PARSE),
        (b"[" * 100_000, None),
        (b'{"params":' * 100_000, None),
        (b"[]", Code.REQUEST),
        (b'{"jsonrpc": "1.0", "id": 1, "method": "auth.state"}', Code.REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1.5, "method": "auth.state"}', Code.REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1e400, "method": "auth.state"}', None),
        (b'{"jsonrpc": "2.0", "method": "auth.state"}', Code.REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "x\\ud800"}', None),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "auth.state", "token": 5}', Code.REQUEST),
        (b'{"jsonrpc": "2.0", "id": "a", "method": "auth.state", "params": [1]}', Code.PARAMS),
        (b"x" * 1_200_000, Code.REQUEST),
    ],
)
def test_a_line_that_is_no_request_is_told_why(served: Served, line: bytes, code: Code | None):
    (answer,) = exchange(served.path, line + b"\n")
    assert answer["jsonrpc"] == "2.0"
    assert answer["error"]["code"] == code or code is None
    assert answer["error"]["message"]


def test_requests_on_one_line_each_are_answered_in_order(served: Served):
    lines = b"".join(
        json.dumps({"jsonrpc": "2.0", "id": n, "method": "auth.state"}).encode() + b"\r\n\n"
        for n in range(50)
    )
    assert [answer["id"] for answer in exchange(served.path, lines)] == list(range(50))


def test_clients_that_stall_vanish_or_do_not_read_harm_nobody(served: Served):
    request = b'{"jsonrpc": "2.0", "id": 1, "method": "calls.list", "params": {"limit": 200}}\n'
    stalled = [raw(served.path) for _ in range(40)]
    for number, connection in enumerate(stalled):
        connection.sendall(request[:10] if number % 2 else request * 300)
    gone = raw(served.path)
    gone.sendall(request)
    gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    gone.close()
    with Client(served.path) as client:
        for _ in range(20):
            assert client.call("auth.state") == {"claimed": False}
    for connection in stalled:
        connection.close()


def test_one_user_can_not_take_every_connection(monkeypatch):
    monkeypatch.setattr("appliance.control.server.MOST_CLIENTS_A_USER", 3)
    with serving() as served:
        kept = []
        for _ in range(3):
            client = Client(served.path)
            client.call("auth.state")
            kept.append(client)
        with pytest.raises(DaemonNotRunning):
            Client(served.path).call("auth.state")
        kept.pop().close()
        served.run(turn())
        for client in kept:
            client.call("auth.state")
            client.close()


requests = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.sampled_from(["2.0", "1", 2]),
        "id": json_values,
        "method": st.sampled_from(["status.get", "calls.list", "auth.sign_in"]) | json_values,
        "params": json_values
        | st.fixed_dictionaries({}, optional={"limit": json_values, "name": json_values}),
        "token": json_values,
    },
)
hostile = st.lists(
    st.binary(max_size=60)
    | requests.map(lambda request: json.dumps(request).encode() + b"\n")
    | st.just(b"\n"),
    max_size=8,
).map(b"".join)


@given(hostile)
@settings(max_examples=120, deadline=None)
def test_no_bytes_kill_the_server_and_every_line_is_answered(served: Served, data: bytes):
    answers = exchange(served.path, data)
    whole = [line for line in data.split(b"\n")[:-1] if line.strip()]
    assert len(answers) == len(whole)
    assert all(("error" in answer) != ("result" in answer) for answer in answers)
    with Client(served.path) as client:
        assert client.call("auth.state") == {"claimed": False}
