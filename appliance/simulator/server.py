"""Lets other processes use the network: JSON lines on ``<state>/simulator.sock``.

A request is ``{"do": ...}``. Its answer is any number of ``{"event": {...}}`` lines, as the call is
lived, and then one ``{"result": {...}}`` or ``{"error": "what to do"}``. A client that goes away
hangs up the call it made.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TextIO

from appliance.errors import SimulatorError
from appliance.simulator.caller import Caller, CallScript, Moment, make_deeds
from appliance.simulator.cellular.mishaps import mobile_fault
from appliance.simulator.config_file import parse_faults
from appliance.simulator.network import SimulatedNetwork
from appliance.simulator.phone_actions import Action, parse_actions, perform
from appliance.simulator.phones import Phone, PhoneHabits
from appliance.simulator.unix_socket import SOCKET_NAME, listen
from appliance.simulator.wav import read_wav, write_wav

Request = dict[str, object]
_MAX_LINE = 1 << 20


class _Words:
    """Typed access to a request. Raises SimulatorError, naming the key."""

    def __init__(self, request: Request, known: tuple[str, ...]) -> None:
        self._request = request
        for key in request:
            if key not in (*known, "do"):
                raise SimulatorError(f"unknown key {key!r}; use {', '.join(known)}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._request.get(key, default)
        if not isinstance(value, str):
            raise SimulatorError(f"{key} must be a text")
        return value

    def number(self, key: str) -> float | None:
        value = self._request.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise SimulatorError(f"{key} must be a number of seconds")
        return float(value)

    def flag(self, key: str) -> bool:
        return self._request.get(key) is True

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._request.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SimulatorError(f"{key} must be a list of texts")
        return tuple(value)

    def value(self, key: str) -> object:
        return self._request.get(key)


class SimulatorServer:
    """Serves one network in real time."""

    def __init__(self, network: SimulatedNetwork, state: Path) -> None:
        self._network = network
        self._state = state
        self._server: asyncio.Server | None = None
        self._lock: TextIO | None = None
        self._clients: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self) -> None:
        """Raises SimulatorError when the socket cannot be made."""
        end, self._lock = listen(self._state)
        self._server = await asyncio.start_unix_server(self._accept, sock=end, limit=_MAX_LINE)

    async def stop(self) -> None:
        """Idempotent."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        clients = dict(self._clients)
        for client, writer in clients.items():
            client.cancel()
            writer.close()
        await asyncio.gather(*clients, return_exceptions=True)
        await asyncio.gather(*(w.wait_closed() for w in clients.values()), return_exceptions=True)
        with contextlib.suppress(OSError):
            (self._state / SOCKET_NAME).unlink()
        if self._lock is not None:
            self._lock.close()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._clients[task] = writer
        task.add_done_callback(lambda done: self._clients.pop(done, None))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                await self._answer(line, reader, writer)
        except (ConnectionError, ValueError):
            pass  # the client went away, or sent a line without end
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(
        self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        def tell(moment: Moment) -> None:
            writer.write(json.dumps({"event": moment}).encode() + b"\n")

        work = asyncio.ensure_future(self._do(line, tell))
        gone = asyncio.ensure_future(_until_gone(reader))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                raise ConnectionAbortedError("the client went away")
            answer: Request
            try:
                answer = {"result": work.result()}
            except SimulatorError as error:
                answer = {"error": str(error)}
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        finally:
            work.cancel()
            gone.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    async def _do(self, line: bytes, tell: Callable[[Moment], None]) -> Request:
        try:
            request = json.loads(line)
        except ValueError as error:
            raise SimulatorError(f"not JSON: {error}") from error
        deeds: dict[str, Callable[[Request, Callable[[Moment], None]], Awaitable[Request]]] = {
            "call": self._call,
            "phone": self._phone,
            "phones": self._phones,
            "state": self._tell_state,
            "line_fault": self._line_fault,
            "text": self._text,
        }
        name = request.get("do") if isinstance(request, dict) else None
        if name not in deeds:
            raise SimulatorError(f'write {{"do": ...}} with one of {", ".join(deeds)}')
        return await deeds[name](request, tell)

    async def _call(self, request: Request, tell: Callable[[Moment], None]) -> Request:
        words = _Words(request, _CALL_KEYS)
        say = words.text("say", "")
        audio = await asyncio.to_thread(read_wav, Path(say)) if say else b""
        give_up_s = words.number("give_up_after")
        script = CallScript(
            number=words.text("from", ""),
            name=words.text("name", ""),
            presentation=words.text("presentation", "allowed"),
            deeds=make_deeds(
                words.texts("press"),
                words.number("press_after"),
                audio,
                words.number("say_after"),
            ),
            hang_up_after_s=words.number("hang_up_after"),
            give_up_after_s=60.0 if give_up_s is None else give_up_s,
        )
        caller = self._network.call(words.text("line"), script, tell)
        try:
            await asyncio.shield(caller.done)  # whoever stops waiting has not ended the call
        finally:
            caller.hang_up()
        return await _saved(caller, words.text("record", ""))

    async def _phone(self, request: Request, tell: Callable[[Moment], None]) -> Request:
        words = _Words(request, ("extension", "actions", "record"))
        phone = self._network.phone(words.text("extension"))
        actions = await asyncio.to_thread(parse_actions, words.value("actions"))
        return await self._act(phone, actions, words.text("record", ""), tell)

    async def _act(
        self,
        phone: Phone,
        actions: tuple[Action, ...],
        record: str,
        tell: Callable[[Moment], None],
    ) -> Request:
        if phone.on_moment is not None:
            raise SimulatorError(f"extension {phone.config.extension} is in another's hand; wait")
        phone.clear()
        phone.on_moment = tell
        try:
            await perform(phone, actions)
        finally:
            phone.on_moment = None
        if record:
            await asyncio.to_thread(write_wav, Path(record), bytes(phone.heard))
        return {
            "extension": phone.config.extension,
            "off_hook": phone.off_hook,
            "heard_ms": len(phone.heard) // 8,
            "heard": record or None,
            "timeline": phone.timeline,
        }

    async def _phones(self, request: Request, _: Callable[[Moment], None]) -> Request:
        words = _Words(request, ("extensions", "answer_after", "say", "say_after", "hang_up_after"))
        say = words.text("say", "")
        audio = await asyncio.to_thread(read_wav, Path(say)) if say else b""
        say_after_s = words.number("say_after")
        habits = PhoneHabits(
            answer_after_s=words.number("answer_after"),
            say=audio,
            say_after_s=1.0 if say_after_s is None else say_after_s,
            hang_up_after_s=words.number("hang_up_after"),
        )
        for extension in words.texts("extensions") or tuple(self._network.phones):
            self._network.phone(extension).behave(habits)
        return {}

    async def _tell_state(self, request: Request, _: Callable[[Moment], None]) -> Request:
        _Words(request, ())
        return self._network.state()

    async def _text(self, request: Request, _: Callable[[Moment], None]) -> Request:
        words = _Words(request, ("line", "from", "text", "alphabet"))
        mobile = self._network.mobile(words.text("line"))
        text, alphabet = words.text("text"), words.text("alphabet", "")
        return {"parts": mobile.send_text(words.text("from"), text, alphabet)}

    async def _line_fault(self, request: Request, _: Callable[[Moment], None]) -> Request:
        if request.get("line") in self._network.cellular:
            return mobile_fault(self._network.mobile(str(request["line"])), request)
        words = _Words(
            request,
            ("line", "unplug", "replug", "faults", "call_waiting", "hang_up_tone", "extension"),
        )
        if words.text("line") in self._network.hat_lines:
            return self._hat_line_fault(words)
        line = self._network.line(words.text("line"))
        if words.flag("unplug"):
            line.unplug()
        if words.value("faults") is not None:
            line.modem.misbehave(parse_faults(words.value("faults")))
        if words.value("hang_up_tone") is not None:
            line.exchange.hang_up_with(words.text("hang_up_tone"))
        if words.value("extension") is not None:
            line.exchange.extension(words.flag("extension"))
        if words.flag("replug"):
            line.plug_in()
        if words.value("call_waiting") is not None:
            line.exchange.wait_call(words.text("call_waiting"))
        return {"plugged_in": line.plugged_in}

    def _hat_line_fault(self, words: "_Words") -> Request:
        """``unplug`` pulls the line's plug out of the HAT."""
        line = self._network.hat_lines[words.text("line")]
        if words.flag("unplug") or words.flag("replug"):
            line.cut(words.flag("unplug"))
        if words.value("hang_up_tone") is not None:
            line.exchange.hang_up_with(words.text("hang_up_tone"))
        if words.value("extension") is not None:
            line.exchange.extension(words.flag("extension"))
        if words.value("call_waiting") is not None:
            line.exchange.wait_call(words.text("call_waiting"))
        return {"plugged_in": not line.is_cut}


_CALL_KEYS = (
    "line",
    "from",
    "name",
    "presentation",
    "press",
    "press_after",
    "say",
    "say_after",
    "hang_up_after",
    "give_up_after",
    "record",
)


async def _saved(caller: Caller, record: str) -> Request:
    result: Request = dict(caller.result())
    result["heard"] = None
    if record and caller.heard:
        await asyncio.to_thread(write_wav, Path(record), bytes(caller.heard))
        result["heard"] = record
    return result


async def _until_gone(reader: asyncio.StreamReader) -> None:
    """Ends when the client closes its end; while a request runs it has nothing else to say."""
    while not reader.at_eof():
        if not await reader.read(4096):
            return
