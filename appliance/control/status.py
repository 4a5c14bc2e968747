"""The status board: one immutable snapshot with a revision, and those who wait for the next one."""

import asyncio
from collections.abc import Mapping
from typing import Any


class StatusBoard:
    """Main thread only. ``first_revision`` should differ between starts (UTC seconds will do)."""

    def __init__(self, first_revision: int = 0) -> None:
        self._snapshot: Mapping[str, Any] = {
            "revision": first_revision,
            "at": 0.0,
            "shop": "",
            "lines": [],
            "stations": [],
            "sound_cards": [],
            "calls": [],
            "today": {"calls": 0, "answered": 0, "missed": 0, "messages_new": 0, "texts_new": 0},
            "texts_revision": 0,
            "storage": {"free_bytes": 0, "recording": "off", "problem": ""},
            "problems": [],
            "on_trial": None,
        }
        self._waiters: set[asyncio.Future[None]] = set()

    @property
    def snapshot(self) -> Mapping[str, Any]:
        """The newest snapshot; treat it as frozen."""
        return self._snapshot

    def publish(self, snapshot: Mapping[str, Any]) -> bool:
        """Make ``snapshot`` (without a revision) the newest one; True when anything changed.

        A later ``at`` alone is no change: it would wake every page for nothing.
        """
        revision = self._snapshot["revision"]
        at = self._snapshot["at"]
        if {**snapshot, "revision": revision, "at": at} == self._snapshot:
            return False
        self._snapshot = {**snapshot, "revision": revision + 1}
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        return True

    async def newer(self, since: int, wait_s: float) -> Mapping[str, Any]:
        """The snapshot once its revision is not ``since``, at the latest after ``wait_s``."""
        if self._snapshot["revision"] == since and wait_s > 0:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await asyncio.wait((waiter,), timeout=wait_s)
            finally:
                self._waiters.discard(waiter)
                waiter.cancel()
        return self._snapshot
