"""How the configuration changes while the daemon runs: import, draft, trial, and the way back."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from appliance.core.commands import StoryNote
from appliance.errors import CounterbellError, SettingsOnTrial, StorageError
from appliance.interfaces import Clock, Worker
from appliance.settings.diff import describe_changes
from appliance.storage.config_store import Origin, StoredConfig
from appliance.storage.config_trial import ConfigTrials, Moment, draft_diff, kept_generations

T = TypeVar("T")

NOTE_S = 60.0  # so often the time that is left is saved
RETRY_S = 10.0  # a card that is full or broken is tried again after so long

Changed = tuple[int, list[str]]  # the generation in force, and what changed in words


@dataclass(frozen=True, slots=True)
class ConfigNeeds:
    """``store``: the thread that writes. ``apply`` puts a saved configuration in force.

    ``tell``: for the box's story and log. ``boot_id``: storage.config_trial.boot_id.
    """

    trials: ConfigTrials
    store: Worker
    clock: Clock
    boot_id: str
    apply: Callable[[StoredConfig], Awaitable[None]]
    tell: Callable[[StoryNote], None]


class ConfigDesk:
    """One change at a time. Main thread; `beat` it every second. Implements ConfigsLike."""

    def __init__(self, needs: ConfigNeeds) -> None:
        self._needs = needs
        self._trials = needs.trials
        self._changing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._noted_at = needs.clock.monotonic()
        self._again_at = 0.0
        self._problem = ""
        self._untold = ""

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong with the draft or the trial, for the owner."""
        return (*self._trials.problems, *([self._problem] if self._problem else []))

    def on_trial(self, utc_offset_s: float) -> dict[str, Any] | None:
        """``{generation, until, by}`` of the trial that runs; ``until``: UTC seconds."""
        trial = self._trials.trial
        if trial is None:
            return None
        until = trial.deadline_s + utc_offset_s
        return {"generation": self._generation, "until": until, "by": trial.by}

    def resume(self) -> None:
        """Before anything is made of the configuration: count on, or go back at once."""
        try:
            if self._trials.resume(self._now()) is not None:
                self._untold = self._gone_back()
        except StorageError as error:
            self._problem = str(error)  # `beat` tries again

    # --- what is asked -----------------------------------------------------------------------

    def text(self) -> tuple[str, int]:
        """The TOML text in force, and its generation."""
        return self._trials.store.current.toml, self._generation

    async def import_text(
        self, toml: str, name: str, by: str = "", *, how: str = "import", force: bool = False
    ) -> Changed:
        """Save and put in force. Raises ConfigError, SettingsOnTrial; nothing is changed then."""
        utc = self._needs.clock.utc()
        return await self._change(
            lambda: self._trials.import_text(toml, name, utc, Origin(by, how), force=force)
        )

    async def draft(self, toml: str, name: str, by: str) -> list[str]:
        """Check and keep it: what it would change. Raises ConfigError with every problem."""
        utc = self._needs.clock.utc()
        await self._write(lambda: self._trials.keep_draft(toml, name, by, utc))
        return list((await self.diff())["changes"])

    async def diff(self) -> dict[str, Any]:
        """The draft against what is in use. Raises SettingsOnTrial when there is none."""
        return await self._write(lambda: draft_diff(self._trials))

    async def apply(self, within_s: float, by: str) -> dict[str, Any]:
        """The draft in force, on trial. Raises SettingsOnTrial, ConfigError, StorageError."""
        now = self._now()
        generation, changes = await self._change(lambda: self._trials.apply(within_s, by, now))
        self._noted_at = now.monotonic
        self._tell(
            f"New settings (generation {generation}) are on trial{_whose(by)}:"
            f" they stay only if somebody keeps them within {_length(within_s)}"
        )
        return {"generation": generation, "changes": changes, "until": now.utc + within_s}

    async def confirm(self, generation: int | None, by: str) -> int:
        """Keep what is on trial; ``generation``: only if it is this. Raises SettingsOnTrial."""
        async with self._changing:
            if generation not in (None, self._generation):
                raise SettingsOnTrial(f"generation {generation} is not on trial any more")
            await self._write(self._trials.confirm)
            self._problem = ""
            self._tell(f"The settings on trial are kept{_whose(by)}")
            return self._generation

    async def revert(self, generation: int | None, by: str) -> Changed:
        """Go back from a trial, or to ``generation``. Raises SettingsOnTrial, StorageError ..."""
        utc = self._needs.clock.utc()
        changed = await self._change(
            lambda: (
                self._trials.go_back(by, utc)
                if generation is None
                else self._trials.go_back_to(generation, by, utc)
            )
        )
        to = "the settings before" if generation is None else f"the settings of {generation}"
        self._tell(f"Gone back to {to}{_whose(by)}: generation {changed[0]}")
        return changed

    async def history(self) -> dict[str, Any]:
        """Every kept generation, the newest first."""
        return await self._write(lambda: kept_generations(self._trials))

    # --- time --------------------------------------------------------------------------------

    def beat(self) -> None:
        """Go back when the time of a trial is over; save now and then how much is left."""
        if self._untold:
            self._tell(self._untold)
            self._untold = ""
        now = self._now()
        left_s = self._trials.left_s(now)
        if left_s is None or (self._task is not None and not self._task.done()):
            return
        if left_s <= 0 and now.monotonic >= self._again_at:
            self._begin(self._expire())
        elif left_s > 0 and now.monotonic - self._noted_at >= NOTE_S:
            self._noted_at = now.monotonic
            self._begin(self._note_time())

    async def close(self) -> None:
        """What is saved is saved; the next start goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._task = asyncio.get_running_loop().create_task(work)

    async def _expire(self) -> None:
        async with self._changing:
            now = self._now()
            try:
                stored = await self._write(lambda: self._trials.expire(now))
                if stored is None:  # kept or gone back from meanwhile
                    return
                self._problem = ""
                self._tell(self._gone_back())
                await self._needs.apply(stored)
            except CounterbellError as error:
                self._again_at = now.monotonic + RETRY_S
                self._problem = f"the settings on trial can't be gone back from: {error}"

    async def _note_time(self) -> None:
        now = self._now()
        try:
            await self._write(lambda: self._trials.note_time(now))
            self._problem = ""
        except StorageError as error:
            self._problem = str(error)

    # --- saving ------------------------------------------------------------------------------

    async def _change(self, save: Callable[[], StoredConfig]) -> Changed:
        async with self._changing:
            before = self._trials.store.current.settings
            stored = await self._write(save)
            self._problem = ""
            await self._needs.apply(stored)
        return stored.generation, describe_changes(before, stored.settings)

    async def _write(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._needs.store.submit(work))

    @property
    def _generation(self) -> int:
        return self._trials.store.current.generation

    def _tell(self, sentence: str) -> None:
        self._needs.tell(StoryNote("", sentence))

    def _now(self) -> Moment:
        clock = self._needs.clock
        return Moment(clock.utc(), clock.monotonic(), self._needs.boot_id)

    def _gone_back(self) -> str:
        return (
            "Nobody kept the settings on trial in time: gone back to those before,"
            f" as generation {self._generation}"
        )


def _whose(by: str) -> str:
    return f" ({by})" if by else ""


def _length(seconds: float) -> str:
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"
