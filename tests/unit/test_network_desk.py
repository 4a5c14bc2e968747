"""The page's wish for a Wi-Fi network: left for root, answered, its password nowhere else."""

import stat
from pathlib import Path

import msgspec
import pytest

from appliance.box.network_request import carry_out
from appliance.box.places import Places
from appliance.errors import NetworkRefused
from appliance.loop import VirtualClock, VirtualLoop
from appliance.network_desk import PATIENCE_S, NetworkDesk
from tests.unit.box_rig import Programs, new_box

SECRET = "pan de sal at six"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return new_box(tmp_path)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def desk(places: Places, clock: VirtualClock) -> NetworkDesk:
    return NetworkDesk(places.state, clock)


def test_asked_carried_out_and_told(places: Places, desk: NetworkDesk) -> None:
    assert desk.state() == {"waiting": False, "ssid": "", "ok": False, "text": "", "at": 0.0}
    desk.join("Nena", SECRET, "ph")
    path = places.state / "network/request.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert desk.state()["waiting"]
    with pytest.raises(NetworkRefused, match="already"):
        desk.join("Other", SECRET, "PH")
    assert carry_out(places, Programs(), lambda: 7.0) is not None
    told = desk.state()
    assert (told["waiting"], told["ok"], told["at"], told["ssid"]) == (False, True, 7.0, "Nena")
    kept = [x for x in places.state.rglob("*") if x.is_file() and SECRET in x.read_text()]
    assert kept == []
    assert SECRET in places.wifi.read_text()
    desk.join("Other", "", "PH")  # another time
    assert desk.state()["waiting"]


def test_what_is_wrong_is_refused_before_root_hears_of_it(
    places: Places, desk: NetworkDesk
) -> None:
    with pytest.raises(NetworkRefused, match="8 to 63") as refused:
        desk.join("Nena", "short", "PH")
    assert "short" not in str(refused.value)
    with pytest.raises(NetworkRefused, match="two capital letters"):
        desk.join("Nena", SECRET, "Philippines")
    assert not (places.state / "network").exists()


def test_where_nobody_carries_it_out_that_is_told(
    places: Places, desk: NetworkDesk, clock: VirtualClock
) -> None:
    desk.join("Nena", SECRET, "PH")
    loop = VirtualLoop(clock)
    loop.call_later(PATIENCE_S + 1, loop.stop)
    loop.run_forever()
    loop.close()
    assert "provision.sh install" in desk.state()["text"]
    assert not (places.state / "network/request.json").exists()  # nor its password
    assert desk.state()["text"] == ""
    desk.join("Nena", SECRET, "PH")


def test_a_wish_of_an_earlier_run_is_forgotten(
    places: Places, desk: NetworkDesk, clock: VirtualClock
) -> None:
    desk.join("Nena", SECRET, "PH")
    again = NetworkDesk(places.state, clock)
    assert not again.state()["waiting"]
    assert not (places.state / "network/request.json").exists()


def test_an_answer_that_is_none_is_waited_out(places: Places, desk: NetworkDesk) -> None:
    desk.join("Nena", SECRET, "PH")
    result = places.state / "network/result.json"
    for data in (b"", b"[", b"\xff", msgspec.json.encode({"ok": 1})):
        result.write_bytes(data)
        assert desk.state()["waiting"]
