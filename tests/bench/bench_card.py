"""What a box takes: memory of daemon and page, bytes written to the card while idle and in calls.

Real processes; bytes are the kernel's own count of what they made dirty (proc(5), io: write_bytes),
so the state folder has to lie on a disk.
"""

import os
import shutil
import socket
import tempfile
import time
from pathlib import Path

from appliance.control.client import Client
from tests.bench.bench_idle import _let_run
from tests.idle_shop import READY_S, memory_kib, until_at_rest
from tests.real.rig import Running, counterbell, running

SETTLE_S, IDLE_S, CALL_S = 10.0, 90.0, 60
CALLS_AN_HOUR = 20  # of three minutes each
_SHOP = """
[shop]
name = "Bench"
country = "US"
[recording]
mode = "always"
confirmed_by = "a benchmark"
[[linecard]]
name = "hat0"
port = "devices/hat0"
[[line]]
name = "landline"
driver = "voice_modem"
port = "devices/line0"
answer = "station:11"
[[station]]
extension = "11"
name = "Counter"
driver = "linecard_fxs"
linecard = "hat0"
socket = 1
"""
_NETWORK = """
[[line]]
name = "landline"
port = "devices/line0"
[[hat]]
name = "hat0"
port = "devices/hat0"
[[phone]]
extension = "11"
hat = "hat0"
socket = 1
"""


def rows() -> list[tuple[str, str, str]]:
    """(figure, measured, bar)."""
    folder = Path(tempfile.mkdtemp(prefix="counterbell-card-", dir=Path(__file__).parents[2]))
    try:
        return _measure(folder)
    finally:
        shutil.rmtree(folder)


def _measure(folder: Path) -> list[tuple[str, str, str]]:
    state = folder / "state"
    (folder / "shop.toml").write_text(_SHOP)
    (folder / "network.toml").write_text(_NETWORK)
    imported = counterbell("config", "import", folder / "shop.toml", state=state)
    assert imported.returncode == 0, imported.stderr
    with (
        running("simulate", "serve", "--config", folder / "network.toml", state=state) as network,
        running("run", state=state) as daemon,
        running("web", "--port", _free_port(), state=state) as page,
    ):
        network.until("ready")
        daemon.until("ready", READY_S)
        with Client(state / "control.sock") as client:
            until_at_rest(client)
            _let_run(daemon, SETTLE_S)
            told = counterbell("simulate", "phones", "--answer-after", 2, state=state)
            assert told.returncode == 0, told.stderr
            memory = {
                name: memory_kib(one.pid) for name, one in (("daemon", daemon), ("page", page))
            }
            idle = _idle(daemon, page)
            call = _call(daemon, client, state)
        page.stop()
        daemon.stop()
    return [*_memory_rows(memory), _idle_row(idle), *_call_rows(*call)]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def written(*processes: Running) -> int:
    """Bytes that these processes and their children have made dirty, of what goes to a disk."""
    return sum(_written(one.pid) for one in processes)


def _written(pid: int) -> int:
    own = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return int(own["write_bytes"]) + sum(_written(child) for child in children)


def _idle(daemon: Running, page: Running) -> float:
    """Bytes a second."""
    before, begun = written(daemon, page), time.monotonic()
    _let_run(daemon, IDLE_S)
    return (written(daemon, page) - before) / (time.monotonic() - begun)


def _call(daemon: Running, client: Client, state: Path) -> tuple[float, float]:
    """Bytes a second of talk, and what a call takes besides its sound."""
    before = written(daemon)
    words = ["simulate", "call", "--hang-up-after", str(CALL_S)]
    with running(*words, state=state) as caller:
        status = client.call("status.get")
        while not any(call["state"] == "talking" for call in status["calls"]):
            status = client.call("status.changes", since=status["revision"], wait_s=1.0)
        _let_run(daemon, 10.0)
        early, at = written(daemon), time.monotonic()
        _let_run(daemon, CALL_S - 25.0)
        a_second = (written(daemon) - early) / (time.monotonic() - at)
        caller.ended()
    until_at_rest(client)
    _let_run(daemon, 5.0)
    sound = sum(file.stat().st_size for file in (state / "recordings").glob("*/*.wav"))
    assert sound > 16_000 * (CALL_S - 10), sound
    os.sync()
    return a_second, max(0.0, written(daemon) - before - a_second * CALL_S)


def _memory_rows(memory: dict[str, object]) -> list[tuple[str, str, str]]:
    told = []
    total = 0
    for name, kib in memory.items():
        assert isinstance(kib, dict)
        told.append((f"memory of the {name}, idle", f"{kib['Rss'] / 1024:.1f} MiB", "-"))
        total += kib["Rss"]
    return [*told, ("memory of both", f"{total / 1024:.1f} MiB", "200 MiB")]


def _idle_row(a_second: float) -> tuple[str, str, str]:
    return ("written in an idle day", f"{a_second * 86400 / 1e6:.1f} MB", "20 MB")


def _call_rows(a_second: float, besides: float) -> list[tuple[str, str, str]]:
    hour = a_second * 3600 + besides * CALLS_AN_HOUR
    return [
        ("written a second of a two-sided recording", f"{a_second / 1000:.1f} kB", "-"),
        ("written a call besides", f"{besides / 1000:.0f} kB", "-"),
        (f"written in an hour of {CALLS_AN_HOUR} calls", f"{hour / 1e6:.1f} MB", "90 MB"),
    ]
