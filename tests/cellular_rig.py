"""A cellular line in virtual time, with a scripted modem and a stand-in for the C loop."""

import random
import socket
from collections.abc import Callable
from concurrent.futures import Future

from appliance.core.events import Event, LineBecameReady, LineReleased
from appliance.errors import AudioError, LineFault
from appliance.interfaces import ReceivedText
from appliance.lines.cellular.line import CellularLine
from appliance.lines.cellular.machine import CellularNeeds
from appliance.lines.cellular.power import PinMakers
from appliance.lines.cellular.sim_pin import ForgetfulPinStore
from appliance.lines.cellular.sound_watch import SoundWatch
from appliance.loop import VirtualLoop
from appliance.settings import LineSettings
from tests.voice_modem_rig import SocketPipe

READY, RELEASED = LineBecameReady("mobile"), LineReleased("mobile")
MODELS = {
    "ec25": ("EC25", "Quectel"),
    "sim7600": ("SIMCOM_SIM7600E-H", "SIMCOM INCORPORATED"),
    "a7670": ("A7670E-FASE", "SIMCOM INCORPORATED"),
    "sim800": ("SIMCOM_SIM800L", "SIMCOM_Ltd"),
    "other": ("ME906s-158", "Huawei Technologies Co., Ltd."),
}


class FakeMobile:
    """Answers each command line after 10 ms; ``calls``: index -> [direction, state, number]."""

    def __init__(self, loop: VirtualLoop, family: str = "ec25") -> None:
        self.loop = loop
        self.model, self.maker = MODELS[family]
        self.replies: dict[str, str | None] = {}  # by command; None: silence
        self.calls: dict[int, list[object]] = {}
        self.sim = "+CPIN: READY"
        self.pin = ""
        self.tries = 3
        self.creg, self.cereg = 1, 1
        self.splits: random.Random | None = None
        self.asked: list[str] = []
        self.times: list[float] = []
        self.silent = False
        self.end: socket.socket | None = None
        self._line = b""

    def plug_in(self) -> SocketPipe:
        self.end, host = socket.socketpair()
        self.end.setblocking(False)
        self._line = b""
        self.loop.add_reader(self.end.fileno(), self._readable)
        return SocketPipe(host)

    def unplug(self) -> None:
        if self.end is not None:
            self.loop.remove_reader(self.end.fileno())
            self.end.close()
            self.end = None

    def say(self, *lines: str) -> None:
        """Notices, or an answer; in random pieces where ``splits`` is set."""
        data = "".join(f"\r\n{line}\r\n" for line in lines).encode()
        while data:
            cut = len(data) if self.splits is None else self.splits.randint(1, len(data))
            piece, data = data[:cut], data[cut:]
            self._send(piece)

    def _send(self, piece: bytes) -> None:
        if self.end is not None:
            try:
                self.end.send(piece)
            except OSError:
                return

    def ring(self, number: str = "+639171234567") -> None:
        """One burst; the first makes the call."""
        if not any(call[1] == 4 for call in self.calls.values()):
            self.calls[1] = [1, 4, number]
        self.say("+CRING: VOICE", f'+CLIP: "{number}",145,"",0,"",0')

    def _readable(self) -> None:
        assert self.end is not None
        try:
            data = self.end.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.unplug()
            return
        self._line += data
        while b"\r" in self._line:
            line, self._line = self._line.split(b"\r", 1)
            if line.strip():
                self._obey(line.decode("latin-1").strip())

    def _obey(self, line: str) -> None:
        self.asked.append(line)
        self.times.append(self.loop.time())
        if self.silent:
            return
        reply = self.replies[line] if line in self.replies else self._reply(line)
        if reply is not None:
            self.loop.call_later(0.01, self.say, *reply.split("\n"))

    def _reply(self, line: str) -> str:
        fixed = {
            "AT+CGMM": f"{self.model}\nOK",
            "AT+CGMI": f"{self.maker}\nOK",
            "AT+CGSN": "490154203237518\nOK",
            "AT+CREG?": f"+CREG: 2,{self.creg}\nOK",
            "AT+CEREG?": f"+CEREG: 2,{self.cereg}\nOK",
            "AT+CSQ": "+CSQ: 20,99\nOK",
            "AT+COPS?": '+COPS: 0,0,"Globe",7\nOK',
            "AT+QCCID": "+QCCID: 89630312345678901239\nOK",
            "AT+CICCID": "+ICCID: 89630312345678901239\nOK",
            "AT+CCID": "89630312345678901239\nOK",
            "AT+CLIP?": "+CLIP: 1,1\nOK",
            'AT+QPINC="SC"': f'+QPINC: "SC",{self.tries},10\nOK',
        }
        if line in fixed:
            return fixed[line]
        if line == "AT+CPIN?":
            return self.sim if "ERROR" in self.sim else f"{self.sim}\nOK"
        if line.startswith("AT+CPIN="):
            return self._take_pin(line)
        if line == "AT+CLCC":
            rows = [
                f'+CLCC: {i},{d},{s},0,0,"{n}",145' for i, (d, s, n) in sorted(self.calls.items())
            ]
            return "\n".join([*rows, "OK"])
        return self._call_reply(line)

    def _take_pin(self, line: str) -> str:
        if line == f'AT+CPIN="{self.pin}"':
            self.sim = "+CPIN: READY"
            return "OK"
        self.tries -= 1
        return "+CME ERROR: 16"

    def _call_reply(self, line: str) -> str:
        if line == "ATA":
            ringing = [call for call in self.calls.values() if call[1] == 4]
            if not ringing:
                return "NO CARRIER"
            ringing[0][1] = 0
        elif line.startswith("ATD"):
            self.calls[1] = [0, 2, line[3:-1]]
        elif line in ("AT+CHUP", "ATH"):
            self.calls = {i: c for i, c in self.calls.items() if c[1] in (4, 5)}
        elif line == "AT+CHLD=0":
            self.calls = {i: c for i, c in self.calls.items() if c[1] not in (1, 5)}
        elif line.startswith("AT+CHLD=1") and len(line) == 10:
            self.calls.pop(int(line[9]), None)
        return "OK"


