"""A shop of eight lines that nobody calls: configuration, network, what its daemon takes."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.control.client import Client

VOICE = ("usr5637", "conexant", "si24xx", "usr5637")
MOBILE = ("ec25", "sim7600", "ec25", "sim7600")
SOCKETS = 4
READY_S = 90.0  # for the prompts to be spoken, the modems to be set up
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

_SHOP = """
[shop]
name = "Idle shop"
country = "US"
[recording]
mode = "off"
[[linecard]]
name = "hat0"
port = "devices/hat0"
[[ring_group]]
name = "orders"
stations = ["11", "12"]
ring_for_s = 20
otherwise = "hang_up"
"""
_VOICE = """
[[line]]
name = "landline{n}"
driver = "voice_modem"
port = "devices/line{n}"
answer = "ring_group:orders"
"""
_MOBILE = """
[[line]]
name = "mobile{n}"
driver = "cellular"
port = "devices/modem{n}"
audio = "serial_pcm"
audio_port = "devices/pcm{n}"
answer = "ring_group:orders"
"""
_STATION = """
[[station]]
extension = "{extension}"
name = "Handset {n}"
driver = "linecard_fxs"
linecard = "hat0"
socket = {n}
"""


def shop_toml() -> str:
    """Four voice modems, four mobile lines with serial PCM, a HAT with four handsets."""
    return "".join(
        [
            _SHOP,
            *(_VOICE.format(n=n) for n in range(len(VOICE))),
            *(_MOBILE.format(n=n) for n in range(len(MOBILE))),
            *(_STATION.format(n=n, extension=10 + n) for n in range(1, SOCKETS + 1)),
        ]
    )


def network_toml() -> str:
    """The devices that `shop_toml` names, for ``counterbell simulate serve --config``."""
    told = ['[[hat]]\nname = "hat0"\nport = "devices/hat0"\n']
    told.append(f"fxs = {list(range(1, SOCKETS + 1))}\n")
    for n, profile in enumerate(VOICE):
        told.append(f'[[line]]\nname = "landline{n}"\nport = "devices/line{n}"\n')
        told.append(f'profile = "{profile}"\n')
    for n, profile in enumerate(MOBILE):
        told.append(f'[[cellular]]\nname = "mobile{n}"\nport = "devices/modem{n}"\n')
        told.append(f'profile = "{profile}"\naudio = "serial_pcm"\naudio_port = "devices/pcm{n}"\n')
    return "".join(told)


def until_at_rest(client: Client) -> int:
    """Wait until every line is ready and every handset idle; how many lines there are."""
    deadline = time.monotonic() + READY_S
    status: dict[str, Any] = client.call("status.get")
    while not _is_at_rest(status):
        assert time.monotonic() < deadline, status
        status = client.call("status.changes", since=status["revision"], wait_s=1.0)
    return len(status["lines"])


def _is_at_rest(status: dict[str, Any]) -> bool:
    states = {one["state"] for kind in ("lines", "stations") for one in status[kind]}
    return states == {"ready", "idle"}


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process had taken at one moment. CPU in seconds and wakeups, by thread."""

    at_s: float
    cpu_s: Mapping[str, float]
    wakeups: Mapping[str, int]

    @property
    def total_s(self) -> float:
        return sum(self.cpu_s.values())


def taken(pid: int) -> Taken:
    """Read it from /proc; a thread is named by its number and its kernel's name."""
    cpu, wakeups = {}, {}
    for folder in sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda path: int(path.name)):
        begin, _, rest = (folder / "stat").read_text().rpartition(")")
        name = f"{len(cpu) + 1} {begin.partition('(')[2]}"
        fields = rest.split()
        # schedstat counts nanoseconds where the kernel has it; stat's ticks are 10 ms.
        cpu[name] = _run_s(folder) or (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND
        told = dict(
            line.split(":", 1)
            for line in (folder / "status").read_text().splitlines()
            if ":" in line
        )
        wakeups[name] = int(told["voluntary_ctxt_switches"])
    return Taken(time.monotonic(), cpu, wakeups)


def _run_s(folder: Path) -> float:
    try:
        return int((folder / "schedstat").read_text().split()[0]) / 1e9
    except (FileNotFoundError, IndexError):
        return 0.0


def memory_kib(pid: int) -> Mapping[str, int]:
    """``Rss``, ``Pss`` and their like of a process, in KiB, from smaps_rollup."""
    told = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        told[name] = int(rest.split()[0])
    return told
