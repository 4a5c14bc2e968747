"""The daemon with 8 lines and a HAT that nobody uses: processor, wakeups, memory."""

import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from appliance.control.client import Client
from tests.idle_shop import (
    READY_S,
    Taken,
    memory_kib,
    network_toml,
    shop_toml,
    taken,
    until_at_rest,
)
from tests.real.rig import Running, counterbell, running

SETTLE_S, IDLE_S = 5.0, 20.0


def rows() -> list[tuple[str, str, str]]:
    """(figure, measured, bar)."""
    folder = Path(tempfile.mkdtemp(prefix="counterbell-idle-"))
    try:
        return _measure(folder)
    finally:
        shutil.rmtree(folder)


def _measure(folder: Path) -> list[tuple[str, str, str]]:
    state = folder / "state"
    (folder / "shop.toml").write_text(shop_toml())
    (folder / "network.toml").write_text(network_toml())
    imported = counterbell("config", "import", folder / "shop.toml", state=state)
    assert imported.returncode == 0, imported.stderr
    with running("simulate", "serve", "--config", folder / "network.toml", state=state) as network:
        network.until("ready")
        with running("run", state=state) as daemon:
            daemon.until("ready", READY_S)
            client = Client(state / "control.sock")
            lines = until_at_rest(client)
            client.close()
            _let_run(daemon, SETTLE_S)
            before = taken(daemon.pid)
            _let_run(daemon, IDLE_S)
            after = taken(daemon.pid)
            memory = memory_kib(daemon.pid)
            daemon.stop()
    return _table(lines, before, after, memory["Rss"], memory["Pss"])


def _let_run(daemon: Running, seconds: float) -> None:
    """Raises AssertionError when the daemon ends meanwhile."""
    with suppress(subprocess.TimeoutExpired):
        raise AssertionError(f"the daemon ended: {daemon.process.wait(seconds)}")


def _table(
    lines: int, before: Taken, after: Taken, rss_kib: int, pss_kib: int
) -> list[tuple[str, str, str]]:
    spent_s = after.at_s - before.at_s
    share = 100 * (after.total_s - before.total_s) / spent_s
    threads = [
        (
            f"  thread {name}",
            f"{100 * (after.cpu_s[name] - before.cpu_s.get(name, 0.0)) / spent_s:.2f} %, "
            f"{(after.wakeups[name] - before.wakeups.get(name, 0)) / spent_s:.1f} wakeups/s",
            "-",
        )
        for name in after.cpu_s
    ]
    return [
        (f"processor, {lines} lines idle for {spent_s:.0f} s", f"{share:.2f} % of a core", "3 %"),
        *threads,
        ("resident memory", f"{rss_kib / 1024:.1f} MiB", "120 MiB"),
        ("memory, shared pages divided", f"{pss_kib / 1024:.1f} MiB", "-"),
    ]
