"""The watchdog is fed only while the audio loop ticks."""

import socket
from pathlib import Path

from appliance.watchdog import Watchdog


def test_fed_only_when_the_tick_counter_moved(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        watchdog = Watchdog({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        watchdog.ready()
        assert watchdog.feed(10)
        assert not watchdog.feed(10)
        assert watchdog.feed(11)
        heard = [manager.recv(64) for _ in range(3)]
        assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]


def test_without_a_service_manager_it_is_silent() -> None:
    assert Watchdog({}).feed(1)


def test_a_manager_that_went_away_hurts_nobody(tmp_path: Path) -> None:
    assert Watchdog({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).feed(1)
