"""Recording: off by default, announced, always; two channels; a card full, slow or broken."""

import errno
import itertools
import sqlite3
from pathlib import Path

import pytest

from appliance.audio.recording_file import DiskFile, RecordingFile
from appliance.machine import Card
from appliance.simulator.line_habits import LineHabits
from appliance.storage.history_schema import open_writer
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop
from tests.whole.sound import find_clip, linear, loudest_at, share_heard, tone, wav_channels


def recordings(shop: Shop) -> list[Path]:
    return sorted((shop.state / "recordings").rglob("*.wav"))


def talk(shop: Shop, seconds: float = 14.0) -> None:
    """The caller says 900 Hz, the counter 1600 Hz."""
    shop.answer_with("11", after_s=1.0, say=tone(1600, 1.5), say_after_s=0.3)
    caller = shop.ring(
        press=("1",),
        press_after_s=4.5,
        say=tone(900, 2.0),
        say_after_s=4.0,
        hang_up_after_s=seconds,
    )
    shop.until(caller.done.done)
    shop.until_ready()
    shop.phone("11").hang_up()


def test_by_default_nothing_is_recorded(open_shop: OpenShop) -> None:
    shop = open_shop(recording="off")
    talk(shop)
    assert recordings(shop) == []
    assert shop.last_call()["recording"] is None


