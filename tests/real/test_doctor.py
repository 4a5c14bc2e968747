"""The doctor and its bundle as commands, on a shop of real processes and pseudo-terminals."""

import gzip
import json
import os
import sqlite3
import tarfile
import time
from contextlib import closing
from pathlib import Path

from appliance.control.client import Client
from tests.real.conftest import TOML, furnish
from tests.real.rig import (
    Box,
    at_rest,
    best_of,
    counterbell,
    modem_returns_s,
    refused,
    running,
)

PASSWORD = "correct horse battery"
CALLER, NAME = "09175550123", "MARIA CLARA"
SHOP = (
    TOML.replace('confirmed_by = "a test"', 'confirmed_by = "Pilar Confirmer"')
    + """
[[line]]
name = "mobile"
driver = "cellular"
port = "devices/none"
audio = "serial_pcm"
audio_port = "devices/none-pcm"
pin = "86420"
answer = "hang_up"
[[number]]
name = "owner"
number = "+639998887766"
[[prompt]]
name = "call_us"
text = { en = "Or call 0917 765 4321." }
"""
)


def report(state: Path, *words: object) -> tuple[int, dict[str, dict[str, object]]]:
    """The exit code, and the findings by kind and name."""
    done = counterbell("doctor", "--json", *words, state=state)
    answer = json.loads(done.stdout)
    assert answer["schema"] == 1
    assert answer["well"] is (done.returncode == 0)
    return done.returncode, {f"{one['kind']} {one['name']}": one for one in answer["findings"]}


def reported_s(state: Path) -> float:
    """How long the doctor takes."""
    begun = time.monotonic()
    report(state)
    return time.monotonic() - begun


def test_a_shop_that_is_well_and_a_modem_that_is_pulled_out(box: Box) -> None:
    _, found = report(box.state)
    assert found["daemon telephony"]["verdict"] == "well"
    assert found["line landline"]["verdict"] == "well"
    assert "USR" in str(found["line landline"]["what"])
    assert str(found["linecard hat0"]["what"]).startswith("line card, firmware")
    assert found["station 11"]["verdict"] == "well"

    was = os.readlink(box.state / "devices" / "line0")
    box.ask({"do": "line_fault", "line": "landline", "unplug": True})
    box.until(lambda status: status["lines"][0]["state"] in {"retrying", "fault"})
    code, found = report(box.state)
    line = found["line landline"]
    assert (code, line["verdict"]) == (1, "trouble")
    assert "plug" in str(line["next_step"])

    served_s = modem_returns_s(box)
    assert os.readlink(box.state / "devices" / "line0") != was
    box.call_briefly()
    box.until(at_rest)
    assert best_of(served_s, lambda: modem_returns_s(box), 5.0) <= 5.0


def test_with_the_daemon_down_the_doctor_asks_the_ports_itself(
    tmp_path: Path, prompts: Path, shop_toml: Path
) -> None:
    state = furnish(tmp_path / "state", prompts, shop_toml)
    with running("simulate", "serve", state=state) as network:
        network.until("ready")
        begun = time.monotonic()
        code, found = report(state)
        took_s = time.monotonic() - begun
        assert best_of(took_s, lambda: reported_s(state), 12.0) < 12.0
        assert code == 1
        assert found["daemon telephony"]["next_step"]
        assert "voice modem" in str(found["line landline"]["what"])
        assert found["line landline"]["verdict"] == "well"
        assert found["linecard hat0"]["verdict"] == "well"
        text = counterbell("doctor", state=state)
        assert "next: " in text.stdout
        assert "line0" in text.stderr  # progress
        unasked = counterbell("doctor", "--no-ask", "--json", state=state)
        assert "was not asked" in unasked.stdout


def everything_in(bundle: Path) -> bytes:
    """Every byte that a reader of the bundle could come by."""
    found = gzip.decompress(bundle.read_bytes())
    with tarfile.open(bundle) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            assert file is not None
            found += file.read()
    return found


