"""One sound card as the daemon sees it: its memory, its process, and what is told of it.

The process is started anew, with growing patience, whenever it ends; the memory, and a port bound
to it, outlive it. When the machine's list of cards changes, the next try is made at once.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.audio.card_memory import CardMemory
from appliance.audio.card_process import CardLauncher, CardProcess, CardRequest
from appliance.errors import SoundCardError
from appliance.settings import SoundCardSettings

FIRST_S = 1.0
LONGEST_S = 30.0
HANGING_S = 5.0  # a process that neither ends nor calls
STARTING_S = 20.0  # a process that says nothing: its sound server hangs
CARDS_NOW = Path("/proc/asound/cards")


def cards_now() -> object:
    """What changes when a card is plugged in or out."""
    try:
        return CARDS_NOW.read_bytes()
    except OSError:
        return b""


@dataclass(frozen=True, slots=True)
class CardNeeds:
    """What a card is made with. ``on_changed(sentence)``: it came or went, and why.

    ``rt_priority``: SCHED_FIFO 1-99 of the callback's thread, 0 = ordinary.
    """

    loop: asyncio.AbstractEventLoop
    launch: CardLauncher
    cards_now: Callable[[], object]
    on_changed: Callable[[str], None]
    rt_priority: int = 0


class SoundCard:
    """Implements `card_process.CardWatcher`. Main thread only; raises AudioError without memory.

    ``state``: starting, running or away; ``since``: the loop's time of that; ``reason``: why away.
    """

    def __init__(self, settings: SoundCardSettings, needs: CardNeeds) -> None:
        self.settings = settings
        self.memory = CardMemory()
        self.state = "starting"
        self.since = needs.loop.time()
        self.reason = ""
        self.rate_hz = 0.0
        self.sound_system = ""
        self.starts = 0
        self._needs = needs
        self._process: CardProcess | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._wait_s = FIRST_S
        self._seen_cards: object = b""
        self._callbacks = 0
        self._moved_at = 0.0
        self._failure = ""
        self._is_open = False
        self._is_stopped = False

    # --- life --------------------------------------------------------------------------------

    def start(self) -> None:
        """Start its process; what comes of it is in ``state``."""
        self._retry = None
        self.starts += 1
        self._failure = ""
        self._is_open = False
        self._seen_cards = self._needs.cards_now()
        self._moved_at = self._needs.loop.time()
        settings, priority = self.settings, self._needs.rt_priority
        request = CardRequest(settings.device, settings.rate_hz, self.memory.fd, priority)
        try:
            self._process = self._needs.launch(self._needs.loop, request, self)
        except SoundCardError as error:
            self._away(str(error))

    def stop(self) -> None:
        """End its process and give up the memory. Idempotent."""
        self._is_stopped = True
        if self._retry is not None:
            self._retry.cancel()
        if self._process is not None:
            self._process.kill()
        self.memory.close()

    def poll(self) -> None:
        """About once a second: end a process that hangs, try a card that was plugged in."""
        if self._is_stopped:
            return
        if self._process is None:
            if self._retry is not None and self._needs.cards_now() != self._seen_cards:
                self._retry.cancel()
                self._wait_s = FIRST_S
                self.start()
            return
        now = self._needs.loop.time()
        callbacks = self.memory.figures().callbacks
        if callbacks != self._callbacks:
            self._callbacks, self._moved_at = callbacks, now
        elif now - self._moved_at > (HANGING_S if self._is_open else STARTING_S):
            self._failure = "its process hangs" if self._is_open else "the sound system hangs"
            self._process.kill()

    # --- card_process.CardWatcher ------------------------------------------------------------

    def card_said(self, facts: Mapping[str, Any]) -> None:
        if facts.get("state") == "running":
            self._is_open = True
            self.rate_hz = float(facts.get("rate_hz", 0.0))
            self.sound_system = str(facts.get("sound_system", ""))
            self._wait_s = FIRST_S
            self._moved_at = self._needs.loop.time()
            self._become("running", "")
        elif facts.get("state") == "failed":
            text = str(facts.get("text", ""))
            no_system = facts.get("reason") == "no_system"
            self._failure = f"no sound system: {text}" if no_system else text

    def card_ended(self, code: int) -> None:
        self._process = None
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        self._away(self._failure or f"its process ended {how}")

    # --- inside ------------------------------------------------------------------------------

    def _away(self, reason: str) -> None:
        if self._is_stopped:
            return
        self._become("away", reason)
        self._retry = self._needs.loop.call_later(self._wait_s, self.start)
        self._wait_s = min(LONGEST_S, self._wait_s * 2)

    def _become(self, state: str, reason: str) -> None:
        if (state, reason) == (self.state, self.reason):
            return
        if state != self.state:
            self.since = self._needs.loop.time()
        self.state, self.reason = state, reason
        about = f"is away: {reason}" if state == "away" else f"is here, at {self.rate_hz:g} Hz"
        self._needs.on_changed(f"Sound card {self.settings.name} {about}")
