"""Serial ports by path: raw, exclusive, through symlinks, with refusals a person can read."""

import os
import pty
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.errors import LineFault
from appliance.serial_port import open_modem, port_identity


@pytest.fixture
def port(tmp_path: Path):
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    link = tmp_path / "line0"
    link.symlink_to(os.ttyname(slave))
    yield master, slave, link
    for fd in (master, slave):
        with suppress(OSError):  # a test may have closed it
            os.close(fd)


def test_bytes_pass_unchanged_and_an_idle_port_reads_empty(port):
    master, _, link = port
    pipe = open_modem(str(link))
    assert pipe.read() == b""
    every = bytes(range(256))
    os.write(master, every)
    assert pipe.read() == every
    assert pipe.write(every) == 256
    assert os.read(master, 999) == every
    pipe.close()
    pipe.close()
    with pytest.raises(LineFault):
        pipe.fileno()


def test_an_idle_descriptor_says_again_and_not_end_of_file(port):
    pipe = open_modem(str(port[2]))
    with pytest.raises(BlockingIOError):  # the audio loop takes a read of 0 bytes for a lost port
        os.read(pipe.fileno(), 10)
    assert termios.tcgetattr(pipe.fileno())[2] & termios.HUPCL
    pipe.close()


def test_a_full_port_takes_what_fits(port):
    pipe = open_modem(str(port[2]))
    written = 0
    while taken := pipe.write(b"x" * 4096):
        written += taken
    os.set_blocking(port[0], True)
    received = 0
    while received < written:
        received += len(os.read(port[0], 4096))
    assert received == written > 0
    pipe.close()


def test_a_vanished_master_is_an_error_for_read_and_write(port):
    master, _, link = port
    pipe = open_modem(str(link))
    os.close(master)
    with pytest.raises(OSError, match=r"Input/output error|unplugged"):
        pipe.read()
    with pytest.raises(OSError, match="Input/output error"):
        pipe.write(b"x")
    pipe.close()


def test_it_is_exclusive_and_says_who_has_it_and_can_be_opened_again(port):
    pipe = open_modem(str(port[2]))
    with pytest.raises(LineFault, match=rf"is used by .* \(process {os.getpid()}\)") as refused:
        open_modem(str(port[2]))
    assert str(refused.value).startswith(str(port[2]))
    pipe.close()
    open_modem(str(port[2])).close()


def test_what_is_no_port_is_refused_with_a_reason(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("x")
    dangling = tmp_path / "dangling"
    dangling.symlink_to("/nowhere")
    for path, reason in [
        (tmp_path / "missing", "does not exist: is the modem plugged in?"),
        (dangling, "does not exist: is the modem plugged in?"),
        (plain, "is not a serial port"),
        (Path("/dev/null"), "is not a serial port"),
    ]:
        with pytest.raises(LineFault) as refused:
            open_modem(str(path))
        assert str(refused.value) == f"{path} {reason}"


def test_the_identity_follows_the_symlink(port, tmp_path):
    _, slave, link = port
    before = port_identity(str(link))
    assert before == port_identity(os.ttyname(slave))
    link.unlink()
    assert port_identity(str(link)) is None
    link.symlink_to("/dev/null")
    assert port_identity(str(link)) not in (None, before)