def fill(state: Path) -> None:
    """A call and a message as the daemon of a busy shop would have left them."""
    with closing(sqlite3.connect(state / "history.sqlite")) as db, db:
        db.execute(
            "UPDATE call SET digits = '20251224', name = ?, number = ? WHERE seq = 1",
            (NAME, CALLER),
        )
        db.execute(
            "UPDATE event SET data = json_set(data, '$.text', ?) WHERE seq = (SELECT min(seq)"
            " FROM event WHERE kind = 'note' AND call_id != '')",
            (f"{NAME.title()} at {CALLER[:4]} {CALLER[4:7]}-{CALLER[7:]} rang",),
        )


def test_the_bundle_of_a_filled_shop_holds_no_secret_and_no_number(
    tmp_path: Path, prompts: Path
) -> None:
    toml = tmp_path / "shop.toml"
    toml.write_text(TOML)
    state = furnish(tmp_path / "state", prompts, toml)
    with running("simulate", "serve", state=state) as network:
        network.until("ready")
        with running("run", state=state) as daemon:
            daemon.until("ready")
            claim = (state / "claim-code").read_text().strip()
            call = counterbell(
                "simulate", "call", "--from", CALLER, "--name", NAME, "--hang-up-after", 0.5,
                state=state,
            )  # fmt: skip
            assert call.returncode == 0, call.stderr
            with Client(state / "control.sock") as client:
                token = client.call("auth.claim", code=claim, name="Nena", password=PASSWORD)[
                    "token"
                ]
                wifi = {"ssid": "Bakery", "password": "wifi pan de sal", "country": "PH"}
                client.call("network.join", **wifi)
            (state / "web-secret").write_text("the-page-keeps-this-key")
            up = tmp_path / "up.tar.gz"
            assert counterbell("doctor", "--bundle", up, state=state).returncode in (0, 1)
            daemon.stop()
    fill(state)
    toml.write_text(SHOP)
    assert counterbell("config", "import", toml, state=state).returncode == 0
    down, kept = tmp_path / "down.tar.gz", tmp_path / "kept.tar.gz"
    made = counterbell("doctor", "--bundle", down, state=state)
    assert "log.txt" in made.stderr  # progress
    counterbell("doctor", "--with-numbers", "--bundle", kept, state=state)
    hashes = [text for text in (state / "users.json").read_text().split('"') if len(text) > 40]
    assert any("$argon2" in text for text in hashes)
    secrets = [
        claim,
        token,
        PASSWORD,
        "wifi pan de sal",
        "the-page-keeps-this-key",
        "86420",
        *hashes,
    ]
    numbers = [CALLER, "175550123", "0917 555", "9998887766", "765 4321", "20251224"]
    for bundle in (up, down):
        data = everything_in(bundle)
        for secret in secrets:
            assert secret.encode() not in data, secret
        for number in numbers:
            assert number.encode() not in data, number
        for name in (NAME, NAME.title(), "Pilar"):
            assert name.encode() not in data, name
        assert b".wav" not in data
    assert CALLER.encode() in everything_in(kept)
    assert not any(secret.encode() in everything_in(kept) for secret in secrets)
    with tarfile.open(down) as archive:
        names = {Path(name).name for name in archive.getnames()}
    assert {"doctor.json", "configuration.toml", "calls.json", "log.txt", "README.txt"} <= names
    assert down.stat().st_size < 1_000_000


def test_what_can_not_be_done_is_one_line(tmp_path: Path) -> None:
    state = tmp_path / "state"
    code, found = report(state)
    assert (code, found["daemon telephony"]["verdict"]) == (1, "trouble")
    assert not state.exists()  # it looked, and made nothing
    done = counterbell("doctor", "--bundle", tmp_path, state=state)
    assert done.returncode == 1
    assert "is a folder" in done.stderr.splitlines()[-1]
    assert "extra" in refused(counterbell("udev-rules", "extra"), 2)
    rules = counterbell("udev-rules").stdout
    committed = Path(__file__).parents[2] / "systemd/udev/60-counterbell.rules"
    assert rules == committed.read_text()
