"""The image under test, the emulated telephone network, and the guest that most tests share."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from appliance.simulator.cellular.line import CellularConfig
from appliance.simulator.cellular.sim_card import SimConfig
from appliance.simulator.network import LineConfig, NetworkConfig
from tests.guest.box import Box
from tests.guest.card import Card, open_card
from tests.guest.guest import Guest
from tests.guest.line import Network
from tests.guest.page import claim, claim_code
from tests.web.conftest import ARGUMENTS, CHROMIUM

WORK = Path(__file__).parents[2] / "build" / "guest"
_BEGAN = time.monotonic()
Tell = Callable[[str], None]


@pytest.fixture(scope="session")
def tell() -> Tell:
    """One line of progress, with the time since the beginning; all of them are kept, too."""
    WORK.mkdir(parents=True, exist_ok=True)
    log = WORK / "figures.txt"
    log.write_text("")

    def say(words: str) -> None:
        line = f"    {time.monotonic() - _BEGAN:5.0f} s  {words}"
        sys.__stdout__.write(f"\n{line}") if sys.__stdout__ else None
        with log.open("a") as file:
            file.write(f"{line}\n")

    return say


@pytest.fixture(scope="session")
def card(tell: Tell) -> Card:
    named = os.environ.get("COUNTERBELL_IMAGE", "")
    assert named, "name the image: ./provision.sh test image IMAGE"
    tell(f"the image {named}")
    return open_card(Path(named), WORK / "card")


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    ports = WORK / "ports"
    landline = LineConfig("landline", ports / "line0")
    globe = CellularConfig(
        "globe", ports / "at0", "sim7600", "serial_pcm", ports / "pcm0", sim=SimConfig()
    )
    with Network(NetworkConfig(lines=(landline,), cellular=(globe,))) as made:
        yield made


@pytest.fixture(scope="session")
def guest(card: Card) -> Iterator[Guest]:
    """The first card, powered on with nothing plugged in."""
    made = Guest("first", card, WORK / "first")
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def box(guest: Guest, tell: Tell) -> Box:
    """Booted for the first time."""
    tell("its root shell is there: the kernel has found its root file system")
    made = Box(guest)
    made.booted()
    return made


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def claimed(box: Box, chromium: Browser, tell: Tell) -> Box:
    """Claimed in a browser with the code that the console shows."""
    claim(chromium, box.guest.url, claim_code(box.guest))
    tell("claimed in a browser")
    return box


@pytest.fixture(scope="session")
def shop(claimed: Box, tell: Tell) -> Box:
    """With the shop's settings, and no modem yet."""
    claimed.open_shop()
    tell("the shop's settings are in force, its prompts spoken")
    return claimed


@pytest.fixture(scope="session")
def landline(shop: Box, network: Network, tell: Tell) -> Box:
    """With a voice modem on the landline, plugged in long after the boot."""
    assert not shop.is_ready("landline")
    plugged_s = shop.guest.uptime_s()
    network.connect(line0=shop.guest.serial("line0"))
    shop.guest.plug("line0")
    took_s = shop.until_ready("landline")
    tell(f"a modem plugged in {plugged_s:.0f} s after the boot serves {took_s:.1f} s later")
    return shop
