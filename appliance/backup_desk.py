"""Saving the shop and bringing it back for the page: in a child process, never in the daemon.

The child is `counterbell backup`: it gets the passphrase on its standard input. What it makes goes
straight to the page, through a socket whose other end the page was given; what the page uploads is
kept on the card, sealed as it is, until a passphrase was found to fit.
"""

import asyncio
import contextlib
import os
import re
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from appliance.backup.restoring import UPLOAD, forget, kept, staged
from appliance.backup.sealed import check_passphrase
from appliance.errors import BackupError
from appliance.interfaces import Clock
from appliance.tied import tie

_SPARE = 64 * 2**20  # bytes on the card that an upload leaves to calls
_LAST_WORDS = 4096  # of the child's standard error


class BackupDesk:
    """One child at a time. Main thread only, but `upload`, `state` and `forget`: any thread.

    ``restart``: ends the daemon's run so that the next one follows. ``shop``: its name.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        shop: Callable[[], str],
        restart: Callable[[], None],
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._shop = shop
        self._restart = restart
        self._child: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._doing = ""
        self._problem = ""

    async def make(self, passphrase: str, recordings: bool) -> tuple[dict[str, Any], int]:
        """``{name}`` and the socket from which the file comes; how it ended is in `state`.

        A file that somebody stopped taking is given up for the new one. Raises BackupError.
        """
        check_passphrase(passphrase)
        if self._doing == "making":
            await self._end()
        self._refuse_a_second()
        ours, theirs = socket.socketpair()
        with ours:
            options = ["--recordings"] if recordings else []
            try:
                await self._begin("making", passphrase, ["make", "-", *options], ours)
            except OSError:
                theirs.close()
                raise
        at = time.strftime("%Y-%m-%d", time.localtime(self._clock.utc()))
        shop = re.sub(r"[^\w-]+", "-", self._shop()).strip("-")[:60] or "shop"
        return {"name": f"{shop}-{at}.counterbell"}, theirs.detach()

    def upload(self) -> tuple[dict[str, Any], int]:
        """``{most_bytes}`` and an empty file for a saved shop. Raises BackupError, OSError."""
        self._refuse_a_second()
        path = self._folder / UPLOAD
        path.unlink(missing_ok=True)  # whoever writes the one before writes into nothing
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        card = os.fstatvfs(fd)
        return {"most_bytes": max(0, card.f_bavail * card.f_frsize - _SPARE)}, fd

    async def restore(self, passphrase: str) -> None:
        """Begin to check what was uploaded; what comes of it is in `state`. Raises BackupError."""
        self._refuse_a_second()
        path = self._folder / UPLOAD
        if not path.exists():
            raise BackupError("send the file first")
        await self._begin("checking", passphrase, ["restore", str(path), "--later"], None)

    def state(self) -> dict[str, Any]:
        """What is being done, how the last one failed, and what the next start brings back."""
        plan, before = staged(self._folder), kept(self._folder)
        told = None
        if plan is not None:
            told = msgspec.to_builtins(plan)
            del told["old"]
        return {
            "doing": self._doing,
            "problem": self._problem,
            "staged": told,
            "before": {"name": before[0], "bytes": before[1]} if before else None,
        }

    def forget(self) -> None:
        """Bring nothing back. Raises BackupError."""
        self._refuse_a_second()
        self._drop_upload()
        forget(self._folder)
        self._problem = ""

    def restart(self) -> None:
        self._refuse_a_second()
        self._restart()

    async def close(self) -> None:
        """End the child, if there is one."""
        await self._end()

    # --- the child -----------------------------------------------------------------------------

    def _refuse_a_second(self) -> None:
        if self._doing:
            raise BackupError("the shop is being saved or brought back already: wait")

    async def _begin(
        self, doing: str, passphrase: str, words: list[str], out: socket.socket | None
    ) -> None:
        command = [sys.executable, "-m", "appliance.cli", "backup", *words]
        self._doing, self._problem = doing, ""
        try:
            child = await asyncio.create_subprocess_exec(
                *command, "--state", str(self._folder), "--passphrase-file", "-",
                stdin=asyncio.subprocess.PIPE,
                stdout=out.fileno() if out is not None else asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env={**os.environ, **tie()},
            )  # fmt: skip
        except OSError:
            self._doing = ""
            raise
        self._child = child
        self._watching = asyncio.create_task(self._watch(child, passphrase))

    async def _watch(self, child: asyncio.subprocess.Process, passphrase: str) -> None:
        _, told = await child.communicate(f"{passphrase}\n".encode())
        if child.returncode == 0:
            if self._doing == "checking":
                self._drop_upload()
        else:
            words = told[-_LAST_WORDS:].decode("utf-8", "replace").strip().splitlines()
            last = words[-1].removeprefix("counterbell: ") if words else ""
            self._problem = last or "it was stopped before its end"
        self._doing, self._child = "", None

    async def _end(self) -> None:
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.terminate()
        if self._watching is not None:
            await asyncio.gather(self._watching, return_exceptions=True)

    def _drop_upload(self) -> None:
        with contextlib.suppress(OSError):
            (self._folder / UPLOAD).unlink()
