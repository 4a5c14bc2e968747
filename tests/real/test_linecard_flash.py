"""`counterbell linecard flash` against the host-built card on a real pty."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.rig import ROOT, counterbell, refused, running
from tests.whole.linecard_images import Keys, factory_flash

TOML = """
[shop]
name = "Card shop"
country = "GB"

[[linecard]]
name = "hat0"
port = "hat0"

[[station]]
extension = "11"
name = "Counter"
driver = "linecard_fxs"
linecard = "hat0"
socket = 1
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys.make(tmp_path_factory.mktemp("keys"), "product")


@pytest.fixture
def state(tmp_path: Path, keys: Keys) -> Iterator[Path]:
    """A state folder with the card's port ``hat0`` in it."""
    folder = tmp_path / "state"
    folder.mkdir()
    flash = factory_flash(tmp_path / "flash", keys.update((0, 2, 0)))
    card = subprocess.Popen(
        [
            ROOT / "build" / "linecard-host", "--die-with-parent", "--link", folder / "hat0",
            "--stimulus", tmp_path / "stimulus", "--flash", flash, "--update-key", keys.public,
        ]
    )  # fmt: skip
    while not (folder / "hat0").is_symlink():
        assert card.poll() is None
    yield folder
    card.terminate()
    card.wait()


def firmware(folder: Path, content: bytes) -> Path:
    path = folder / "firmware"
    path.write_bytes(content)
    return path


def test_at_a_port_without_a_daemon(state: Path, tmp_path: Path, keys: Keys) -> None:
    new = firmware(tmp_path, keys.update((0, 3, 0)))
    done = counterbell("linecard", "flash", new, "--port", state / "hat0", state=state)
    assert (done.returncode, done.stdout) == (0, "the card runs firmware 0.3.0\n"), done.stderr
    assert "100/100" in done.stderr


def test_what_is_no_firmware_is_refused_in_a_line(state: Path, tmp_path: Path) -> None:
    junk = firmware(tmp_path, b"\0" * 5000)
    done = counterbell("linecard", "flash", junk, "--port", state / "hat0", state=state)
    assert refused(done, 1) == "counterbell: the file is no line-card firmware"


def test_another_s_signature_is_refused(state: Path, tmp_path: Path) -> None:
    other = firmware(tmp_path, Keys.make(tmp_path, "stranger").update((0, 3, 0)))
    done = counterbell("linecard", "flash", other, "--port", state / "hat0", state=state)
    assert "the file's signature is not the one this card trusts" in refused(done, 1)


def test_with_the_daemon_up(state: Path, tmp_path: Path, keys: Keys) -> None:
    toml = tmp_path / "shop.toml"
    toml.write_text(TOML)
    assert counterbell("config", "import", toml, state=state).returncode == 0
    with running("run", state=state) as daemon:
        daemon.until("ready")
        new = firmware(tmp_path, keys.update((0, 3, 0)))
        done = counterbell("linecard", "flash", new, state=state)
        assert (done.returncode, done.stdout) == (0, "the card runs firmware 0.3.0\n"), done.stderr
        nobody = counterbell("linecard", "flash", new, "--linecard", "hat7", state=state)
        assert "there is no line card 'hat7'" in refused(nobody, 1)
