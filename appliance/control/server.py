"""The control socket's server: a task a client, one request at a time from each, in bounded memory.

Descriptors travel with an answer (SCM_RIGHTS), which asyncio's streams can't do; so the sockets are
driven directly. A client that is slow, silent in mid-line or hostile costs its own connection only.
"""

import asyncio
import logging
import os
import socket
import struct
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from appliance.control.methods import Methods, Peer, Refusal, Reply
from appliance.control.schema import MAX_LINE_BYTES, METHODS, Code
from appliance.control.socket_path import short_path
from appliance.errors import ControlError

LOG = logging.getLogger(__name__)

MOST_CLIENTS = 128
MOST_CLIENTS_A_USER = 96  # so that the page's user can't keep the command line out
STALLED_S = 30.0  # for the rest of a begun line, and for a client to take its answer
_CHUNK = 65536


# what fits into every JSON reader's numbers, and into one line with the answer
_Id = (
    Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
    | Annotated[str, msgspec.Meta(max_length=200)]
)


class _Request(msgspec.Struct, frozen=True):
    jsonrpc: str
    method: str
    id: _Id
    params: msgspec.Raw = msgspec.Raw(b"{}")
    token: str | None = None


class ControlServer:
    """Serves ``path`` from `start` until `stop`. Main thread only."""

    def __init__(self, path: Path, methods: Methods) -> None:
        self._path = path
        self._methods = methods
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._clients: Counter[int] = Counter()

    async def start(self) -> None:
        """Listen. The state folder must be locked: a socket file that is there is stale.

        Raises ControlError.
        """
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            self._path.unlink(missing_ok=True)
            before = os.umask(0o117)  # the file is born as 0660
            try:
                with short_path(self._path) as path:
                    listener.bind(path)
            finally:
                os.umask(before)
            listener.listen(64)
        except OSError as error:
            listener.close()
            raise ControlError(
                f"can't listen on {self._path}: {error.strerror or error}"
            ) from error
        self._listener = listener
        self._keep(asyncio.create_task(self._accept(listener)))

    async def stop(self) -> None:
        """Close every connection and remove the socket file. Idempotent."""
        if self._listener is None:
            return
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()
        self._listener = None
        self._path.unlink(missing_ok=True)

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            LOG.error("a control connection failed", exc_info=task.exception())

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                client, _ = await loop.sock_accept(listener)
            except OSError as error:  # out of descriptors: those in use will be given back
                LOG.warning("can't accept a control connection: %s", error)
                await asyncio.sleep(1.0)
                continue
            client.setblocking(False)
            uid = _peer_uid(client)
            if self._clients.total() >= MOST_CLIENTS or self._clients[uid] >= MOST_CLIENTS_A_USER:
                client.close()
                continue
            self._clients[uid] += 1
            self._keep(asyncio.create_task(self._serve(client, uid)))

    async def _serve(self, client: socket.socket, uid: int) -> None:
        try:
            await _Connection(client, uid in (0, os.geteuid()), self._methods).run()
        finally:
            client.close()
            self._clients[uid] -= 1


class _Connection:
    """One client's requests, answered in order."""

    def __init__(self, client: socket.socket, trusted: bool, methods: Methods) -> None:
        self._client = client
        self._trusted = trusted
        self._methods = methods
        self._buffer = bytearray()
        self._loop = asyncio.get_running_loop()

    async def run(self) -> None:
        try:
            while (line := await self._line()) is not None:
                if line.strip():
                    await self._answer(line)
        except (OSError, TimeoutError):
            return  # the client went away, or does not take its answer

    async def _line(self) -> bytes | None:
        """The next line without its end; None at the end of the stream or of our patience."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > MAX_LINE_BYTES:
                await self._send(_error(None, Code.REQUEST, "a line is too long"), None)
                return None
            receiving = self._loop.sock_recv(self._client, _CHUNK)
            data = await asyncio.wait_for(receiving, STALLED_S if searched else None)
            if not data:
                return None
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    async def _answer(self, line: bytes) -> None:
        request_id: int | str | None = None
        fd: int | None = None
        try:
            request = _decoded(line)
            request_id = request.id
            peer = Peer(self._trusted, request.token)
            reply = await self._methods.call(request.method, _params(request), peer)
            fd = reply.fd
            answer = _result(request.method, request_id, reply)
        except Refusal as refusal:
            answer = _error(request_id, refusal.code, str(refusal), refusal.data)
        try:
            await self._send(answer, fd)
        finally:
            if fd is not None:
                os.close(fd)

    async def _send(self, answer: bytes, fd: int | None) -> None:
        async with asyncio.timeout(STALLED_S):
            sent = await self._send_with_file(answer, fd) if fd is not None else 0
            await self._loop.sock_sendall(self._client, answer[sent:])

    async def _send_with_file(self, answer: bytes, fd: int) -> int:
        while True:
            try:
                return socket.send_fds(self._client, [answer], [fd])
            except BlockingIOError:
                await self._writable()

    async def _writable(self) -> None:
        ready = self._loop.create_future()
        self._loop.add_writer(self._client, ready.set_result, None)
        try:
            await ready
        finally:
            self._loop.remove_writer(self._client)


def _peer_uid(client: socket.socket) -> int:
    """The user id of the process that connected (SO_PEERCRED: pid, uid, gid)."""
    size = struct.calcsize("3i")
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    uid: int = struct.unpack("3i", credentials)[1]
    return uid


def _decoded(line: bytes) -> _Request:
    try:
        request = msgspec.json.decode(line, type=_Request)
    except msgspec.ValidationError as error:
        raise Refusal(Code.REQUEST, f"not a JSON-RPC 2.0 request: {error}") from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Refusal(Code.PARSE, f"not JSON: {error}") from error
    if request.jsonrpc != "2.0":
        raise Refusal(Code.REQUEST, "not a JSON-RPC 2.0 request: jsonrpc is not '2.0'")
    return request


def _params(request: _Request) -> object:
    try:
        return msgspec.json.decode(request.params)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Refusal(Code.PARAMS, f"params can't be read: {error}") from error


def _result(method: str, request_id: int | str, reply: Reply) -> bytes:
    """The answer's line. What the schema does not allow never leaves the daemon."""
    try:
        msgspec.convert(reply.result, METHODS[method].result)
    except msgspec.ValidationError as error:
        LOG.error("the result of %s does not fit its schema: %s", method, error)
        return _error(request_id, Code.INTERNAL, f"the result of {method} is wrong: {error}")
    answer = {"jsonrpc": "2.0", "id": request_id, "result": reply.result}
    line = msgspec.json.encode(answer) + b"\n"
    if len(line) > MAX_LINE_BYTES:
        return _error(request_id, Code.REFUSED, "the answer is too long: ask for less")
    return line


def _error(
    request_id: int | str | None, code: Code, text: str, data: Mapping[str, Any] | None = None
) -> bytes:
    error: dict[str, Any] = {"code": int(code), "message": text}
    if data:
        error["data"] = data
    return msgspec.json.encode({"jsonrpc": "2.0", "id": request_id, "error": error}) + b"\n"
