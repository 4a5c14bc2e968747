"""New firmware over the link into the real image: the loader, two slots, trial, going back."""

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.linecard.update import UpdateFailed, Updater
from appliance.loop import VirtualLoop
from appliance.serial_port import open_linecard
from firmware.linecard.image import lms_signer
from firmware.linecard.image.sign import make_update
from tests.rp2040.card_port import CardPort
from tests.rp2040.emulated_card import EmulatedCard
from tests.rp2040.firmware_files import (
    BOARD,
    PLACES,
    SLOT_A,
    SLOT_B,
    boot_record,
    hanging_programs,
    hanging_update,
    part_for,
    real_update,
    vectors,
)
from tests.rp2040.link_host import LinkHost

OLD, NEW = "0.2.0", (0, 3, 0)
SETTLED, WENT_BACK = 0, 2
BY_UPDATE = 3  # HEALTH's last byte
LEAST_STACK_LEFT = 1024
HALTED_FOR_USB = 5
TYPICAL = {"erase_ms": 45, "program_ms": 0.7}


class Rig:
    """A card, its port, and the daemon's client at it."""

    def __init__(self, card: EmulatedCard) -> None:
        self.card = card
        self.loop = VirtualLoop()
        self.port = CardPort(self.loop, card)
        self.progress: list[int] = []

    def close(self) -> None:
        self.port.close()
        self.loop.close()

    def moved_on(self, percent: int) -> None:
        self.progress.append(percent)

    def flash(self, file: bytes) -> str:
        asyncio.set_event_loop(self.loop)
        updater = Updater(self.loop, file, progress=self.moved_on)
        run = asyncio.wait_for(updater.run(self.port.path, open_linecard), 120)
        return self.loop.run_until_complete(run)


@pytest.fixture
def rig(card: EmulatedCard) -> Iterator[Rig]:
    made = Rig(card)
    yield made
    made.close()


def read_flash(card: EmulatedCard, offset: int, count: int) -> bytes:
    return base64.b64decode(card.ask("read_flash", offset=offset, count=count)["bytes"])


def set_flash(card: EmulatedCard, offset: int, content: bytes) -> None:
    card.ask("set_flash", offset=offset, bytes=base64.b64encode(content).decode())


def restart(card: EmulatedCard) -> LinkHost:
    """Power off and on, until it has booted."""
    card.ask("power")
    card.run(150)
    return LinkHost(card)


def firmware_of(reply: bytes) -> tuple[str, int]:
    """Version and outcome of the start, from HELLO_REPLY."""
    return ".".join(map(str, reply[2:5])), reply[-1]


def test_an_update_runs_and_stays(card: EmulatedCard, rig: Rig) -> None:
    """With a flash chip as slow as they come: 400 ms a sector."""
    kept = read_flash(card, 0, SLOT_B)
    assert rig.flash(real_update(NEW)) == "the card runs firmware 0.3.0"
    state = card.state()
    assert state["vector_table"] == vectors(SLOT_B)
    (reset,) = state["resets"]  # the one that was asked for: the watchdog had patience
    assert state["stack_left"] >= LEAST_STACK_LEFT
    assert state["uart"]["overruns"] == 0
    assert card.seen("fault") == []
    records = PLACES["FLASH_RECORDS"]
    assert read_flash(card, 0, records) == kept[:records]
    assert read_flash(card, SLOT_A, SLOT_B - SLOT_A) == kept[SLOT_A:]
    host = LinkHost(card)
    assert firmware_of(host.greet()) == ("0.3.0", SETTLED)
    uptime_ms, *_, cause = host.health()
    assert cause == BY_UPDATE
    assert uptime_ms <= (card.us - reset["us"]) / 1000
    for _ in range(2):  # with and without a host before
        host = restart(card)
        assert card.state()["vector_table"] == vectors(SLOT_B)
    assert firmware_of(host.greet()) == ("0.3.0", SETTLED)
    before = host.audio_frames
    host.run(300)
    assert host.audio_frames - before >= 28


def test_an_image_that_hangs_is_taken_back(card: EmulatedCard, rig: Rig) -> None:
    card.ask("flash_speed", **TYPICAL)
    with pytest.raises(UpdateFailed, match=r"0\.3\.0 did not work, and the card went back to 0\.2"):
        rig.flash(hanging_update(NEW))
    asked, by_watchdog = (reset["us"] for reset in card.state()["resets"])
    assert 250_000 <= by_watchdog - asked <= 350_000
    assert card.state()["vector_table"] == vectors(SLOT_A)
    assert firmware_of(restart(card).greet()) == (OLD, WENT_BACK)
    assert card.seen("fault") == []


