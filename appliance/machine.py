"""What the appliance stands on: a clock, ports, threads and a card; real, or a test's."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from appliance.audio.card_process import CardLauncher, launch
from appliance.audio.recorder import free_bytes
from appliance.audio.recording_file import DiskFile, FileCreator
from appliance.audio.sound_card import cards_now
from appliance.box.clock import clock_is_right
from appliance.box.reading import Look, Reading
from appliance.box.readings import quick_readings
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
    """What the appliance stands on: the real machine, or a virtual one in tests.

    ``read_box``: how power, card and their like are, asked in the reader thread.
    ``is_clock_right``: whether UTC was set since the start; None: nobody can tell.
    """

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
    read_box: Callable[[Path], Sequence[Reading]] = lambda _state: ()
    is_clock_right: Callable[[], bool | None] = lambda: None


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
        read_box=read_this_box,
        is_clock_right=clock_is_right,
    )


def read_this_box(state: Path) -> Sequence[Reading]:
    """What can be told of this computer without asking a program."""
    return quick_readings(Look(state, utc=time.time(), uptime_s=time.monotonic()))
