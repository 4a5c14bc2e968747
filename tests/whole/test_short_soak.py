"""The short form of `python -m tests.soak`: some calls through three of its emulators."""

from pathlib import Path
from random import Random

import pytest

from appliance.simulator.line_sound import LineSound, SoundFaults
from tests.soak import __main__ as soak
from tests.soak.__main__ import Progress, soak_batch
from tests.soak.emulators import Emulator, emulators
from tests.soak.tally import Tally, percentile, table


@pytest.mark.parametrize(
    ("name", "calls"), [("usr5637", 8), ("gpio_line", 4), ("sim7600", 4), ("linecard_fxo", 4)]
)
def test_calls_with_random_faults_all_come_through(prompts: Path, name: str, calls: int) -> None:
    tally = soak_batch(emulators()[name], 7, 0, calls, prompts)
    assert tally.is_well, tally.findings
    assert tally.counts["calls"] >= calls
    assert tally.counts["answered"] >= calls // 2


def test_the_same_seed_makes_the_same_calls(prompts: Path) -> None:
    first, again = (soak_batch(emulators()["gpio_line"], 3, 1, 2, prompts) for _ in range(2))
    assert (first.counts, first.free_s) == (again.counts, again.free_s)
    assert first.virtual_s == again.virtual_s


def test_a_run_goes_on_where_its_file_ends(tmp_path: Path) -> None:
    tally = Tally()
    tally.counts["calls"] = 20
    tally.free_s["busy tone"] += [4.1, 4.4]
    tally.find("stuck", "call 7")
    progress = Progress(tmp_path / "soak.json", 5)
    progress.add("usr5637", 20, tally)
    again = Progress(tmp_path / "soak.json", 1)
    again.load()
    assert (again.seed, again.done) == (5, {"usr5637": 20})
    again.add("usr5637", 20, tally)
    whole = again.tallies["usr5637"]
    assert whole.counts == {"calls": 40, "stuck": 2}
    assert whole.free_s["busy tone"] == [4.1, 4.4, 4.1, 4.4]
    assert not whole.is_well
    assert "4.40" in table(again.tallies, {"usr5637": {"busy tone": 4.0}})


def test_a_run_of_more_calls_goes_on_amid_a_batch(
    tmp_path: Path, prompts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def one_shop(
        _emulator: Emulator, _seed: int, first: int, calls: int, _prompts: Path, tally: Tally
    ) -> int:
        made.extend(range(first, first + calls))
        return calls

    monkeypatch.setattr(soak, "_soak_shop", one_shop)
    progress = Progress(tmp_path / "soak.json", 5)
    for calls in (10, 25, 50):
        soak._soak(emulators()["usr5637"], calls, progress, prompts)
    assert made == list(range(50))


@pytest.mark.parametrize(("share", "value"), [(0.5, 10), (0.95, 19), (1.0, 20), (0.01, 1)])
def test_percentiles(share: float, value: int) -> None:
    assert percentile(list(range(20, 0, -1)), share) == value


def test_a_poor_line_is_quieter_noisy_clipped_and_has_gaps() -> None:
    loud = bytes([0x80, 0x00]) * 40  # full scale
    assert LineSound(SoundFaults(gain_db=-60.0), Random(1)).frame(loud) != loud
    clipped = LineSound(SoundFaults(clip_dbm0=-20.0), Random(1)).frame(loud)
    assert len(set(clipped)) == 2
    assert clipped != loud
    noisy = LineSound(SoundFaults(noise_dbm0=-40.0), Random(1))
    assert len({noisy.frame(b"\xff" * 80) for _ in range(20)}) == 20
    gaps = LineSound(SoundFaults(gaps_a_minute=3000.0, gap_ms=30), Random(1))
    heard = [gaps.frame(loud) == loud for _ in range(200)]
    assert 20 < sum(heard) < 180
