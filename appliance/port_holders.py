"""Which programs have a serial port open, as far as /proc lets this user see, and what to do."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MODEM_MANAGER = "ModemManager"
MODEM_MANAGER_STEP = (
    "run 'sudo systemctl disable --now ModemManager', or install the udev rules "
    "(counterbell udev-rules), which tell it to leave modems alone (ID_MM_DEVICE_IGNORE)"
)
NAMELESS_STEP = "'sudo counterbell doctor' can name it"


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that has a port open. ``locks``: it holds the port's lock (flock)."""

    pid: int
    program: str
    locks: bool = False

    def __str__(self) -> str:
        return f"{self.program or 'a program'} (process {self.pid})"


def port_holders(real: str, proc: Path = PROC) -> tuple[Holder, ...]:
    """Who has the device ``real`` open, those that locked it first; our own process too.

    Locks are told to everybody (proc_locks(5)), open descriptors of other users to root alone.
    """
    try:
        node = os.stat(real)
    except OSError:
        return ()
    found = {pid: Holder(pid, _program(proc, pid), True) for pid in _lockers(node, proc)}
    for link in proc.glob("[0-9]*/fd/*"):
        with suppress(OSError):
            pid = int(link.parts[-3])
            if pid not in found and os.path.samestat(os.stat(link), node):
                found[pid] = Holder(pid, _program(proc, pid))
    return tuple(found.values())


def held_reason(path: str, real: str, proc: Path = PROC) -> str:
    """Why ``path`` can't be had, when somebody else has it: who, and what to do."""
    holders = port_holders(real, proc)
    if holders:
        step = f": {MODEM_MANAGER_STEP}" if holders[0].program == MODEM_MANAGER else ""
        return f"{path} is used by {holders[0]}{step}"
    running = running_program(MODEM_MANAGER, proc)
    if running is not None:
        who = f"perhaps {running}, which runs here: {MODEM_MANAGER_STEP}"
        return f"{path} is used by another program, {who}; {NAMELESS_STEP}"
    return f"{path} is used by another program: {NAMELESS_STEP}"


def running_program(program: str, proc: Path = PROC) -> Holder | None:
    """A running process of that name; names are told to everybody."""
    for comm in proc.glob("[0-9]*/comm"):
        with suppress(OSError):
            if comm.read_text(encoding="utf-8", errors="replace").strip() == program:
                return Holder(int(comm.parent.name), program)
    return None


def _lockers(node: os.stat_result, proc: Path) -> list[int]:
    try:
        locks = (proc / "locks").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    # device and inode: every container has a /dev/pts/0 of its own (proc_locks(5))
    wanted = f"{os.major(node.st_dev):02x}:{os.minor(node.st_dev):02x}:{node.st_ino}"
    rows = [line.split() for line in locks.splitlines()]
    return [
        int(row[4])
        for row in rows
        if len(row) > 5 and row[1] == "FLOCK" and row[5] == wanted and row[4].isdecimal()
    ]


def _program(proc: Path, pid: int) -> str:
    try:
        return (proc / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
