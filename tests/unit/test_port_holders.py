"""Who holds a port, from /proc, and what the owner is told to do."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios

import pytest

from appliance.errors import LineFault
from appliance.port_holders import held_reason, port_holders, running_program
from appliance.serial_port import open_modem, open_pcm

HOLD = """
import sys, signal
from appliance.serial_port import open_modem
pipe = open_modem(sys.argv[1])
print("open", flush=True)
signal.pause()
"""


@pytest.fixture
def port():
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    yield path, slave
    os.close(master)
    os.close(slave)


@pytest.fixture
def proc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proc")
    (folder / "locks").write_text("")

    def process(pid, name, opens=None):
        (folder / str(pid) / "fd").mkdir(parents=True)
        (folder / str(pid) / "comm").write_text(f"{name}\n")
        if opens:
            (folder / str(pid) / "fd/5").symlink_to(opens)

    return folder, process


def test_modem_manager_is_named_with_what_to_do(port, proc):
    folder, process = proc
    process(812, "ModemManager", port[0])
    reason = held_reason("/dev/line0", port[0], folder)
    assert reason.startswith(
        "/dev/line0 is used by ModemManager (process 812): run 'sudo systemctl"
    )
    assert "disable --now ModemManager" in reason
    assert "ID_MM_DEVICE_IGNORE" in reason


def test_who_can_not_be_seen_without_root_is_guessed_and_the_doctor_named(port, proc):
    folder, process = proc
    assert held_reason("/dev/x", port[0], folder) == (
        "/dev/x is used by another program: 'sudo counterbell doctor' can name it"
    )
    process(5, "ModemManager")
    reason = held_reason("/dev/x", port[0], folder)
    assert "perhaps ModemManager (process 5)" in reason
    assert reason.endswith("'sudo counterbell doctor' can name it")
    assert str(running_program("ModemManager", folder)) == "ModemManager (process 5)"


def test_the_one_with_the_lock_comes_first(port, proc):
    folder, process = proc
    process(7, "screen", port[0])
    process(9, "counterbell")
    node = os.stat(port[0])
    dev = f"{os.major(node.st_dev):02x}:{os.minor(node.st_dev):02x}:{node.st_ino}"
    (folder / "locks").write_text(f"1: FLOCK  ADVISORY  WRITE 9 {dev} 0 EOF\n2: nonsense\n")
    assert [str(one) for one in port_holders(port[0], folder)] == [
        "counterbell (process 9)", "screen (process 7)",
    ]  # fmt: skip
    assert port_holders("/nowhere", folder) == ()


def test_a_port_marked_exclusive_by_another_is_refused_with_a_reason(port):
    """TIOCEXCL without a lock, as ModemManager does it; root alone would get in."""
    path, slave = port
    fcntl.ioctl(slave, termios.TIOCEXCL)
    os.chmod(path, 0o666)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)  # nobody
    try:
        with pytest.raises(LineFault, match="is used by") as refused:
            open_modem(path)
    finally:
        os.seteuid(was)
        fcntl.ioctl(slave, termios.TIOCNXCL)
    assert refused.value.errno == 16  # EBUSY
    open_modem(path).close()


def test_a_process_that_is_killed_lets_go_of_its_port_at_once(port):
    path, _ = port
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(LineFault, match=rf"is used by python.* \(process {holder.pid}\)"):
            open_modem(path)
        # the kernel drops DTR at the last close of a tty with HUPCL: the modem hangs up
        fd = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        assert termios.tcgetattr(fd)[2] & termios.HUPCL
        os.close(fd)
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        holder.stdout.close()
    open_modem(path).close()


def test_speed_and_flow_control_can_be_set_after_probing(port):
    pipe = open_modem(port[0])
    pipe.set_flow(True, 230_400)
    attributes = termios.tcgetattr(pipe.fileno())
    assert attributes[4:6] == [termios.B230400, termios.B230400]
    assert attributes[2] & termios.CRTSCTS
    pipe.set_flow(False)
    attributes = termios.tcgetattr(pipe.fileno())
    assert attributes[4] == termios.B230400
    assert not attributes[2] & termios.CRTSCTS
    assert attributes[6][termios.VMIN] in (1, b"\x01")
    with pytest.raises(LineFault, match="12345 baud is no speed"):
        pipe.set_flow(False, 12_345)
    pipe.close()
    with pytest.raises(LineFault, match="closed"):
        pipe.set_flow(False)


def test_a_sound_port_is_exclusive_too_and_says_what_it_is(port):
    pipe = open_pcm(port[0])
    with pytest.raises(LineFault, match="is used by"):
        open_pcm(port[0])
    pipe.close()
    with pytest.raises(LineFault, match="is the modem plugged in"):
        open_pcm("/dev/counterbell/none")
