"""Messages of version 2 of the line-card link, spoken with the firmware's own host build."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.errors import LinkError
from appliance.linecard import messages
from appliance.linecard.messages import Kind, LineFlag
from appliance.simulator.link_codec import LinkDecoder, MessageFrame, encode_frame

CARD = Path(__file__).parents[2] / "build" / "linecard-host"
MDMF = b"\x80\x0d\x02\x0b09171234567"


class Card:
    """The host build in lock-step, greeted with a version; its messages as they come."""

    def __init__(self, folder: Path, newest: int) -> None:
        self.link, theirs = socket.socketpair()
        control = folder / "stimulus"
        arguments = [str(CARD), "--stimulus", str(control), "--link-fd", str(theirs.fileno())]
        self.process = subprocess.Popen([*arguments, "--lockstep"], pass_fds=[theirs.fileno()])
        theirs.close()
        self.stimulus = socket.socket(socket.AF_UNIX)
        while self.stimulus.connect_ex(str(control)) != 0:
            assert self.process.poll() is None
        self.text = self.stimulus.makefile("rw", encoding="ascii")
        self.decoder = LinkDecoder()
        self.sequence = 0
        self.heard: list[MessageFrame] = []
        self.events: list[str] = []
        self.link.setblocking(False)
        self.send(Kind.HELLO, messages.hello(b"abcd", newest))

    def send(self, kind: Kind, payload: bytes) -> None:
        ack = self.heard[-1].sequence if self.heard else 0xFF
        self.link.send(encode_frame(MessageFrame(ack, self.sequence, kind, payload)))
        self.sequence += 1
        self.pass_time(20)

    def do(self, line: str) -> None:
        self.text.write(line + "\n")
        self.text.flush()
        while (answer := self.text.readline().strip()) != "ok":
            assert answer.startswith("* "), answer
            self.events.append(answer)

    def pass_time(self, ms: int) -> None:
        """In steps of 10 ms, with something said each time: the link stays up."""
        for _ in range(ms // 10):
            if self.heard:  # acknowledge: an order without a meaning would do no harm either
                ack = self.heard[-1].sequence
                self.link.send(encode_frame(MessageFrame(ack, 0xEF, 0x7F, b"")))
            self.do("step 10")
            try:
                frames = self.decoder.feed(os.read(self.link.fileno(), 65536))
            except BlockingIOError:
                continue
            for frame in frames:
                if isinstance(frame, MessageFrame) and self.is_new(frame):
                    self.heard.append(frame)

    def is_new(self, frame: MessageFrame) -> bool:
        return frame.sequence == (self.heard[-1].sequence + 1 if self.heard else 0)

    def newest(self, kind: Kind) -> bytes:
        return next(frame.payload for frame in reversed(self.heard) if frame.kind == kind)


@pytest.fixture
def cards(tmp_path: Path) -> Iterator[list[Card]]:
    made: list[Card] = []
    yield made
    for card in made:
        card.text.close()
        card.stimulus.close()
        card.link.close()
        assert card.process.wait(20) == 0


def test_a_line_says_how_it_is(cards: list[Card], tmp_path: Path) -> None:
    cards.append(card := Card(tmp_path, 2))
    card.pass_time(100)
    reply = messages.parse_hello_reply(card.newest(Kind.HELLO_REPLY))
    assert (reply.version, reply.codec) == (2, 0)
    line = messages.parse_line_state(card.newest(Kind.LINE_STATE))
    assert line.flags == LineFlag.CONNECTED | LineFlag.READY
    assert line.volts in range(46, 50)
    card.do("parallel 6 on")
    card.pass_time(500)
    line = messages.parse_line_state(card.newest(Kind.LINE_STATE))
    assert (line.socket, LineFlag.IN_USE in line.flags) == (6, True)
    card.send(Kind.SEIZE, b"\x05")
    card.pass_time(1500)
    line = messages.parse_line_state(card.newest(Kind.LINE_STATE))
    assert (line.socket, LineFlag.AUDIO in line.flags) == (5, True)
    assert line.ma in range(22, 28)


def test_country_and_port_health(cards: list[Card], tmp_path: Path) -> None:
    cards.append(card := Card(tmp_path, 2))
    card.pass_time(50)
    card.send(Kind.COUNTRY, messages.country(0, "GB", ring_hz=20))
    card.send(Kind.GET_PORT_HEALTH, b"\x05")
    card.pass_time(50)
    port = messages.parse_port_health(card.newest(Kind.PORT_HEALTH))
    assert (port.socket, port.exchange, port.country, port.ring_hz) == (5, True, "GB", 20)
    assert (port.caller_id, port.losses, LineFlag.READY in port.flags) == (2, 0, True)


def test_an_old_host_hears_nothing_new(cards: list[Card], tmp_path: Path) -> None:
    cards.append(card := Card(tmp_path, 1))
    card.pass_time(300)
    assert messages.parse_hello_reply(card.newest(Kind.HELLO_REPLY)).version == 1
    assert {frame.kind for frame in card.heard} == {Kind.HELLO_REPLY}


def test_caller_id_is_played_between_the_rings(cards: list[Card], tmp_path: Path) -> None:
    cards.append(card := Card(tmp_path, 2))
    card.pass_time(50)
    card.do("hear 1 on")
    card.send(Kind.CALLER_ID, messages.caller_id(1, MDMF))
    card.send(Kind.RING, messages.ring(1, messages.RingCadence(1000, 4000)))
    card.pass_time(4000)
    silence = "/" * 212
    loud = [event for event in card.events if "heard 1" in event and silence not in event]
    assert len(loud) in range(22, 40)  # pieces of 20 ms: 300 + 180 + 160 + 10 bits of 1/1200 s
    assert sum("ringing 1 on" in event for event in card.events) == 1


def test_what_is_no_caller_id_is_refused() -> None:
    assert sum(messages.caller_id(1, MDMF)[1:]) % 256 == 0
    for wrong in (b"", b"\x80", b"\x80\x05abc", b"\x80\x3d" + bytes(61)):
        with pytest.raises(LinkError):
            messages.caller_id(1, wrong)
