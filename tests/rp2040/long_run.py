"""By command, not in CI: minutes of speech on 8 ports, many restarts, a trial without a host.

``python -m tests.rp2040.long_run --minutes 10``, ``--watchdog 20`` or ``--trial``; prints what it
saw, fails when it fell short.
"""

import argparse
import sys
import time

from tests.rp2040.conftest import build_image
from tests.rp2040.emulated_card import IMAGE_4_LINES, EmulatedCard
from tests.rp2040.firmware_files import (
    SLOT_A,
    SLOT_B,
    boot_record,
    part_for,
    real_update,
    vectors,
)
from tests.rp2040.link_host import LinkHost
from tests.rp2040.test_talk import check, talk
from tests.rp2040.test_update import NEW, OLD, WENT_BACK, firmware_of, flash_with
from tests.rp2040.test_watchdog import FREEZES, freeze_and_return

_DAY_S = 86400
_PIECE_S = 10
UPDATE_TRIAL_MS = 60_000


def speak(minutes: float) -> None:
    """Speech both ways on every port of a board with four lines, checked sample by sample."""
    card = EmulatedCard(IMAGE_4_LINES, lines=4, wall_limit_s=_DAY_S)
    host = LinkHost(card)
    card.run(100)
    host.greet()
    start = time.monotonic()
    for piece in range(round(minutes * 60 / _PIECE_S)):
        talk(card, host, _PIECE_S, first=piece == 0)
        check(card, host)
        wall_s = time.monotonic() - start
        chip_s = card.us / 1e6
        sys.stdout.write(f"{chip_s:7.1f} s of chip time in {wall_s:7.1f} s: nothing lost\n")
        sys.stdout.flush()
        asleep = 100 * card.state()["idle_us"] / card.us
        sys.stdout.write(f"          {host.audio_frames} audio frames, asleep {asleep:.0f} %\n")
        sys.stdout.flush()
    card.close()


def restart(times: int) -> None:
    """Freezes a new chip each time, in turn as the tests do."""
    for number in range(times):
        op, details = FREEZES[number % len(FREEZES)]
        card = EmulatedCard()
        host = LinkHost(card)
        card.run(100)
        host.greet()
        freeze_and_return(card, host, op, details)
        card.close()
        sys.stdout.write(f"{number + 1} of {times}: came back after {op} {details}\n")
        sys.stdout.flush()


def try_without_host() -> None:
    """An image on trial that nobody greets gives itself up after a minute."""
    card = EmulatedCard(wall_limit_s=_DAY_S)
    flash_with(card, boot_record(SLOT_B), part_for(SLOT_B, real_update(NEW)))
    card.run(UPDATE_TRIAL_MS - 1000)
    assert card.state()["vector_table"] == vectors(SLOT_B)
    card.run(2000)
    assert card.state()["vector_table"] == vectors(SLOT_A)
    assert firmware_of(LinkHost(card).greet()) == (OLD, WENT_BACK)
    card.close()
    sys.stdout.write("the image that nobody greeted gave itself up\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--watchdog", type=int, default=0)
    parser.add_argument("--trial", action="store_true")
    options = parser.parse_args()
    build_image()
    if options.minutes:
        speak(options.minutes)
    restart(options.watchdog)
    if options.trial:
        try_without_host()
    return 0


if __name__ == "__main__":
    sys.exit(main())
