"""What a box costs that does nothing: memory, and bytes written to its card."""

from tests.guest.box import SERVICES, Box
from tests.guest.conftest import Tell
from tests.guest.wires import pause

MOST_MEMORY_MIB = 200
IDLE_S = 120.0
_DAY_S = 86400


def test_an_idle_box_is_small_and_spares_its_card(landline: Box, tell: Tell) -> None:
    shop = landline
    shop.ask("sync")
    before = shop.guest.monitor.written()
    pause(IDLE_S)
    shop.ask("sync")
    written = shop.guest.monitor.written() - before
    memory_mib = 0.0
    for unit in SERVICES:
        used = 0.0
        for pid in shop.ask(f"cat /sys/fs/cgroup/system.slice/{unit}/cgroup.procs").split():
            rollup = shop.ask(f"cat /proc/{pid}/smaps_rollup").splitlines()
            used += next(int(row.split()[1]) for row in rollup if row.startswith("Pss:")) / 1024
        tell(f"idle memory of {unit}: {used:.0f} MiB")
        memory_mib += used
    day_mb = written * _DAY_S / IDLE_S / 1e6
    tell(f"written in {IDLE_S:.0f} idle s: {written / 1000:.0f} kB, {day_mb:.1f} MB a day")
    assert memory_mib <= MOST_MEMORY_MIB
    for unit in SERVICES:
        assert shop.properties(unit, "NRestarts") == {"NRestarts": "0"}
