"""The client of a HAT against a scripted audio loop: greeting, dispatch, loss, patience."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from appliance.errors import AudioError, LinkError
from appliance.linecard.client import GREETING_LIMIT_S, LAST_RETRY_S, LinecardClient
from appliance.linecard.messages import Kind, RingCadence
from appliance.loop import VirtualLoop
from tests.unit.linecard_rig import Handler, Ports, make, pass_time


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


def make_up(loop: VirtualLoop) -> tuple[Ports, LinecardClient, Handler]:
    ports, client = make(loop)
    handler = Handler()
    client.register(1, handler)
    client.start()
    ports.reply()
    return ports, client, handler


def test_hello_is_repeated_with_a_new_nonce_until_answered(loop: VirtualLoop) -> None:
    ports, client = make(loop)
    client.start()
    pass_time(loop, 0.95)
    hellos = ports.hellos()
    assert len(hellos) == 5
    assert len(set(hellos)) == 5
    assert hellos[0] == bytes((1, 1, 1, 0, 0, 0, 1))
    ports.reply()
    pass_time(loop, 1)
    assert len(ports.hellos()) == 5
    assert client.health["state"] == "up"
    assert client.health["firmware"] == "1.2.3"
    assert client.health["serial"] == "HOST0001"


def test_the_reply_to_an_earlier_hello_does_not_count(loop: VirtualLoop) -> None:
    ports, client = make(loop)
    client.start()
    pass_time(loop, 0.25)
    ports.reply(nonce=b"\0\0\0\1")
    assert client.health["state"] == "greeting"
    ports.reply()
    assert client.health["state"] == "up"


def test_handlers_hear_what_is_there_and_what_is_not(loop: VirtualLoop) -> None:
    ports, client = make(loop)
    phone, lifted, line, wrong = Handler(), Handler(), Handler(), Handler()
    client.register(1, phone)
    client.register(2, lifted)
    client.register(5, line, exchange=True)
    client.register(6, wrong)
    client.start()
    ports.reply(off_hook=0x02)
    assert phone.log == [("up", False)]
    assert lifted.log == [("up", True)]
    assert line.log == [("up", False)]
    assert wrong.log == [("down", "hat0 has no socket 6 for a telephone")]


def test_messages_reach_their_socket(loop: VirtualLoop) -> None:
    ports, client, handler = make_up(loop)
    assert ports.listener is not None
    handler.log.clear()
    for kind, payload in [
        (Kind.HOOK, b"\x01\x01"),
        (Kind.PULSE_DIGIT, b"\x017"),
        (Kind.HOOK_FLASH, b"\x01"),
        (Kind.RING_DETECTED, b"\x01\x01"),
        (Kind.LOOP, b"\x01\x01"),
        (Kind.HOOK, b"\x01\x00"),
        (Kind.HOOK, b"\x02\x01"),  # nobody's
        (Kind.HOOK, b""),
        (0x7F, b"\x01\x01"),
    ]:
        ports.listener.link_message(kind, payload)
    assert handler.log == [
        ("hook", True),
        ("digit", "7"),
        ("flash",),
        ("ring", True),
        ("loop", True),
        ("hook", False),
    ]
    ports.listener.link_message(Kind.HOOK, b"\x01")
    ports.listener.link_message(Kind.PULSE_DIGIT, b"\x01x")
    assert client.health["driver"]["bad_messages"] == 2  # type: ignore[index]


def test_orders_are_encoded_and_only_sent_while_up(loop: VirtualLoop) -> None:
    ports, client = make(loop)
    client.ring(1, RingCadence())
    client.start()
    client.ring(1, RingCadence())
    ports.reply()
    ports.sent.clear()
    client.ring(1, RingCadence(1000, 4000))
    client.stop_ring(1)
    client.gain(2, -30, 60)
    client.seize(5)
    client.flash_line(5, 100)
    client.release(5)
    assert ports.sent == [
        (0x10, bytes.fromhex("0103e80fa0")),
        (0x11, b"\x01"),
        (0x15, bytes.fromhex("02ffe2003c")),
        (0x12, b"\x05"),
        (0x14, bytes.fromhex("050064")),
        (0x13, b"\x05"),
    ]


def test_a_new_hat_is_told_what_it_feeds(loop: VirtualLoop) -> None:
    ports, client = make(loop)
    client.register(2, Handler())
    client.register(5, Handler(), exchange=True)
    client.start()
    ports.reply(version=1)
    assert [kind for kind, _ in ports.sent] == [Kind.HELLO, Kind.GET_HEALTH]
    newer = LinecardClient(
        "hat1", "/dev/hat1", (other := Ports()), other.open_pipe, loop, newest=2, ring_at_once=3
    )
    newer.register(2, Handler())
    newer.start()
    other.reply(version=2)
    assert newer.health["codec"] == "ulaw"
    told = [(kind, payload) for kind, payload in other.sent if kind != Kind.HELLO]
    assert told[:5] == [
        (Kind.RING_SUPPLY, b"\x03"),
        (Kind.USE_PORT, b"\x01\x00"),
        (Kind.USE_PORT, b"\x02\x01"),
        (Kind.USE_PORT, b"\x03\x00"),
        (Kind.USE_PORT, b"\x04\x00"),
    ]
    other.sent.clear()
    newer.register(4, Handler())
    newer.caller_id(4, b"\x80\x00")
    assert other.sent == [(Kind.USE_PORT, b"\x04\x01"), (Kind.CALLER_ID, b"\x04\x80\x00\x80")]


def test_a_lost_link_is_told_closed_after_detach_and_tried_again(loop: VirtualLoop) -> None:
    ports, client, handler = make_up(loop)
    assert ports.listener is not None
    handler.log.clear()
    ports.listener.link_lost("the line card fell silent")
    assert handler.log == [("down", "the line card fell silent")]
    assert ports.detaching == 1
    pass_time(loop, 5)
    assert not ports.pipes[0].closed  # the audio loop still has it
    ports.finish_detach()
    assert ports.pipes[0].closed
    assert client.health["state"] == "retrying"
    pass_time(loop, 0.21)
    assert len(ports.pipes) == 2
    ports.reply(off_hook=1)
    assert handler.log[-1] == ("up", True)
    assert client.health["reason"] == ""
    assert ports.listener is not None
    ports.listener.link_lost("the line card fell silent")  # the same again is news again
    assert handler.log[-1] == ("down", "the line card fell silent")


def test_reports_of_a_former_attachment_are_not_heard(loop: VirtualLoop) -> None:
    ports, client, handler = make_up(loop)
    former = ports.listener
    assert former is not None
    former.link_lost("gone")
    ports.finish_detach()
    pass_time(loop, 0.21)
    ports.reply()
    handler.log.clear()
    former.link_message(Kind.HOOK, b"\x01\x01")
    former.link_lost("gone again")
    former.link_detached()
    assert handler.log == []
    assert client.health["state"] == "up"


def test_a_missing_port_is_tried_with_growing_patience(loop: VirtualLoop) -> None:
    ports, client = make(loop)
    handler = Handler()
    client.register(1, handler)
    ports.fault = LinkError("/dev/hat0 does not exist")
    client.start()
    pass_time(loop, 60)
    assert handler.log == [("down", "/dev/hat0 does not exist")]  # once, not at each try
    refused = client.health["driver"]["refused"]  # type: ignore[index]
    assert 60 / LAST_RETRY_S <= refused <= 60 / LAST_RETRY_S + 5
    ports.fault = None
    pass_time(loop, LAST_RETRY_S + 0.01)
    ports.reply()
    assert handler.log[-1] == ("up", False)


def test_a_card_that_never_answers_has_its_port_opened_again(loop: VirtualLoop) -> None:
    ports, client = make(loop)
    client.start()
    pass_time(loop, GREETING_LIMIT_S + 0.01)
    assert client.health["reason"] == "no line card answers at /dev/hat0"
    ports.finish_detach()
    pass_time(loop, 0.5)
    assert len(ports.pipes) == 2


def test_an_unknown_version_says_what_to_do(loop: VirtualLoop) -> None:
    ports, client = make(loop)
    handler = Handler()
    client.register(1, handler)
    client.start()
    ports.reply(version=0)
    assert handler.log == [
        (
            "down",
            "hat0 (firmware 1.2.3) does not speak link version 1: update its firmware",
        )
    ]
    assert ports.detaching == 1


def test_a_full_audio_loop_is_no_crash(loop: VirtualLoop) -> None:
    ports, client = make(loop)
    ports.full = True
    client.start()
    assert client.health["reason"] == "no free link"
    assert ports.pipes[0].closed
    ports.full = False
    pass_time(loop, 0.3)
    ports.reply()
    ports.full = True
    client.ring(1, RingCadence())
    assert client.health["state"] == "lost"
    assert client.health["reason"] == "the ring is full"


def test_health_is_asked_for_and_shown(loop: VirtualLoop) -> None:
    ports, client, _ = make_up(loop)
    pass_time(loop, 25)
    assert ports.sent.count((Kind.GET_HEALTH, b"")) == 3
    assert ports.listener is not None
    ports.listener.link_message(Kind.HEALTH, struct.pack(">6I", 60000, 6000, 1, 2, 3, 4))
    counters = client.health["counters"]
    assert isinstance(counters, dict)
    assert counters["uptime_ms"] == 60000
    assert counters["playout_overruns"] == 4
    ports.listener.link_message(Kind.HEALTH, b"short")
    assert client.health["counters"] == counters


def test_stop_waits_for_the_audio_loop_and_start_begins_anew(loop: VirtualLoop) -> None:
    ports, client, handler = make_up(loop)
    stopping = loop.create_task(client.stop())
    pass_time(loop, 1)
    assert not stopping.done()
    ports.finish_detach()
    loop.run_until_complete(stopping)
    assert ports.pipes[0].closed
    assert client.health["state"] == "stopped"
    loop.run_until_complete(client.stop())
    client.start()
    ports.reply()
    assert client.health["state"] == "up"
    assert handler.log[-1] == ("up", False)


def test_sockets_are_registered_once_and_late(loop: VirtualLoop) -> None:
    ports, client, _ = make_up(loop)
    late = Handler()
    client.register(2, late)
    assert late.log == [("up", False)]
    with pytest.raises(LinkError, match="twice"):
        client.register(2, Handler())
    with pytest.raises(LinkError, match="1-8"):
        client.register(9, Handler())
    client.unregister(2)
    assert ports.sent[-1] == (Kind.STOP_RING, b"\x02")
    client.register(2, Handler())
    assert client.open_port(2, Listener()) == 12
    assert ports.listener is not None
    ports.listener.link_lost("gone")
    with pytest.raises(AudioError):
        client.open_port(2, Listener())


class Listener:
    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)
