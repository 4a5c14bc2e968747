"""The shop's partition grown to the card's end: a real table and ext4 in an image file."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from appliance.box import commands
from appliance.box.commands import Ran
from appliance.box.data_partition import Partition, grow, grow_data_partition
from appliance.errors import StorageError

MIB = 1 << 20
TABLE = """label: dos
start=1MiB, size=4MiB, type=c
start=5MiB, size=8MiB, type=83
start=13MiB, size=16MiB, type=83
"""
OFFSET = 13 * MIB


def sh(*words: str, given: str = "") -> str:
    return subprocess.run(words, input=given, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A card of 64 MiB on which an image of 29 MiB was written, with a file in its ext4."""
    image, files = tmp_path / "card.img", tmp_path / "files"
    image.touch()
    with image.open("r+b") as file:
        file.truncate(64 * MIB)
    sh("sfdisk", "-q", str(image), given=TABLE)
    files.mkdir()
    (files / "history.sqlite").write_bytes(b"the shop" * 1000)
    options = f"-q -t ext4 -L cb-data -d {files} -E offset={OFFSET} {image} 16m"
    sh("mke2fs", *options.split())
    return image


def data_part(card: Path, number: int = 3) -> Partition:
    return Partition(card, number, f"{card}?offset={OFFSET}", card, OFFSET)


def sectors(card: Path) -> list[tuple[int, int]]:
    rows = json.loads(sh("sfdisk", "--json", str(card)))["partitiontable"]["partitions"]
    return [(row["start"], row["size"]) for row in rows]


def check(card: Path) -> int:
    """The file system is whole; its bytes. What was in it is there."""
    place = f"{card}?offset={OFFSET}"
    sh("e2fsck", "-fn", place)
    words = dict(
        line.split(":", 1) for line in sh("dumpe2fs", "-h", place).splitlines() if ":" in line
    )
    assert sh("debugfs", "-R", "cat history.sqlite", place) == "the shop" * 1000
    return int(words["Block count"]) * int(words["Block size"])


def run(words: Sequence[str], given: str = "") -> Ran:
    return commands.run(words, given)


def test_it_grows_to_the_end_and_only_once(card: Path) -> None:
    before = sectors(card)
    assert "0.1 GB" in grow(data_part(card), run)
    after = sectors(card)
    assert after[:2] == before[:2]
    assert after[2][0] == before[2][0]
    assert sum(after[2]) == 64 * MIB // 512
    assert check(card) == 51 * MIB
    assert grow(data_part(card), run) == ""
    assert sectors(card) == after


@pytest.mark.parametrize("program", ["sfdisk --no-reread", "resize2fs"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_is_finished_by_the_next_start(card: Path, program: str, when: str) -> None:
    class Cut(Exception):
        pass

    def cut(words: Sequence[str], given: str = "") -> Ran:
        is_it = " ".join(words).startswith(program)
        if is_it and when == "before":
            raise Cut
        done = run(words, given)
        if is_it:
            raise Cut
        return done

    with pytest.raises(Cut):
        grow(data_part(card), cut)
    grow(data_part(card), run)
    assert check(card) == 51 * MIB
    assert grow(data_part(card), run) == ""


def test_a_partition_that_is_not_the_last_is_left(card: Path) -> None:
    before = card.read_bytes()
    assert grow(data_part(card, 2), run) == ""
    assert card.read_bytes() == before


def test_a_program_that_fails_is_told(card: Path) -> None:
    def failing(words: Sequence[str], given: str = "") -> Ran:
        return Ran(1, "", "no room\n") if words[0] == "resize2fs" else run(words, given)

    with pytest.raises(StorageError, match="the file system can't grow: no room"):
        grow(data_part(card), failing)
    with pytest.raises(StorageError, match="can't be read"):
        grow(data_part(card), lambda _words, given="": Ran(1, "", "x"))
    with pytest.raises(StorageError, match="can't be read"):
        grow(data_part(card), lambda _words, given="": Ran(0, "[]", ""))


def never(words: Sequence[str], given: str = "") -> Ran:
    raise AssertionError(words)


def test_a_machine_without_such_a_partition_is_left_alone(tmp_path: Path) -> None:
    assert grow_data_partition(tmp_path / "none", never) == ""
    assert grow_data_partition(tmp_path, never) == ""  # wherever that is, it is not ours
    assert grow_data_partition(tmp_path, never, tmp_path) == ""
