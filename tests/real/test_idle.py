"""A shop of eight lines on ptys that nobody calls: what the real daemon holds in memory."""

from contextlib import closing
from pathlib import Path

from appliance.control.client import Client
from tests.idle_shop import READY_S, memory_kib, network_toml, shop_toml, until_at_rest
from tests.real.conftest import furnish
from tests.real.rig import running

RESIDENT_KIB = 120 * 1024
LEAST_KIB = 20 * 1024  # less would not be a daemon with its audio loop


def test_eight_lines_fit_in_120_mib(tmp_path: Path, prompts: Path) -> None:
    (tmp_path / "shop.toml").write_text(shop_toml())
    (tmp_path / "network.toml").write_text(network_toml())
    state = furnish(tmp_path / "state", prompts, tmp_path / "shop.toml")
    with running("simulate", "serve", "--config", tmp_path / "network.toml", state=state) as net:
        net.until("ready")
        with running("run", state=state) as daemon:
            daemon.until("ready", READY_S)
            with closing(Client(state / "control.sock")) as client:
                assert until_at_rest(client) == 8
            resident = memory_kib(daemon.pid)["Rss"]
            assert daemon.stop() == 0
    assert LEAST_KIB < resident <= RESIDENT_KIB
