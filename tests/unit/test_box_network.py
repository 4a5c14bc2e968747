"""Wi-Fi asked for by the page: root believes nothing of it; the network of before comes back."""

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.box.commands import Ran
from appliance.box.network_request import MOST_BYTES, WifiResult, carry_out
from appliance.box.places import Places
from tests.unit.box_rig import Programs, new_box

SECRET = "pan de sal at six"
ASKED = {"request_id": "r1", "ssid": "Nena", "password": SECRET, "country": "PH"}
UP = "nmcli --wait 45 connection up"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = new_box(tmp_path)
    (places.state / "network").mkdir()
    return places


def request(places: Places, data: bytes | dict[str, object]) -> None:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    (places.state / "network/request.json").write_bytes(raw)


def ask(places: Places, programs: Programs, **changed: object) -> WifiResult:
    request(places, ASKED | changed)
    result = carry_out(places, programs, lambda: 5.0)
    assert result is not None
    text = (places.state / "network/result.json").read_text()
    assert json.loads(text) == {
        "request_id": result.request_id, "ok": result.ok, "text": result.text, "at": 5.0,
    }  # fmt: skip
    assert SECRET not in text
    assert [x.name for x in (places.state / "network").iterdir()] == ["result.json"]
    return result


def test_the_network_is_joined(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _fd, uid, gid: given.append((uid, gid)))
    shown = "IP4.ADDRESS[1]:                         192.168.1.23/24\n"
    programs = Programs()
    programs.answers = {"nmcli --fields": Ran(0, shown, "")}
    result = ask(places, programs)
    assert (result.request_id, result.ok) == ("r1", True)
    assert "'Nena'; its address there is 192.168.1.23." in result.text
    assert f"psk={SECRET}\n" in places.wifi.read_text()
    assert stat.S_IMODE(places.wifi.stat().st_mode) == 0o600
    assert "nmcli connection reload" in programs.asked
    assert SECRET not in " ".join(programs.asked)  # others can read what programs are given
    owner = (places.state / "network").stat()
    assert given == [(owner.st_uid, owner.st_gid)]  # the daemon's


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        (4, "Error: Connection activation failed: Secrets were required, but not provided", "pass"),
        (4, "Error: Connection activation failed: No network with SSID 'Nena' found", "not to be"),
        (4, "Error: Connection activation failed: No suitable device found", "no Wi-Fi that"),
        (3, "Error: Timeout expired (45 seconds)", "did not answer in time"),
        (8, "Error: NetworkManager is not running.", "NetworkManager does not run"),
        (127, "nmcli is not installed", "NetworkManager does not run"),
        (1, "Error: something new", "something new"),
    ],
)
def test_a_network_that_refuses_leaves_the_one_before(
    places: Places, code: int, said: str, told: str
) -> None:
    ask(places, Programs())
    before = places.wifi.read_bytes()

    class Refuses(Programs):
        def __call__(self, words: object, given: str = "") -> Ran:
            super().__call__(words, given)  # type: ignore[arg-type]
            is_new = "79;116;" in places.wifi.read_text()  # "Other", as its bytes
            return (
                Ran(code, "", said) if self.asked[-1].startswith(UP) and is_new else Ran(0, "", "")
            )

    programs = Refuses()
    result = ask(places, programs, ssid="Other", country="US")
    assert not result.ok
    assert told in result.text
    assert "of before again" in result.text
    assert places.wifi.read_bytes() == before
    assert "regdom=PH" in places.wifi_country.read_text()
    assert sum(line.startswith(UP) for line in programs.asked) == 2


def test_where_there_was_none_there_is_none(places: Places) -> None:
    programs = Programs()
    programs.answers = {UP: Ran(4, "", "no network with SSID")}
    assert ask(places, programs).text.endswith("Nothing was changed.")
    assert not places.wifi.exists()
    assert not places.wifi_country.exists()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"password": "short"}, "8 to 63"),
        ({"ssid": ""}, "name of the Wi-Fi"),
        ({"ssid": "x\n[connection]"}, "control characters"),
        ({"country": "../"}, "two capital letters"),
        ({"country": "PX"}, "is not known"),
        ({"password": "12345678\nautoconnect=no"}, "8 to 63"),
    ],
)
def test_what_the_page_let_through_is_refused(
    places: Places, changed: dict[str, object], told: str
) -> None:
    programs = Programs()
    result = ask(places, programs, **changed)
    assert not result.ok
    assert told in result.text
    assert programs.asked == []
    assert not places.wifi.exists()


@given(data=st.one_of(st.binary(max_size=200), st.just(b"[" * (MOST_BYTES * 2))))
def test_no_bytes_stop_it(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    places = new_box(tmp_path_factory.mktemp("x"))
    (places.state / "network").mkdir()
    request(places, data)
    result = carry_out(places, Programs(), lambda: 1.0)
    assert result is not None
    assert not result.ok
    assert not (places.state / "network/request.json").exists()
    assert not places.wifi.exists()


def test_links_lead_nowhere(places: Places, tmp_path: Path) -> None:
    """Whoever took over the daemon may not read or write as root."""
    secret = tmp_path / "shadow"
    secret.write_text(json.dumps(ASKED))
    folder = places.state / "network"
    (folder / "request.json").symlink_to(secret)
    with pytest.raises(OSError, match="symbolic"):
        carry_out(places, Programs(), lambda: 1.0)
    assert secret.read_text() == json.dumps(ASKED)
    (folder / "request.json").unlink()
    (folder / "result.json").symlink_to(secret)
    ask(places, Programs())
    assert secret.read_text() == json.dumps(ASKED)
    (folder / "result.json").unlink()
    folder.rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)
    with pytest.raises(OSError):  # noqa: PT011 - ENOTDIR or ELOOP
        carry_out(places, Programs(), lambda: 1.0)
    assert list(elsewhere.iterdir()) == []


def test_a_pipe_is_no_request(places: Places) -> None:
    os.mkfifo(places.state / "network/request.json")
    result = carry_out(places, Programs(), lambda: 1.0)
    assert result is not None
    assert not result.ok


def test_nothing_asked_nothing_done(places: Places) -> None:
    assert carry_out(places, Programs(), lambda: 1.0) is None
    (places.state / "network").rmdir()
    assert carry_out(places, Programs(), lambda: 1.0) is None
