"""The blocking client of the control socket, for the command line and the page (gevent too)."""

import contextlib
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from appliance.control.schema import MAX_LINE_BYTES, METHODS, Code
from appliance.control.socket_path import short_path
from appliance.errors import ControlError, DaemonNotRunning, PermissionDenied

DEFAULT_TIMEOUT_S = 15.0


class _ErrorData(msgspec.Struct):
    retry_after_s: float = 0.0


class _Error(msgspec.Struct):
    code: int
    message: str
    data: _ErrorData | None = None


class _Answer(msgspec.Struct):
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None


class Client:
    """One connection, one call at a time: use one client a thread (or greenlet).

    ``token``: of a signed-in person; without one, root and the daemon's own user act as owner.
    """

    def __init__(
        self, path: Path, token: str | None = None, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> None:
        self._path = path
        self._token = token
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._buffer = b""
        self._last_id = 0

    def call(self, method: str, **params: object) -> Any:
        """The result of one method (docs/control-api.md), as plain dicts and lists.

        Raises DaemonNotRunning, PermissionDenied (codes -32001, -32002), or ControlError with the
        ``code`` and the text for the person.
        """
        result, files = self._call(method, params)
        for fd in files:
            os.close(fd)
        return result

    def open_recording(self, recording_id: str) -> tuple[dict[str, Any], int]:
        """``{ms, bytes, channels, name}`` and the WAV's descriptor, which the caller closes.

        Raises as `call`; code -32003 when there is no such recording.
        """
        return self.open_file("recordings.open", recording_id=recording_id)

    def open_file(self, method: str, **params: object) -> tuple[dict[str, Any], int]:
        """As `open_recording`, for every method that sends a file with its answer."""
        info, files = self._call(method, params)
        if len(files) != 1:
            for fd in files:
                os.close(fd)
            raise ControlError("the daemon sent no file with its answer")
        return info, files[0]

    def close(self) -> None:
        """Hang up. The next call connects again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._buffer = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- within --------------------------------------------------------------------------------

    def _call(self, method: str, params: dict[str, object]) -> tuple[Any, list[int]]:
        line = self._request(method, params)
        kept = self._socket is not None
        try:
            return self._exchange(method, line, params)
        except DaemonNotRunning:
            if not kept:
                raise
        return self._exchange(method, line, params)  # it was restarted since the last call

    def _exchange(
        self, method: str, line: bytes, params: dict[str, object]
    ) -> tuple[Any, list[int]]:
        files: list[int] = []
        with contextlib.ExitStack() as undo:
            undo.callback(_close_all, files)
            undo.callback(self.close)  # a call that fails half-way leaves answers behind
            connection = self._connected(params)
            try:
                connection.sendall(line)
                answer = self._answer(connection, files)
            except TimeoutError as error:
                raise ControlError(f"the daemon did not answer {method} in time") from error
            except OSError as error:
                reason = error.strerror or str(error)
                raise DaemonNotRunning(f"the daemon went away: {reason}") from error
            undo.pop_all()
        if answer.error is not None:
            _close_all(files)
            raise _raised(answer.error)
        try:
            msgspec.json.decode(answer.result, type=METHODS[method].result)
            return msgspec.json.decode(answer.result), files
        except msgspec.DecodeError as error:
            _close_all(files)
            raise ControlError(f"the daemon's answer to {method} is wrong: {error}") from error

    def _request(self, method: str, params: dict[str, object]) -> bytes:
        known = METHODS.get(method)
        if known is None:
            raise _coded(ControlError(f"there is no method '{method}'"), Code.METHOD)
        try:
            msgspec.convert(params, known.params)
            self._last_id += 1
            request = {
                "jsonrpc": "2.0",
                "id": self._last_id,
                "method": method,
                "params": params,
                **({"token": self._token} if self._token is not None else {}),
            }
            line = msgspec.json.encode(request) + b"\n"
        except (msgspec.ValidationError, TypeError, UnicodeEncodeError) as error:
            raise _coded(ControlError(f"{method}: {error}"), Code.PARAMS) from error
        if len(line) > MAX_LINE_BYTES:
            raise _coded(ControlError(f"{method}: the request is too long"), Code.PARAMS)
        return line

    def _connected(self, params: dict[str, object]) -> socket.socket:
        wait_s = params.get("wait_s", 25.0 if "since" in params else 0.0)
        patience_s = self._timeout_s + (wait_s if isinstance(wait_s, int | float) else 0.0)
        if self._socket is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(patience_s)
            try:
                with short_path(self._path) as path:
                    connection.connect(path)
            except PermissionError as error:
                connection.close()
                raise PermissionDenied(f"you may not use {self._path}") from error
            except OSError as error:
                connection.close()
                raise DaemonNotRunning(
                    f"no daemon answers at {self._path}: start it with 'counterbell run'"
                ) from error
            self._socket = connection
        self._socket.settimeout(patience_s)
        return self._socket

    def _answer(self, connection: socket.socket, files: list[int]) -> _Answer:
        buffer = bytearray(self._buffer)
        while b"\n" not in buffer:
            data, fds, _, _ = socket.recv_fds(connection, 65536, 4)
            files.extend(fds)
            if not data:
                raise ConnectionError("it closed the connection")
            buffer += data
            if len(buffer) > 2 * MAX_LINE_BYTES:
                raise ConnectionError("its answer has no end")
        line, _, rest = bytes(buffer).partition(b"\n")
        self._buffer = rest
        try:
            return msgspec.json.decode(line, type=_Answer)
        except msgspec.DecodeError as error:
            raise ControlError(f"the daemon's answer can't be read: {error}") from error


def _close_all(files: list[int]) -> None:
    for fd in files:
        os.close(fd)
    files.clear()


def _coded(error: ControlError, code: int) -> ControlError:
    error.code = code
    return error


def _raised(error: _Error) -> ControlError:
    denied = error.code in (Code.NOT_SIGNED_IN, Code.ROLE_TOO_LOW)
    raised = PermissionDenied(error.message) if denied else ControlError(error.message)
    if error.data is not None:
        raised.retry_after_s = error.data.retry_after_s
    return _coded(raised, error.code)
