"""The reset button, and what it erases; time and pins of the test's own, cut off anywhere."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from appliance.box import factory_reset
from appliance.box.factory_reset import decide, finish
from appliance.box.first_boot import Needs, start_box
from appliance.box.places import Places
from appliance.box.reset_button import HOLD_S, LET_GO_S, Asked, ask_button, button_and_lamp
from appliance.errors import StateFolderLocked
from appliance.loop import VirtualClock
from appliance.settings.boards import BOARDS
from appliance.storage.accounts import Accounts
from tests.unit.box_rig import CutDisk, PowerCut, Programs, claim, new_box

LAMP, BUTTON = 10, 11


class Hand:
    """Time in which a finger lets go at ``until_s``; what the lamp did meanwhile."""

    def __init__(self, pins: MockFactory, until_s: float) -> None:
        self.pins = pins
        self.until_s = until_s
        self.at_s = 0.0
        self.lamp: list[bool] = []

    def now(self) -> float:
        return self.at_s

    def wait(self, seconds: float) -> None:
        self.lamp.append(bool(self.pins.pin(LAMP).state))
        self.at_s += seconds
        if self.at_s >= self.until_s:
            self.pins.pin(BUTTON).drive_high()


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    factory = MockFactory()
    yield factory
    factory.close()


def asked(pins: MockFactory, held_s: float) -> tuple[Asked, Hand]:
    hand = Hand(pins, held_s)
    with button_and_lamp(pins, BUTTON, LAMP) as (button, lamp):
        if held_s:
            pins.pin(BUTTON).drive_low()
        found = ask_button(button, lamp, hand, lambda _sentence: None)
    return found, hand


def test_the_pins_are_the_pin_tables() -> None:
    assert BOARDS["box"] == {"lamp_gpio": LAMP, "reset_button_gpio": BUTTON}


def test_a_button_at_rest_costs_no_time(pins: MockFactory) -> None:
    found, hand = asked(pins, 0.0)
    assert found is Asked.NO
    assert hand.at_s == 0.0


@pytest.mark.parametrize("held_s", [0.1, 2.0, HOLD_S - 0.2])
def test_let_go_early_nothing_is_asked(pins: MockFactory, held_s: float) -> None:
    assert asked(pins, held_s)[0] is Asked.LET_GO_EARLY


@pytest.mark.parametrize("held_s", [HOLD_S + 0.2, HOLD_S + 5, HOLD_S + LET_GO_S - 0.5])
def test_held_and_let_go_it_is_asked(pins: MockFactory, held_s: float) -> None:
    found, hand = asked(pins, held_s)
    assert found is Asked.YES
    blinking, lit = hand.lamp[:50], hand.lamp[52:]
    changes = sum(a != b for a, b in pairwise(blinking))
    assert 20 <= changes <= 26  # five seconds of it
    assert all(lit)


def test_a_stuck_button_erases_nothing(pins: MockFactory) -> None:
    found, hand = asked(pins, 1e9)
    assert found is Asked.STUCK
    assert hand.at_s == pytest.approx(HOLD_S + LET_GO_S, abs=0.2)


# --- what is erased ------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Places:
    places = new_box(tmp_path)
    claim(places)
    for path in (
        places.state / "recordings/2026-11-22/x.wav",
        places.state / "history.sqlite",
        places.state / "before-restore-1/users.json",
        places.page_state / "web-secret",
        places.kept / "owner-file",
        places.wifi,
        places.wifi_country,
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("the shop's")
    (places.state / "lost+found").mkdir()
    outside = places.root / "outside"
    outside.mkdir()
    (outside / "kept").write_text("not the shop's")
    (places.state / "link").symlink_to(outside)
    return places


def is_clean(places: Places) -> bool:
    assert (places.root / "outside/kept").exists()
    left = {path.name for path in places.state.iterdir()} | {
        path.name for path in places.page_state.iterdir()
    }
    gone = not places.wifi.exists() and not places.wifi_country.exists()
    return left == {"lost+found"} and gone and not list(places.kept.iterdir())


def test_the_box_is_as_on_its_first_day(shop: Places) -> None:
    told: list[str] = []
    assert start_box(Needs(shop, Programs(), told.append, lambda: True, lambda: False))
    assert is_clean(shop)
    assert "erased" in told[0]
    accounts = Accounts(shop.state, VirtualClock())
    assert not accounts.claimed
    assert len(accounts.claim_code()) == 8


def test_not_asked_for_nothing_is_erased(shop: Places) -> None:
    start_box(Needs(shop, Programs(), lambda _text: None, lambda: False, lambda: False))
    assert (shop.state / "history.sqlite").exists()
    assert shop.wifi.exists()


@pytest.mark.parametrize("steps", range(4))
def test_a_cut_while_it_is_decided_is_all_or_nothing(shop: Places, steps: int) -> None:
    with pytest.raises(PowerCut):
        decide(shop, CutDisk(steps))
    was_decided = (shop.kept / "factory-reset").exists()
    assert finish(shop) == was_decided
    assert (shop.state / "history.sqlite").exists() != was_decided


@pytest.mark.parametrize("steps", range(14))
def test_a_cut_while_it_erases_is_finished(
    shop: Places, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(shop)
    disk = CutDisk(steps)
    rmtree = shutil.rmtree

    def cut_too(path: Path) -> None:
        (path / "half").mkdir(exist_ok=True)
        disk._step()
        rmtree(path)

    with monkeypatch.context() as patch:
        patch.setattr(factory_reset, "Disk", lambda: disk)
        patch.setattr(factory_reset.shutil, "rmtree", cut_too)
        with suppress(PowerCut):
            finish(shop)
    finish(shop)
    assert is_clean(shop)
    assert not finish(shop)


def test_nothing_is_erased_under_a_running_daemon(shop: Places) -> None:
    decide(shop)
    fd = os.open(shop.state / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    with pytest.raises(StateFolderLocked):
        finish(shop)
    assert (shop.state / "history.sqlite").exists()
    os.close(fd)
    assert finish(shop)
    assert is_clean(shop)
