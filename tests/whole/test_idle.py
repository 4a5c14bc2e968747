"""Eight lines that nobody calls: how often the daemon wakes up, which no slow machine changes."""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.app import Appliance
from appliance.simulator.config_file import parse_network
from appliance.simulator.network import SimulatedNetwork
from tests.idle_shop import network_toml, shop_toml
from tests.whole.shop import Shop

SECONDS = 60
# A wakeup is a moment at which the daemon does anything but the audio tick. Of them each second has
# 4 looks after recordings, 2 at the ports of all lines, and the beat; then there are the questions
# to modems.
WAKEUPS_A_SECOND = 8.0
CALLBACKS_A_SECOND = 35.0
TICK = "AudioEngine.start_virtual.<locals>.tick"


class IdleShop(Shop):
    """The shop of `tests.idle_shop`. ``done``: the daemon's callbacks, ``moments``: when."""

    def __init__(self, state: Path, prompts: Path) -> None:
        self.done: Counter[str] = Counter()
        self.moments: set[float] = set()
        super().__init__(state, prompts, toml=shop_toml())
        config = parse_network(tomllib.loads(network_toml()), state)
        self.network = SimulatedNetwork(self.loop, config)
        self.box = self.make_box()

    def make_box(self) -> Appliance:
        box = super().make_box()
        run = self.mortal._run

        def counted(work: Callable[..., object], *args: Any) -> None:
            name = getattr(work, "__qualname__", repr(work))
            if name != TICK:
                self.done[name] += 1
                self.moments.add(self.loop.time())
            run(work, *args)

        self.mortal._run = counted  # type: ignore[method-assign]
        return box

    def _identify(self, path: str) -> object | None:
        return path


@pytest.fixture
def shop(tmp_path: Path, prompts: Path) -> Iterator[IdleShop]:
    with IdleShop(tmp_path / "state", prompts) as shop:
        yield shop


def test_an_idle_daemon_seldom_wakes(shop: IdleShop) -> None:
    shop.until(lambda: {line["state"] for line in shop.status["lines"]} == {"ready"})
    assert len(shop.status["lines"]) == 8
    shop.pass_s(10.0)
    shop.done.clear()
    shop.moments.clear()
    shop.pass_s(SECONDS)
    callbacks = shop.done.total() / SECONDS
    wakeups = len(shop.moments) / SECONDS
    told = f"{wakeups:.1f} wakeups and {callbacks:.1f} callbacks a second: {shop.done}"
    assert shop.done["Repeats.every.<locals>.again"] > SECONDS, "nothing was counted"
    assert wakeups <= WAKEUPS_A_SECOND, told
    assert callbacks <= CALLBACKS_A_SECOND, told
