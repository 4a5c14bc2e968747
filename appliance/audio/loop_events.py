"""Turns what the C loop reports into calls on the port's or link's listener, in words."""

import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.audio.binding import ffi, lib
from appliance.audio.caller_id import heard_caller_id
from appliance.audio.port_table import PortTable

PLAY_REASONS: Mapping[int, str] = {
    lib.AUDIO_PLAY_FINISHED: "finished",
    lib.AUDIO_PLAY_DIGIT: "digit",
    lib.AUDIO_PLAY_STOPPED: "stopped",
    lib.AUDIO_PLAY_LOST: "lost",
}


@dataclass(frozen=True, slots=True)
class LoopEvent:
    """One audio_event of audio_loop.h, copied. ``port`` is a link number for link events."""

    type: int
    port: int
    detail: int
    id: int
    value: int
    value2: int
    data: bytes


def loss_reason(code: int) -> str:
    """One sentence for the owner about an errno of a port or link."""
    if code == errno.ETIMEDOUT:
        return "nothing is heard from it any more"
    if code == errno.ECANCELED:
        return "the daemon did nothing for 5 s, so the line was hung up without it"
    if code in (errno.EIO, errno.ENODEV, errno.ENXIO, errno.EPIPE, errno.ECONNRESET, 0):
        return "the device is gone (unplugged or without power)"
    return os.strerror(code)


class EventTranslator:
    """Delivers loop events; what only the engine knows goes to the ``handlers`` it gives."""

    def __init__(
        self, pointer: Any, ports: PortTable, handlers: Mapping[int, Callable[[LoopEvent], None]]
    ) -> None:
        self._ports = ports
        self._pointer = pointer
        self._buffer = ffi.new("audio_event *")
        self._handlers: dict[int, Callable[[LoopEvent], None]] = {
            lib.AUDIO_DIGIT: self._digit,
            lib.AUDIO_SILENCE: self._silence,
            lib.AUDIO_CALLER_ID: self._caller_id,
            lib.AUDIO_VOICE: self._voice,
            lib.AUDIO_RINGBACK_OVER: self._ringback_over,
            lib.AUDIO_MODEM_CODE: self._modem_code,
            lib.AUDIO_STREAM_LEFTOVER: self._stream_leftover,
            lib.AUDIO_STREAM_ENDED: self._stream_ended,
            lib.AUDIO_PORT_LOST: self._port_lost,
            lib.AUDIO_STALLED: self._stalled,
            lib.AUDIO_PORT_DETACHED: self._port_detached,
            lib.AUDIO_LINK_MESSAGE: self._link_message,
            lib.AUDIO_LINK_LOST: self._link_lost,
            lib.AUDIO_LINK_DETACHED: self._link_detached,
            lib.AUDIO_ECHO: _figures_only,
            **handlers,
        }

    def next_event(self) -> LoopEvent | None:
        """Take one event out of C, or None when none waits."""
        event = self._buffer
        if lib.audio_loop_next_event(self._pointer, event) != 1:
            return None
        length = min(event.len, lib.AUDIO_EVENT_BYTES)
        data = bytes(event.data[0:length])
        return LoopEvent(
            event.type, event.port, event.detail, event.id, event.value, event.value2, data
        )

    def deliver(self, event: LoopEvent) -> None:
        """Call whom it concerns. An event for a closed port or link concerns nobody."""
        self._handlers[event.type](event)

    def _digit(self, event: LoopEvent) -> None:
        if listener := self._ports.listener(event.port):
            listener.digit_heard(chr(event.detail), event.value)

    def _silence(self, event: LoopEvent) -> None:
        if listener := self._ports.listener(event.port):
            listener.silence_heard(event.value)

    def _voice(self, event: LoopEvent) -> None:
        if listener := self._ports.listener(event.port):
            listener.voice_heard(event.value)

    def _ringback_over(self, event: LoopEvent) -> None:
        if listener := self._ports.listener(event.port):
            listener.ringback_over(event.value)

    def _caller_id(self, event: LoopEvent) -> None:
        if listener := self._ports.listener(event.port):
            heard = heard_caller_id(event.detail, event.data, event.id, event.value)
            listener.caller_id_heard(heard)

    def _modem_code(self, event: LoopEvent) -> None:
        if listener := self._ports.listener(event.port):
            listener.modem_code(event.detail)

    def _stream_leftover(self, event: LoopEvent) -> None:
        self._ports.add_leftover(event.port, event.data)

    def _stream_ended(self, event: LoopEvent) -> None:
        leftover = self._ports.take_leftover(event.port, event.data)
        if listener := self._ports.listener(event.port):
            listener.stream_ended(leftover)

    def _port_lost(self, event: LoopEvent) -> None:
        if listener := self._ports.listener(event.port):
            listener.port_lost(loss_reason(event.value))

    def _stalled(self, event: LoopEvent) -> None:
        if listener := self._ports.listener(event.port):
            listener.stalled(event.value, event.detail == lib.AUDIO_STALL_OVER)

    def _port_detached(self, event: LoopEvent) -> None:
        if listener := self._ports.detach_answered(event.port):
            listener.port_detached()

    def _link_message(self, event: LoopEvent) -> None:
        if listener := self._ports.link_listener(event.port):
            listener.link_message(event.detail, event.data)

    def _link_lost(self, event: LoopEvent) -> None:
        if listener := self._ports.link_listener(event.port):
            listener.link_lost(loss_reason(event.value))

    def _link_detached(self, event: LoopEvent) -> None:
        if listener := self._ports.close_link(event.port):
            listener.link_detached()


def _figures_only(_event: LoopEvent) -> None:
    """Nobody acts on it: the port's figures say it too."""