class FakePhoneAudio:
    """What the C loop does with a card's port or serial PCM, as far as a driver can tell."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.listener = None
        self.card = ""
        self.pcm_fd: int | None = None
        self.open_ports = 0
        self.watch: SoundWatch | None = None  # has a port of its own between calls
        self.refuse = False
        self.answers_detach = True

    def open_port(self, listener) -> int:
        if self.refuse:
            raise AudioError("no free port")
        self.listener = listener
        self.open_ports += 1
        return 7

    def open_card_port(self, card: str, listener) -> int:
        self.card = card
        assert self.watch is None, "a card has one port"
        if isinstance(listener, SoundWatch):
            if self.refuse:
                raise AudioError("no free port")
            self.watch = listener
            return 8
        return self.open_port(listener)

    def close_port(self, port: int) -> None:
        if port == 8:
            assert self.watch is not None
            self.watch = None
            return
        assert port == 7
        assert self.pcm_fd is None or not self.answers_detach, "closed while C still uses it"
        self.open_ports -= 1

    def attach_pcm(self, port: int, fd: int) -> None:
        self.pcm_fd = fd

    def detach(self, port: int) -> None:
        if self.answers_detach:
            self.pcm_fd = None
            self.loop.call_later(0.01, self.listener.port_detached)


class FakeTexts:
    """An interfaces.TextListener."""

    def __init__(self) -> None:
        self.received: list[ReceivedText] = []
        self.told: list[tuple[str, str, str]] = []

    def text_received(self, line: str, text: ReceivedText) -> "Future[None]":
        self.received.append(text)
        kept: Future[None] = Future()
        kept.set_result(None)
        return kept

    def text_sent(self, line: str, text_id: str, state: str, reason: str) -> None:
        self.told.append((text_id, state, reason))


class FakePin:
    def __init__(self, rig: "Rig", gpio: int, level: bool) -> None:
        self.rig, self.gpio = rig, gpio
        rig.pins.append((round(rig.loop.time(), 2), gpio, level))

    def set(self, is_high: bool) -> None:
        self.rig.pins.append((round(self.rig.loop.time(), 2), self.gpio, is_high))
        self.rig.on_pin(self.gpio, is_high)

    def close(self) -> None:
        self.rig.closed_pins.append(self.gpio)


class FakeInput:
    """High while it is in the rig's ``high_pins``."""

    def __init__(self, rig: "Rig", gpio: int) -> None:
        self.rig, self.gpio = rig, gpio

    @property
    def is_high(self) -> bool:
        return self.gpio in self.rig.high_pins

    def close(self) -> None:
        self.rig.closed_pins.append(self.gpio)


