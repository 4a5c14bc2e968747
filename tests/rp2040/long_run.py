"""By command, not in CI: minutes of speech on every port, or many restarts; prints what it saw.

``python -m tests.rp2040.long_run --minutes 10`` or ``--watchdog 20``; fails when it fell short.
"""

import argparse
import sys
import time

from tests.rp2040.conftest import build_image
from tests.rp2040.emulated_card import EmulatedCard
from tests.rp2040.link_host import LinkHost
from tests.rp2040.test_talk import check, talk
from tests.rp2040.test_watchdog import FREEZES, freeze_and_return

_DAY_S = 86400
_PIECE_S = 10


def speak(minutes: float) -> None:
    """Speech both ways on every port, checked sample by sample."""
    card = EmulatedCard(wall_limit_s=_DAY_S)
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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--watchdog", type=int, default=0)
    options = parser.parse_args()
    build_image()
    if options.minutes:
        speak(options.minutes)
    restart(options.watchdog)
    return 0


if __name__ == "__main__":
    sys.exit(main())
