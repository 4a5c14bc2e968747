"""The daemon stops, is killed, fails to start, gets another configuration or time of day."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from appliance.audio.recording_file import HEADER_BYTES
from appliance.errors import StateFolderLocked, StorageError
from appliance.machine import Card
from appliance.simulator.modem_state import Faults
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop
from tests.whole.sound import loudest_at, tone, wav_channels


def talking(shop: Shop) -> None:
    shop.answer_with("11", after_s=1.0)
    shop.ring(press=("1",), press_after_s=2.0, say=tone(900, 30.0), say_after_s=2.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.pass_s(3.0)


def control(shop: Shop, method: str, token: str = "", **params: Any) -> dict[str, Any]:
    """One request through the control socket, as the page or the command line sends it."""

    async def ask() -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(str(shop.state / "control.sock"))
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        writer.write(json.dumps(asked | ({"token": token} if token else {})).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        return answer

    answer: dict[str, Any] = shop.run(ask())
    return answer


def serve_another(shop: Shop) -> None:
    shop.phone("11").hang_up()
    shop.until(lambda: shop.station_state("11") == "idle")
    shop.answer_with("11", after_s=0.5)
    caller = shop.ring(press=("1",), press_after_s=2.0, number="222", hang_up_after_s=8.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.until(caller.done.done)
    shop.until_ready()
    assert shop.last_call()["disposition"] == "answered"


def check_interrupted(shop: Shop, ended_at: float) -> None:
    """The call of before the restart is closed, its recording whole and playable.

    ``ended_at``: UTC seconds when the daemon was ended.
    """
    call = shop.last_call()
    assert call["disposition"] == "interrupted"
    assert call["ended_by"] == "box"
    assert call["ended_at"] is not None
    assert all(leg["ended_at"] is not None for leg in call["legs"])
    assert "the box stopped during this call" in shop.story
    (path,) = (shop.state / "recordings").rglob("*.wav")
    left, right = wav_channels(path)
    assert len(left) == len(right) == (path.stat().st_size - HEADER_BYTES) // 2
    assert loudest_at(left, 900) > 0.9
    assert call["recording"]["ms"] == len(left) // 8
    seconds = ended_at - call["answered_at"]
    assert call["recording"]["ms"] / 1000 > seconds - 1.0, "at most a second is lost"


def test_stopped_mid_call_and_started_again(open_shop: OpenShop) -> None:
    shop = open_shop(recording="always")
    talking(shop)
    ended_at = shop.loop.clock.utc()
    assert shop.stop_box() < 8.0
    assert not shop.network.line("landline").exchange.off_hook, "the line was released"
    shop.pass_s(2.0)
    shop.restart_box()
    check_interrupted(shop, ended_at)
    serve_another(shop)


def test_killed_mid_call_and_started_again(open_shop: OpenShop) -> None:
    shop = open_shop(recording="always")
    talking(shop)
    ended_at = shop.loop.clock.utc()
    shop.kill_box()
    begun = shop.loop.time()
    shop.restart_box()
    assert shop.loop.time() - begun < 3.0, "ready again"
    shop.pass_s(0.5)
    assert not shop.network.line("landline").exchange.off_hook, "the line was freed"
    check_interrupted(shop, ended_at)
    serve_another(shop)


def test_killed_while_a_message_is_left_it_reaches_the_owner(open_shop: OpenShop) -> None:
    shop = open_shop()
    caller = shop.ring(press=("0",), press_after_s=2.0)
    shop.until(lambda: shop.status["calls"])
    shop.until(lambda: "Taking a message" in shop.story)
    caller.say(tone(900, 10.0))
    shop.pass_s(4.0)
    shop.kill_box()
    shop.restart_box()
    shop.pass_s(1.0)
    (message,) = shop.messages()
    assert message["ms"] > 2500
    shop.until(lambda: shop.status["today"]["messages_new"] == 1)


@pytest.mark.parametrize(
    ("faults", "moment"),
    [
        (Faults(ignores_end=True), "talking"),
        (Faults(never_answers=True), "talking"),
        (Faults(never_answers=True), "ready"),
        (Faults(late_connect_s=20.0), "answering"),
        (Faults(), "ringing"),
        (Faults(), "answering"),
    ],
)
def test_it_stops_within_8_s_whatever_the_modem_does(
    open_shop: OpenShop, faults: Faults, moment: str
) -> None:
    shop = open_shop()
    if moment == "talking":
        talking(shop)
    shop.network.line("landline").modem.misbehave(faults)
    if moment in ("ringing", "answering"):
        shop.ring()
        wanted = "in_call" if moment == "answering" else "ringing"
        shop.until(lambda: shop.line_state == wanted)
    assert shop.stop_box() < 8.0
    assert shop.openers.still_open() == 0
    assert shop.mortal.timers() == []


def test_it_stops_while_pages_wait_for_news(open_shop: OpenShop) -> None:
    shop = open_shop()
    revision = control(shop, "status.get")["result"]["revision"]

    async def wait() -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(shop.state / "control.sock"))
        params = {"since": revision, "wait_s": 60}
        asked = {"jsonrpc": "2.0", "id": 1, "method": "status.changes", "params": params}
        writer.write(json.dumps(asked).encode() + b"\n")
        answer = await reader.read()
        writer.close()
        return answer

    waiting = shop.loop.create_task(wait())
    shop.pass_s(0.5)
    assert shop.stop_box() < 1.0
    assert shop.run(waiting) == b""


def test_an_idle_box_wakes_no_page(open_shop: OpenShop) -> None:
    shop = open_shop(card=Card(free_bytes=lambda _: 10**10))
    shop.pass_s(12.0)
    revision = control(shop, "status.get")["result"]["revision"]
    shop.pass_s(8.0)
    assert control(shop, "status.get")["result"]["revision"] == revision


def test_a_configuration_applied_mid_call(open_shop: OpenShop) -> None:
    """The call keeps the old plan; a changed line starts anew when it is idle."""
    shop = open_shop()
    shop.ring(press=("1",), press_after_s=4.0, hang_up_after_s=12.0)
    shop.until(lambda: shop.status["calls"] and shop.status["calls"][0]["state"] == "menu")
    toml = shop.toml.replace('1 = "ring_group:orders"', '1 = "voicemail:owner"')
    toml = toml.replace('answer = "menu:main"', 'answer = "menu:main"\nsettle_ms = 900')
    driver = shop.box.fleet.lines["landline"]
    answer = control(shop, "config.import", toml=toml, name="new.toml")
    assert answer["result"]["generation"] == 2, answer
    assert answer["result"]["changes"]
    shop.until(lambda: shop.phone("11").ringing)
    assert shop.box.fleet.lines["landline"] is driver, "not in the middle of a call"
    shop.until_ready()
    shop.until(lambda: shop.box.fleet.lines.get("landline") not in (None, driver))
    shop.until_ready()
    shop.ring(press=("1",), press_after_s=4.0, hang_up_after_s=9.0)
    shop.until(lambda: shop.status["calls"] and shop.status["calls"][0]["state"] == "voicemail")


def test_another_country_rings_its_handsets_its_own_way(open_shop: OpenShop) -> None:
    shop = open_shop()
    before = shop.box.fleet.stations["11"]
    toml = shop.toml.replace('country = "US"', 'country = "PH"')
    assert "result" in control(shop, "config.import", toml=toml, name="new.toml")
    shop.until(lambda: shop.box.fleet.stations.get("11") not in (None, before))
    shop.until(lambda: shop.station_state("11") == "idle" and shop.line_state == "ready")
    serve_another(shop)


def test_a_wrong_configuration_changes_nothing(open_shop: OpenShop) -> None:
    shop = open_shop()
    answer = control(shop, "config.import", toml="[shop]\nnome = 1\n", name="new.toml")
    assert "nome" in answer["error"]["message"]
    assert shop.status["shop"] == "Test shop"
    assert control(shop, "config.get")["result"]["generation"] == 1


@pytest.mark.parametrize("years", [-10, 10])
def test_a_jump_of_the_wall_clock_disturbs_no_timer(
    open_shop: OpenShop, years: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop(recording="always")
    shop.answer_with("11", after_s=4.0)
    caller = shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=14.0)
    shop.until(lambda: shop.phone("11").ringing)
    clock, jump = shop.loop.clock, years * 365 * 86_400
    monkeypatch.setattr(clock, "_start_utc", clock._start_utc + jump)
    shop.pass_s(0.5)
    assert shop.station_state("11") == "ringing"
    shop.until(lambda: shop.station_state("11") == "talking")
    shop.until(caller.done.done)
    shop.until_ready()
    call = shop.last_call()
    assert call["disposition"] == "answered"
    assert 12.0 < call["ended_at"] - call["started_at"] < 25.0
    assert call["recording"]["ms"] > 8000
    talk = next(leg for leg in call["legs"] if leg["endpoint"] == "station:11")
    assert 0 < talk["ended_at"] - talk["began_at"] < 15.0
    serve_another(shop)


def test_the_claim_code_works_once(open_shop: OpenShop) -> None:
    shop = open_shop(owner=False)
    path = shop.state / "claim-code"
    code = path.read_text().strip()
    assert control(shop, "auth.state")["result"] == {"claimed": False}
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    person = {"name": "Nena", "password": "pan de sal 1"}
    assert "error" in control(shop, "auth.claim", code=wrong, **person)
    shop.pass_s(60.0)
    shop.stop_box()
    shop.restart_box()
    assert path.read_text().strip() == code, "the same code after a restart"
    session = control(shop, "auth.claim", code=code, **person)["result"]
    assert session["role"] == "owner"
    assert control(shop, "status.get", token=session["token"])["result"]["shop"] == "Test shop"
    assert control(shop, "auth.state")["result"] == {"claimed": True}
    assert not path.exists()
    shop.pass_s(60.0)
    assert "error" in control(shop, "auth.claim", code=code, name="Eve", password="let me in 1")
    shop.stop_box()
    shop.restart_box()
    assert not path.exists()
    assert control(shop, "auth.whoami", token=session["token"])["result"]["name"] == "Nena"
    assert "error" in control(shop, "status.get", token="not a token")


def test_broken_accounts_are_told_to_the_owner(open_shop: OpenShop) -> None:
    shop = open_shop()
    shop.stop_box()
    (shop.state / "users.json").write_text("spoiled")
    shop.restart_box()
    assert any("users.json" in problem for problem in shop.status["problems"])


def break_history(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.state / "history.sqlite")) as db, db:
        db.execute("UPDATE schema_version SET version = 99, readable_since = 99")


def break_socket(shop: Shop) -> None:
    (shop.state / "control.sock").mkdir()


def break_accounts(shop: Shop) -> None:
    (shop.state / "users.json").unlink(missing_ok=True)
    (shop.state / "users.json").mkdir()
    (shop.state / "users.json" / "x").touch()


@pytest.mark.parametrize("spoil", [break_history, break_socket])
def test_a_start_that_fails_half_way_leaves_nothing_behind(
    open_shop: OpenShop, spoil: Callable[[Shop], None]
) -> None:
    shop = open_shop()
    shop.stop_box()
    shop.pass_s(0.1)
    spoil(shop)
    box = shop.make_box()
    with pytest.raises((StorageError, RuntimeError)) as refusal:
        shop.run(box.start(lambda _line: None))
    assert "\n" not in str(refusal.value)
    assert shop.openers.still_open() == 0
    assert shop.mortal.timers() == []
    for worker in shop.workers.values():
        with pytest.raises(RuntimeError, match="shutdown"):
            worker.submit(lambda: None)
    box.folder.lock()
    box.folder.unlock()


def test_a_second_daemon_is_refused_and_the_first_unharmed(open_shop: OpenShop) -> None:
    shop = open_shop()
    first, mortal, workers = shop.box, shop.mortal, shop.workers
    second = shop.make_box()
    with pytest.raises(StateFolderLocked, match="in use by process"):
        shop.run(second.start(lambda _line: None))
    shop.box, shop.mortal, shop.workers = first, mortal, workers
    serve_another(shop)


def test_a_history_that_cannot_be_read_keeps_the_totals_and_says_so(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop()
    serve_another(shop)
    shop.until(lambda: shop.status["today"]["calls"] == 1)

    def fail(_day: str) -> dict[str, Any]:
        raise StorageError("the history can't be read: disk I/O error")

    with monkeypatch.context() as spoiled:
        spoiled.setattr(shop.box.reader, "day_totals", fail)
        shop.until(lambda: "the history can't be read: disk I/O error" in shop.status["problems"])
        assert shop.status["today"]["calls"] == 1
    shop.until(lambda: shop.status["problems"] == [])
