"""The host-built line card as a process: it never outlives those who need it."""

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

CARD = Path(__file__).parents[2] / "build" / "linecard-host"
CEILING_S = 20
STARTER = """
import subprocess, sys
card = subprocess.Popen(sys.argv[1:])
print(card.pid, flush=True)
card.wait()
"""


def wait_for_end(pidfd: int) -> bool:
    """Whether the process has ended within the ceiling."""
    return bool(select.select([pidfd], [], [], CEILING_S)[0])


def test_it_ends_when_the_other_end_of_its_inherited_link_is_closed(tmp_path: Path) -> None:
    ours, cards = socket.socketpair()
    arguments = [str(CARD), "--link-fd", str(cards.fileno()), "--stimulus", str(tmp_path / "s")]
    card = subprocess.Popen([*arguments, "--lockstep"], pass_fds=[cards.fileno()])
    try:
        cards.close()
        ours.close()
        assert card.wait(CEILING_S) == 0
    finally:
        card.kill()
        card.wait()


def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    link = tmp_path / "hat"
    arguments = [str(CARD), "--link", str(link), "--stimulus", str(tmp_path / "s")]
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, *arguments, "--die-with-parent"], stdout=subprocess.PIPE
    )
    assert starter.stdout is not None
    pidfd = os.pidfd_open(int(starter.stdout.readline()))
    with socket.socket(socket.AF_UNIX) as client:
        while client.connect_ex(str(tmp_path / "s")) != 0:  # it listens once it has asked to follow
            assert not select.select([pidfd], [], [], 0.05)[0], "the card ended at once"
        starter.send_signal(signal.SIGKILL)
        starter.wait()
        ended = wait_for_end(pidfd)
    if not ended:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    os.close(pidfd)
    starter.stdout.close()
    assert ended
    assert not link.is_symlink()
