"""What the appliance stands on: a clock, ports, threads and a card; real, or a test's."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from appliance.audio.card_process import CardLauncher, launch
from appliance.audio.recorder import free_bytes
from appliance.audio.recording_file import DiskFile, FileCreator
from appliance.audio.sound_card import cards_now
from appliance.gpio import MakePins, raspberry_pi_pins
from appliance.interfaces import Clock, PipeOpener, Worker
from appliance.loop import RealClock, ThreadWorker
from appliance.serial_port import open_linecard, open_modem, port_identity
from appliance.storage.config_trial import boot_id
from appliance.storage.history_schema import open_writer


@dataclass(frozen=True, slots=True)
class Card:
    """The SD card, where a test lets it be full, slow or broken."""

    create_recording: FileCreator = DiskFile
    free_bytes: Callable[[Path], int] = free_bytes
    open_history: Callable[[Path], sqlite3.Connection] = open_writer


class ClosableWorker(Worker, Protocol):
    """A worker that can be ended."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Machine:
    """What the appliance stands on: the real machine, or a virtual one in tests."""

    loop: asyncio.AbstractEventLoop
    clock: Clock
    open_line: PipeOpener
    open_linecard: PipeOpener
    identify: Callable[[str], object | None]
    make_worker: Callable[[str], ClosableWorker]
    rt_priority: int | None  # None: no audio thread, ticks by the asyncio loop (virtual time)
    card: Card = field(default_factory=Card)
    launch_sound_card: CardLauncher = launch
    sound_cards_now: Callable[[], object] = cards_now
    gpio: MakePins = raspberry_pi_pins
    boot_id: str = field(default_factory=boot_id)


def real_machine(loop: asyncio.AbstractEventLoop, rt_priority: int) -> Machine:
    """This computer, its serial ports and its clock."""
    return Machine(
        loop,
        RealClock(),
        open_modem,
        open_linecard,
        port_identity,
        ThreadWorker,
        rt_priority,
    )
