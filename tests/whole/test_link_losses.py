"""One audio frame in 1,000 is lost or spoiled: a carried tone stays clean, the link in step."""

import pytest

from tests.bench.hat_tone import TonePath
from tests.bench.link_wire import Fault, lose, spoil, whole

WORST_HZ = 1050  # half a period is left over in 10 ms: a repeated frame would be upside down
LEAST_DB = 25.0


@pytest.mark.parametrize(("down", "up"), [(spoil, whole), (whole, lose), (lose, spoil)])
def test_a_tone_over_a_bad_wire(down: Fault, up: Fault) -> None:
    carried = TonePath(WORST_HZ, 45.0, down, up).run()
    faults = 4 * sum(fault is not whole for fault in (down, up))
    assert carried.lost == faults, "each one was noticed, and nothing else"
    assert carried.underruns == 0
    assert carried.snr_db >= LEAST_DB
    assert carried.tail_snr_db >= 35.0, "nothing of it is left"


def test_ten_times_as_many_do_not_bring_it_out_of_step() -> None:
    carried = TonePath(440, 26.0, spoil, lose, every=100).run()
    assert carried.hit >= 2 * 25
    assert carried.hit - carried.lost <= 1, "the last may come after the HAT was asked"
    assert carried.underruns == 0
    assert carried.snr_db >= LEAST_DB - 12.0


def test_without_faults_only_the_codec_is_heard() -> None:
    carried = TonePath(1004, 15.0).run()
    assert carried.lost == 0
    assert carried.snr_db >= 37.0


def test_a_frame_lost_on_its_way_up_brings_none_twice_down() -> None:
    carried = TonePath(440, 12.0, whole, lose).run()  # 10 ms more or less are 0.4 of its periods
    assert carried.lost == 1
    assert carried.snr_db >= 33.0
