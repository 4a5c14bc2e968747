"""The image is built once, from the sources as they are; each test has a chip of its own."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rp2040.emulated_card import BUILD, ROOT, EmulatedCard
from tests.rp2040.link_host import LinkHost


def build_image() -> None:
    """The image and the boot ROM; AssertionError names what is missing for it."""
    for program, package in (("arm-none-eabi-gcc", "gcc-arm-none-eabi"), ("node", "nodejs")):
        assert shutil.which(program), f"{program} is missing (Debian package {package})"
    modules = Path(__file__).parent / "node_modules"
    assert modules.is_dir(), "run `npm ci` in tests/rp2040 (./provision.sh test does)"
    make = ["make", "-s", "-C", str(ROOT / "firmware"), f"BUILD={BUILD}", "linecard-emulation"]
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "linecard-emulation.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run side by side build it once
        subprocess.run(make, check=True)


@pytest.fixture(scope="session", autouse=True)
def image() -> None:
    build_image()


@pytest.fixture
def card() -> Iterator[EmulatedCard]:
    emulated = EmulatedCard()
    yield emulated
    emulated.close()


@pytest.fixture
def host(card: EmulatedCard) -> LinkHost:
    """A link that is up."""
    link = LinkHost(card)
    card.run(100)
    link.greet()
    return link