def test_announced_then_recorded_caller_left_shop_right(open_shop: OpenShop) -> None:
    # without hybrids: in a silent channel even 40 dB less of the other's tone would be the loudest
    quiet = {"echo_db": None}
    shop = open_shop(recording="announce", line=quiet, hat=quiet)
    shop.answer_with("11", after_s=1.0, say=tone(1600, 1.5), say_after_s=0.3)
    caller = shop.ring(press=("1",), press_after_s=4.5, hang_up_after_s=14.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    caller.say(tone(900, 2.0))
    shop.until(caller.done.done)
    shop.until_ready()
    heard, prompts = linear(bytes(caller.heard)), shop.box.prompts
    notice, welcome = prompts.clip("recording_notice").samples, prompts.clip("welcome").samples
    at = find_clip(heard, notice)
    assert at is not None
    assert share_heard(heard, notice, at) == 1.0, "the notice is heard whole"
    greeted = find_clip(heard, welcome, at)
    assert greeted is not None
    assert greeted >= at + len(notice) - 80, "and only then the menu"
    (path,) = recordings(shop)
    left, right = wav_channels(path)
    assert loudest_at(left, 900) > 0.9
    assert loudest_at(left, 1600) < 0.1
    assert loudest_at(right, 1600) > 0.9
    assert loudest_at(right, 900) < 0.1
    assert find_clip(linear(right), notice[:8000]) is None, "nothing before the notice was over"
    recording = shop.last_call()["recording"]
    assert recording["id"] == path.stem
    assert recording["ms"] == len(left) // 8


def test_who_goes_before_the_notice_is_over_is_not_recorded(open_shop: OpenShop) -> None:
    habits = LineHabits(far_end_gone="loop_break")
    shop = open_shop(recording="announce", line={"habits": habits})
    caller = shop.ring(hang_up_after_s=1.5)
    shop.until(caller.done.done)
    shop.until_ready()
    shop.pass_s(1.0)
    assert recordings(shop) == []


def test_always_records_from_the_first_moment(open_shop: OpenShop) -> None:
    shop = open_shop(recording="always")
    talk(shop, 12.0)
    (path,) = recordings(shop)
    left, right = wav_channels(path)
    welcome = shop.box.prompts.clip("welcome").samples
    at = find_clip(linear(right), welcome)
    assert at is not None
    assert share_heard(linear(right), welcome, at) > 0.95
    assert len(left) > 8 * 8000


def test_a_full_card_costs_the_recording_not_the_call(open_shop: OpenShop) -> None:
    full = [True]
    shop = open_shop(
        recording="always", card=Card(free_bytes=lambda _: 1_000_000 if full[0] else 10**10)
    )
    talk(shop)
    call = shop.last_call()
    assert call["disposition"] == "answered"
    assert call["recording"] is None
    assert "could not be recorded: the card is full" in shop.story
    assert any("the card is full" in problem for problem in shop.status["problems"])
    assert "the card is full" in shop.status["storage"]["problem"]
    full[0] = False
    talk(shop)
    assert shop.status["problems"] == []
    assert shop.last_call()["recording"]["ms"] > 8000


class DyingFile(DiskFile):
    """The card takes no more after two seconds."""

    written = 0

    def append(self, codes: bytes) -> None:
        self.written += len(codes)
        if self.written > 32_000:
            raise OSError(errno.EIO, "Input/output error")
        super().append(codes)


def test_a_card_that_dies_mid_call_costs_the_rest_of_the_recording(open_shop: OpenShop) -> None:
    def create(path: Path, channels: int) -> RecordingFile:
        return DyingFile(path, channels)

    shop = open_shop(recording="always", card=Card(create_recording=create))
    talk(shop)
    assert shop.last_call()["disposition"] == "answered"
    assert "the card can't be written; replace it" in shop.story
    assert any("replace it" in problem for problem in shop.status["problems"])
    left, _ = wav_channels(recordings(shop)[0])
    assert 8000 < len(left) <= 16_000, "what came before is playable"
    assert shop.box.audio.in_use["taps"] == 0


@pytest.mark.parametrize("from_s", [0.0, 6.0])
def test_a_card_that_stalls_for_5_s_loses_no_sample(open_shop: OpenShop, from_s: float) -> None:
    habits = LineHabits(far_end_gone="loop_break")
    shop = open_shop(recording="always", line={"habits": habits})
    shop.answer_with("11", after_s=1.0, say=tone(1600, 8.0), say_after_s=0.3)
    caller = shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=16.0)
    shop.until(lambda: shop.status["calls"] and shop.status["calls"][0]["state"] == "menu")
    shop.pass_s(from_s)
    for worker in shop.workers.values():
        worker.stall()
    shop.pass_s(5.0)
    assert shop.line_state == "in_call"
    for worker in shop.workers.values():
        worker.release()
    shop.until(caller.done.done)
    shop.until_ready()
    assert shop.station_state("11") == "busy", "it talked"
    (path,) = recordings(shop)
    left, right = wav_channels(path)
    assert shop.last_call()["recording"]["ms"] == len(left) // 8
    assert longest_gap(linear(right)[-8 * 8000 :]) < 80, "the counter's tone was never torn"


def longest_gap(samples: list[int]) -> int:
    """The longest silence, in samples, from the first loud sample to the last."""
    loud = [n for n, sample in enumerate(samples) if abs(sample) > 3000]
    return max(after - before for before, after in itertools.pairwise(loud))


def test_a_history_that_cannot_be_written_is_told_and_written_later(open_shop: OpenShop) -> None:
    class FullDatabase(sqlite3.Connection):
        is_full = False

        def execute(self, sql: str, *more: object) -> sqlite3.Cursor:  # type: ignore[override]
            if FullDatabase.is_full and sql.startswith("INSERT"):
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(sql, *more)  # type: ignore[arg-type]

    def open_history(path: Path) -> sqlite3.Connection:
        open_writer(path).close()
        return sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=FullDatabase
        )

    shop = open_shop(card=Card(open_history=open_history))
    FullDatabase.is_full = True
    talk(shop)
    assert any("disk is full" in problem for problem in shop.status["problems"])
    assert shop.calls() == []
    FullDatabase.is_full = False
    shop.pass_s(2.0)
    assert shop.status["problems"] == []
    assert shop.last_call()["disposition"] == "answered"
    shop.until(lambda: shop.status["today"]["calls"] == 1)