class Rig:
    """One line with its surroundings. ``run(seconds)`` lets virtual time pass."""

    def __init__(self, family: str = "ec25", **line: object) -> None:
        self.loop = VirtualLoop()
        self.modem = FakeMobile(self.loop, family)
        self.audio = FakePhoneAudio(self.loop)
        self.events: list[Event] = []
        self.times: list[float] = []
        self.pins: list[tuple[float, int, bool]] = []
        self.closed_pins: list[int] = []
        self.high_pins: set[int] = set()
        self.on_pin: Callable[[int, bool], object] = lambda gpio, level: None
        self.store = ForgetfulPinStore()
        self.texts = FakeTexts()
        self.present = True
        self.in_use = False
        self.identity = 1
        self.pcm_present = True  # it can be opened
        self.pcm_is_gone = False  # nothing has its name
        self.pcm_ends: list[socket.socket] = []
        self.settings = LineSettings(
            "mobile",
            "cellular",
            "menu:main",
            "/dev/at",
            **{"sound_card": "modem", "audio_port": "/dev/pcm", **line},
        )
        self.line = self.make_line()

    def make_line(self) -> CellularLine:
        return CellularLine(
            self.settings,
            CellularNeeds(
                sink=self._sink,
                audio=self.audio,
                open_pipe=self._open,
                loop=self.loop,
                clock=self.loop.clock,
                identify=self._identify,
                gpio=PinMakers(
                    lambda gpio, level: FakePin(self, gpio, level),
                    lambda gpio: FakeInput(self, gpio),
                ),
                pins=self.store,
                texts=self.texts,
            ),
        )

    def _identify(self, path: str) -> object | None:
        if path == "/dev/pcm" and self.pcm_is_gone:
            return None
        return self.identity if self.present else None

    def _sink(self, event: Event) -> None:
        self.events.append(event)
        self.times.append(self.loop.time())

    def _open(self, path: str) -> SocketPipe:
        if path == "/dev/pcm":
            if not self.pcm_present:
                raise LineFault(f"{path} does not exist: is the modem plugged in?")
            end, host = socket.socketpair()
            self.pcm_ends.append(end)
            return SocketPipe(host)
        if not self.present:
            raise LineFault(f"{path} does not exist: is the modem plugged in?")
        if self.in_use:
            raise LineFault(f"{path} is used by ModemManager (process 1)")
        return self.modem.plug_in()

    def unplug(self) -> None:
        self.present = False
        self.modem.unplug()

    def replug(self) -> None:
        self.present = True
        self.in_use = False
        self.identity += 1
        self.modem.calls.clear()

    def run(self, seconds: float) -> None:
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()

    def run_until(self, wanted: Callable[[], bool], limit_s: float = 60.0) -> float:
        begun = self.loop.time()
        while not wanted():
            assert self.loop.time() - begun < limit_s, f"in vain in {self.state}: {self.events}"
            self.run(0.01)
        return self.loop.time() - begun

    @property
    def state(self) -> object:
        return self.line.health["detail"]

    @property
    def counters(self) -> dict[str, int]:
        return self.line.health["counters"]

    def take(self) -> list[Event]:
        """The events since the last take."""
        events, self.events = self.events, []
        return events

    def close(self) -> None:
        self.loop.run_until_complete(self.loop.create_task(self.line.stop()))
        self.modem.unplug()
        for end in self.pcm_ends:
            end.close()
        self.loop.close()


def ready(rig: Rig) -> Rig:
    """Started, in service, and the core knows it."""
    rig.line.start()
    rig.run_until(lambda: rig.state == "ready", 10.0)
    assert rig.take() == [READY]
    return rig
