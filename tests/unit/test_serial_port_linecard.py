"""A HAT's port opened for real, on a pty: exclusive, raw, and its refusals are sentences."""

import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.errors import LinkError
from appliance.serial_port import open_linecard


@pytest.fixture
def card() -> Iterator[tuple[int, str]]:
    """The card's end of the wire, and the path of ours."""
    master, slave = pty.openpty()
    yield master, os.ttyname(slave)
    os.close(slave)
    try:
        os.close(master)
    except OSError:
        assert master >= 0  # a test pulled the plug


def test_bytes_pass_unchanged_both_ways(card: tuple[int, str], tmp_path: Path) -> None:
    master, path = card
    link = tmp_path / "hat0"
    link.symlink_to(path)
    pipe = open_linecard(str(link))
    every_byte = bytes(range(256))
    assert pipe.read() == b""
    assert pipe.write(every_byte) == 256
    assert os.read(master, 1024) == every_byte
    os.write(master, every_byte)
    assert pipe.read() == every_byte
    pipe.close()
    pipe.close()
    with pytest.raises(LinkError, match="closed"):
        pipe.fileno()


def test_an_idle_port_reads_as_not_ready_rather_than_ended(card: tuple[int, str]) -> None:
    pipe = open_linecard(card[1])
    with pytest.raises(BlockingIOError):
        os.read(pipe.fileno(), 10)
    pipe.close()


def test_a_port_is_opened_once_and_again_after_closing(card: tuple[int, str]) -> None:
    pipe = open_linecard(card[1])
    with pytest.raises(LinkError, match="is used by"):
        open_linecard(card[1])
    pipe.close()
    open_linecard(card[1]).close()


def test_refusals_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"hat9 does not exist"):
        open_linecard(str(tmp_path / "hat9"))
    (tmp_path / "file").write_text("no port")
    with pytest.raises(LinkError, match="is not a serial port"):
        open_linecard(str(tmp_path / "file"))
