"""Recordings on the card: whole when finished, repaired after a power cut at any byte."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.audio.recording_file import (
    HEADER_BYTES,
    DiskFile,
    Repaired,
    find_recording,
    recording_path,
    repair,
    wav_header,
)
from appliance.audio.wav import read_wav
from appliance.errors import StorageError

SOUND = bytes(range(1, 200))


def recorded(folder: Path, name: str, channels: int, sound: bytes) -> Path:
    """A recording whose daemon was killed."""
    path = folder / "2027-01-15" / f"{name}.wav"
    DiskFile(path, channels).append(sound)
    return path


def test_a_new_recording_is_a_stream_that_players_take(tmp_path: Path) -> None:
    path = recorded(tmp_path, "a", 1, SOUND)
    assert path.read_bytes()[:HEADER_BYTES] == wav_header(1, None)
    assert len(read_wav(path.read_bytes()).samples) == len(SOUND)


@pytest.mark.parametrize(("channels", "frames"), [(1, 199), (2, 99)])
def test_a_finished_recording_tells_its_length(tmp_path: Path, channels: int, frames: int) -> None:
    path = tmp_path / "day" / "b.wav"
    file = DiskFile(path, channels)
    file.append(SOUND)
    file.finish()
    file.finish()
    data = path.read_bytes()
    sound_bytes = frames * channels
    assert data[:HEADER_BYTES] == wav_header(channels, sound_bytes)
    assert int.from_bytes(data[4:8], "little") == HEADER_BYTES - 8 + sound_bytes + sound_bytes % 2
    assert len(read_wav(data).samples) == frames


def test_a_recording_never_replaces_another(tmp_path: Path) -> None:
    recorded(tmp_path, "a", 1, SOUND)
    with pytest.raises(FileExistsError):
        DiskFile(tmp_path / "2027-01-15" / "a.wav", 1)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_power_cut_at_every_byte_is_repaired(tmp_path: Path, channels: int) -> None:
    whole = recorded(tmp_path / "model", "m", channels, SOUND).read_bytes()
    day = tmp_path / "cut" / "2027-01-15"
    day.mkdir(parents=True)
    for length in range(len(whole) + 1):
        (day / f"{length:03}.wav").write_bytes(whole[:length])
    mended = repair(tmp_path / "cut")
    assert len(mended) == len(whole) + 1
    for length, found in enumerate(mended):
        data = (day / f"{length:03}.wav").read_bytes()
        known = channels if length > 22 else 2  # a header that never reached the card: a call's
        frames = max(0, length - HEADER_BYTES) // known
        assert found == Repaired(f"{length:03}", frames // 8, known)
        assert len(read_wav(data).samples) == frames
        assert data[HEADER_BYTES : HEADER_BYTES + frames * known] == SOUND[: frames * known]
    assert repair(tmp_path / "cut") == []  # once is enough


def test_the_zeros_of_a_power_cut_are_cut_away(tmp_path: Path) -> None:
    path = recorded(tmp_path, "z", 2, SOUND + bytes(200_001))
    assert repair(tmp_path) == [Repaired("z", 99 // 8, 2)]
    assert path.stat().st_size == HEADER_BYTES + 198


def test_a_recording_of_nothing_but_zeros_is_empty(tmp_path: Path) -> None:
    day = tmp_path / "2027-01-15"
    day.mkdir()
    (day / "n.wav").write_bytes(bytes(5000))
    assert repair(tmp_path) == [Repaired("n", 0, 2)]
    assert (day / "n.wav").read_bytes() == wav_header(2, 0)


def test_finished_recordings_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "day" / "f.wav"
    file = DiskFile(path, 1)
    file.append(b"\xff\x00\x00")  # loud at the end, and an odd length
    file.finish()
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    assert repair(tmp_path) == []
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_what_can_not_be_read_does_not_stop_the_repair(tmp_path: Path) -> None:
    (tmp_path / "2027-01-15" / "a.wav").mkdir(parents=True)
    recorded(tmp_path, "b", 1, SOUND)
    assert [found.recording_id for found in repair(tmp_path)] == ["b"]
    assert repair(tmp_path / "missing") == []


@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=200))
def test_repair_survives_any_content(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    day = folder / "2027-01-15"
    day.mkdir()
    (day / "x.wav").write_bytes(data)
    repair(folder)
    read_wav((day / "x.wav").read_bytes())
    assert repair(folder) == []


def test_ids_never_become_paths(tmp_path: Path) -> None:
    path = recorded(tmp_path, "01HZX", 1, SOUND)
    assert recording_path(tmp_path, "01HZX", "2027-01-15") == path
    assert find_recording(tmp_path, "01HZX") == path
    assert find_recording(tmp_path, "01HZY") is None
    for hostile in ("", "../a", "a/b", "*", ".", "a.wav", "x" * 65):
        with pytest.raises(StorageError, match="not a recording's id"):
            find_recording(tmp_path, hostile)


def test_the_header_and_both_folders_are_synced_before_the_first_sound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def watch(fd: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{fd}"))
        real(fd)

    monkeypatch.setattr(os, "fsync", watch)
    path = recorded(tmp_path, "s", 1, b"")
    assert synced == [str(path), str(path.parent), str(tmp_path)]