def test_the_card_itself_refuses_a_stranger_s_signature(
    card: EmulatedCard, rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card.ask("flash_speed", **TYPICAL)
    monkeypatch.setattr("appliance.linecard.update.is_signed_by", lambda _part, _key: True)
    stranger = tmp_path / "stranger"
    lms_signer.make_key(stranger, 5)
    with pytest.raises(UpdateFailed, match="signature is not the one this card trusts"):
        rig.flash(make_update(stranger, BOARD, NEW, hanging_programs()))
    assert rig.progress[-1] == 100
    assert read_flash(card, SLOT_B, 256) == b"\xff" * 256  # no head: no image
    assert firmware_of(restart(card).greet()) == (OLD, SETTLED)


# The changes of the flash while a small file is installed: BEGIN's erasure, eight pages, the head,
# then the boot record's erasure and its page.
@pytest.mark.parametrize(
    ("changes", "part"),
    [(0, 0.5), (4, 0.3), (9, 0.1), (10, 0.5), (11, 0.05)],
    ids=["erasure", "page", "head", "record erased", "record half"],
)
def test_power_that_fails_while_writing_leaves_the_old_one(
    card: EmulatedCard, rig: Rig, changes: int, part: float
) -> None:
    card.ask("flash_speed", **TYPICAL)
    card.ask("cut_power", changes=changes, part=part)

    def until_it_restarts() -> None:
        if card.restarts:
            rig.loop.stop()

    asyncio.set_event_loop(rig.loop)
    updater = Updater(rig.loop, hanging_update(NEW), waiting=until_it_restarts)
    task = rig.loop.create_task(updater.run(rig.port.path, open_linecard))
    rig.loop.run_forever()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        rig.loop.run_until_complete(task)
    card.run(150)
    assert card.state()["vector_table"] == vectors(SLOT_A)
    assert firmware_of(LinkHost(card).greet())[0] == OLD
    assert card.restarts == 1
    assert card.seen("fault") == []


def test_a_telephone_in_use_puts_it_off(card: EmulatedCard, rig: Rig) -> None:
    card.lift(3)
    with pytest.raises(UpdateFailed, match="in use"):
        rig.flash(real_update(NEW))
    assert card.state()["flash"] == {"erased": 0, "programmed": 0}


def test_a_telephone_that_is_lifted_meanwhile_stops_it(card: EmulatedCard, rig: Rig) -> None:
    card.ask("flash_speed", **TYPICAL)

    def lift(percent: int) -> None:
        if percent == 40:
            card.lift(3)

    rig.moved_on = lift  # type: ignore[method-assign]
    with pytest.raises(UpdateFailed, match="in use"):
        rig.flash(real_update(NEW))
    written = card.state()["flash"]
    card.run(300)
    assert card.state()["flash"] == written
    assert card.restarts == 0


# --- what the loader makes of what it finds ------------------------------------------------------


def flash_with(card: EmulatedCard, record: bytes, in_b: bytes) -> LinkHost:
    """Slot A as it was, slot B and the boot record like this; started."""
    set_flash(card, PLACES["FLASH_RECORDS"], record)
    set_flash(card, SLOT_B, in_b)
    return restart(card)


def test_a_damaged_image_falls_back(card: EmulatedCard) -> None:
    whole = part_for(SLOT_B, real_update(NEW))
    host = flash_with(card, boot_record(SLOT_B, tried=True, well=True), whole)
    assert firmware_of(host.greet()) == ("0.3.0", SETTLED)
    for offset in (0, 40, PLACES["IMAGE_PROGRAM"] + 9000, len(whole) - 1):
        damaged = bytearray(whole)
        damaged[offset] ^= 0x04
        set_flash(card, SLOT_B, bytes(damaged))
        assert firmware_of(restart(card).greet()) == (OLD, WENT_BACK), offset
    assert card.seen("fault") == []


def test_a_trial_that_power_ends_is_not_tried_again(card: EmulatedCard) -> None:
    flash_with(card, boot_record(SLOT_B), part_for(SLOT_B, real_update(NEW)))
    assert card.state()["vector_table"] == vectors(SLOT_B)
    host = restart(card)  # no host had greeted it
    assert card.state()["vector_table"] == vectors(SLOT_A)
    assert firmware_of(host.greet()) == (OLD, WENT_BACK)


def test_without_any_image_the_usb_drive_appears(card: EmulatedCard) -> None:
    set_flash(card, SLOT_A, b"\xff" * PLACES["FLASH_SECTOR"])
    restart(card)
    assert card.halted == HALTED_FOR_USB
