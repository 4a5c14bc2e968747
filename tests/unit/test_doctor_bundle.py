"""The support bundle: masked, bounded, whole or not there."""

import json
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.doctor.bundle import FOLDER, MOST_MEMBER_BYTES, Part, write_bundle
from appliance.doctor.masks import SECRET, Masker
from appliance.errors import StorageError
from appliance.settings.toml import check_toml, read_toml, write_toml


def unpacked(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        found = {}
        for entry in archive:
            file = archive.extractfile(entry)
            assert file is not None
            found[entry.name.removeprefix(f"{FOLDER}/")] = file.read().decode()
        return found


def test_the_same_number_has_the_same_mask_however_it_is_written():
    masker = Masker(numbers=["09171234567"], names=["JUAN CRUZ", "Li"])
    text = masker.text("0917 123 4567 (Juan Cruz) rang, then Li; +63 2 8123 4567 did not")
    assert text == "[number 1] ([name 1]) rang, then [name 2]; [number 2] did not"
    assert masker.text("Line 2 of Lima, 14:05") == "Line 2 of Lima, 14:05"


@pytest.mark.parametrize(
    "kept",
    [
        "2026-11-22 06:50:03 the line rang",
        "2026-11-22T06:50:03.123456+00:00 box counterbell[812]: ready",
        "/dev/serial/by-path/platform-3f980000.usb-usb-0:1.2:1.0",
        "44100 Hz at 115200 baud, usb 2c7c:0125, EC25EFAR06A06M4G",
        "01JD7K2B3C4D5E6F7G8H9JKMNP ended after 12.3 s; 4 rings; generation 17",
    ],
)
def test_what_is_no_number_stays(kept):
    assert Masker().text(kept) == kept


@pytest.mark.parametrize(
    "number",
    ["09171234567", "+639171234567", "0917-123-4567", "(02) 8123 4567", "81234"],
)
def test_every_spelling_of_a_number_is_found(number):
    told = Masker().text(f"the caller {number} rang")
    assert told == "the caller [number 1] rang"


def test_records_are_masked_by_the_names_of_their_keys():
    masker = Masker(keep_numbers=False)
    call = {
        "call_id": "01JD7K2B", "digits": "1234", "caller": {"number": "12", "name": "Ana",
        "presentation": "allowed"}, "started_at": 1763793003.5, "line": "landline",
        "story": [{"at": 1.0, "text": "Rang from 0917123 4567"}], "name": "kept",
    }  # fmt: skip
    masked = masker.value(call)
    assert masked["caller"] == {
        "number": "[number 1]", "name": "[name 1]", "presentation": "allowed",
    }  # fmt: skip
    assert (masked["digits"], masked["started_at"], masked["name"]) == (
        "••••", 1763793003.5, "kept",
    )  # fmt: skip
    assert "0917" not in json.dumps(masked)


def test_numbers_stay_if_asked_and_secrets_never():
    masker = Masker(secrets=["4711", "hunter2secret"], numbers=["09171234567"], keep_numbers=True)
    text = masker.text("pin 4711 of 09171234567, key xhunter2secretx, 14711 calls")
    assert text == f"pin {SECRET} of 09171234567, key x{SECRET}x, 14711 calls"


@given(st.from_regex(r"\+?[0-9]{5,15}", fullmatch=True), st.text(max_size=30), st.text(max_size=30))
def test_a_known_number_never_survives_in_any_text(number, before, after):
    masker = Masker(numbers=[number])
    text = masker.text(f"{before} {number} {after}")
    assert f" {number} " not in f" {text} "


@given(st.text(min_size=6, max_size=40), st.text(max_size=50))
def test_a_secret_never_survives(secret, text):
    told = Masker(secrets=[secret]).text(text + " " + secret)
    assert secret not in told or secret in SECRET or secret.isdecimal()


def test_a_masked_configuration_keeps_its_shape():
    toml = """
[shop]
name = "Nena"
[[number]]
name = "owner"
number = "+639171234567"
[[line]]
name = "mobile"
driver = "cellular"
port = "/dev/x"
audio = "serial_pcm"
audio_port = "/dev/y"
pin = "4711"
answer = "number:owner"
[[prompt]]
name = "call_us"
text = { en = "Or call 0917 765 4321." }
"""
    assert check_toml(toml) == []
    shown = write_toml(Masker(secrets=["4711"]).record(read_toml(toml)))
    assert "4711" not in shown
    assert "765" not in shown
    assert "639171234567" not in shown
    assert 'port = "/dev/x"' in shown


def test_a_bundle_is_bounded_and_a_part_that_fails_says_so(tmp_path):
    def fails():
        raise StorageError("the card is gone")

    told = []
    file = tmp_path / "b.tar.gz"
    parts = [Part("long.txt", lambda: "x" * (MOST_MEMBER_BYTES + 5)), Part("gone.txt", fails)]
    sizes = write_bundle(file, parts, 1_800_000_000.0, lambda *step: told.append(step))
    found = unpacked(file)
    assert sizes["long.txt"] == len(found["long.txt"]) == MOST_MEMBER_BYTES
    assert "[cut here" in found["long.txt"]
    assert found["gone.txt"] == "[not here: the card is gone]\n"
    assert [step[0] for step in told] == [1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["b.tar.gz"]
    assert file.stat().st_mode & 0o077 == 0


def test_a_bundle_that_can_not_be_written_leaves_the_earlier_one(tmp_path, monkeypatch):
    file = tmp_path / "b.tar.gz"
    file.write_bytes(b"earlier")

    def no_space(_fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("appliance.doctor.bundle.os.fsync", no_space)
    with pytest.raises(StorageError, match="No space left"):
        write_bundle(file, [Part("a.txt", lambda: "a")], 0.0, lambda *_step: None)
    assert file.read_bytes() == b"earlier"
    assert len(list(tmp_path.iterdir())) == 1
