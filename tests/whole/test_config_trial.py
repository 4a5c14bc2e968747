"""Settings on trial in a whole shop: kept, gone back from, and the way back after a lock-out."""

import json
from dataclasses import replace
from typing import Any

import pytest

from appliance.machine import Card
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop
from tests.whole.test_restarts import control, serve_another


def ask(shop: Shop, method: str, **params: Any) -> dict[str, Any]:
    answer = control(shop, method, **params)
    assert "result" in answer, answer
    result: dict[str, Any] = answer["result"]
    return result


def refusal(shop: Shop, method: str, **params: Any) -> str:
    return str(control(shop, method, **params)["error"]["message"])


def broken(shop: Shop) -> str:
    """A port that is not there: no line gets ready with it."""
    return shop.toml.replace('port = "devices/line0"', 'port = "devices/nothing"')


def try_it(shop: Shop, toml: str, within_s: float = 600.0) -> dict[str, Any]:
    ask(shop, "config.draft", toml=toml, name="new.toml")
    return ask(shop, "config.apply", confirm_within_s=within_s)


def generation(shop: Shop) -> int:
    return int(ask(shop, "config.get")["generation"])


def test_draft_diff_apply_confirm(open_shop: OpenShop) -> None:
    shop = open_shop()
    toml = shop.toml.replace('name = "Test shop"', 'name = "New shop"')
    change = "shop.name: 'Test shop' -> 'New shop'"
    assert ask(shop, "config.draft", toml=toml, name="new.toml") == {"changes": [change]}
    assert generation(shop) == 1
    assert '+name = "New shop"' in ask(shop, "config.diff")["toml"]
    applied = ask(shop, "config.apply", confirm_within_s=15)
    assert applied["generation"] == 2
    assert applied["changes"] == [change]
    assert applied["until"] == pytest.approx(shop.loop.clock.utc() + 15.0, abs=2.0)
    shown = shop.status["on_trial"]
    assert (shown["generation"], shown["by"]) == (2, "local")
    assert shown["until"] == pytest.approx(applied["until"], abs=1.0)
    assert shop.status["shop"] == "New shop"
    assert "is not on trial" in refusal(shop, "config.confirm", generation=1)
    assert ask(shop, "config.confirm", generation=2) == {"generation": 2}
    assert shop.status["on_trial"] is None
    shop.pass_s(16.0)
    assert generation(shop) == 2
    assert shop.status["shop"] == "New shop"
    assert "no draft" in refusal(shop, "config.diff")
    assert "nothing is on trial" in refusal(shop, "config.confirm")
    story = "\n".join(shop.box_story())
    assert "New settings (generation 2) are on trial (local)" in story
    assert "within 15 s" in story
    assert "The settings on trial are kept (local)" in story


def test_an_owner_who_locked_himself_out_gets_his_line_back(open_shop: OpenShop) -> None:
    shop = open_shop()
    try_it(shop, broken(shop), 20.0)
    shop.until(lambda: shop.line_state != "ready")
    shop.pass_s(15.0)
    assert shop.line_state != "ready", "it stays until its time is over"
    assert generation(shop) == 2
    took = shop.until(lambda: shop.line_state == "ready")
    assert took < 45.0
    assert generation(shop) == 3
    assert shop.status["on_trial"] is None
    assert ask(shop, "config.get")["toml"] == shop.toml
    assert "gone back to those before, as generation 3" in "\n".join(shop.box_story())
    newest = ask(shop, "config.history")["generations"][0]
    assert (newest["by"], newest["how"]) == ("", "not confirmed in time")
    assert "nothing" in newest["changes"][0]
    serve_another(shop)


def test_gone_back_at_once_and_to_an_earlier_one(open_shop: OpenShop) -> None:
    shop = open_shop()
    try_it(shop, broken(shop))
    shop.until(lambda: shop.line_state != "ready")
    assert ask(shop, "config.revert")["generation"] == 3
    shop.until(lambda: shop.line_state == "ready")
    assert shop.status["on_trial"] is None
    assert "config history" in refusal(shop, "config.revert")
    assert ask(shop, "config.revert", generation=2)["changes"]
    shop.until(lambda: shop.line_state != "ready")
    assert ask(shop, "config.revert", generation=1)["generation"] == 5
    shop.until(lambda: shop.line_state == "ready")
    assert "generation 77" in refusal(shop, "config.revert", generation=77)
    assert ask(shop, "config.diff")["name"] == "new.toml", "to be mended"


def test_while_settings_are_on_trial_an_import_needs_force(open_shop: OpenShop) -> None:
    shop = open_shop()
    try_it(shop, shop.toml.replace("Test shop", "On trial"), 10.0)
    for method, params in (("config.import", {"toml": shop.toml}), ("config.apply", {})):
        assert "settings are on trial" in refusal(shop, method, **params)
    assert shop.status["shop"] == "On trial"
    toml = shop.toml.replace("Test shop", "Forced")
    assert ask(shop, "config.import", toml=toml, force=True)["generation"] == 3
    shop.pass_s(12.0)
    assert shop.status["shop"] == "Forced"
    assert shop.status["on_trial"] is None


def test_a_call_keeps_what_it_began_with_when_the_time_is_over(open_shop: OpenShop) -> None:
    """The call that began on trial ends on trial; the line is made anew when it is idle."""
    shop = open_shop()
    toml = shop.toml.replace('1 = "ring_group:orders"', '1 = "voicemail:owner"')
    toml = toml.replace('answer = "menu:main"', 'answer = "menu:main"\nsettle_ms = 900')
    before = shop.box.fleet.lines["landline"]
    try_it(shop, toml, 25.0)
    shop.until(lambda: shop.box.fleet.lines.get("landline") not in (None, before))
    shop.until_ready()
    driver = shop.box.fleet.lines["landline"]
    shop.until(lambda: shop.status["on_trial"]["until"] - shop.loop.clock.utc() < 10.0)
    caller = shop.ring(press=("1",), press_after_s=9.0, hang_up_after_s=20.0)
    shop.until(lambda: shop.status["calls"] and shop.status["calls"][0]["state"] == "menu")
    shop.until(lambda: generation(shop) == 3)
    assert shop.status["calls"][0]["state"] == "menu", "the call goes on"
    assert shop.box.fleet.lines["landline"] is driver, "not in the middle of a call"
    shop.until(lambda: shop.status["calls"][0]["state"] == "voicemail")
    shop.until(caller.done.done)
    shop.until(lambda: shop.box.fleet.lines.get("landline") not in (None, driver))
    shop.until_ready()
    serve_another(shop)


@pytest.mark.parametrize("ending", ["stopped", "killed"])
def test_its_time_runs_on_over_a_restart(open_shop: OpenShop, ending: str) -> None:
    shop = open_shop()
    try_it(shop, shop.toml.replace("Test shop", "On trial"), 30.0)
    until = shop.status["on_trial"]["until"]
    shop.pass_s(5.0)
    if ending == "stopped":
        shop.stop_box()
    else:
        shop.kill_box()
    shop.pass_s(10.0)
    shop.restart_box()
    assert shop.status["shop"] == "On trial"
    assert shop.status["on_trial"]["until"] == pytest.approx(until, abs=1.0)
    shop.pass_s(until - shop.loop.clock.utc() - 2.0)
    assert shop.status["shop"] == "On trial"
    shop.pass_s(4.0)
    assert shop.status["shop"] == "Test shop"


def test_a_power_cut_longer_than_its_time_starts_with_what_was_before(open_shop: OpenShop) -> None:
    shop = open_shop()
    try_it(shop, broken(shop), 8.0)
    shop.kill_box()
    shop.pass_s(10.0)
    shop.box = shop.make_box()
    shop.box.machine = replace(shop.box.machine, boot_id="the next boot")
    shop.start_box()  # waits for the line, which the settings on trial would never make ready
    assert generation(shop) == 3
    shop.until(lambda: "gone back to those before" in "\n".join(shop.box_story()))


def test_a_box_whose_clock_stood_still_goes_on_counting(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No clock with a battery: it wakes up years ago, and later learns the time."""
    shop = open_shop()
    monkeypatch.setattr("appliance.config_desk.NOTE_S", 5.0)
    try_it(shop, shop.toml.replace("Test shop", "On trial"), 70.0)
    shop.pass_s(18.0)
    shop.kill_box()
    clock, years = shop.loop.clock, 5 * 365 * 86_400
    with monkeypatch.context() as wrong:
        wrong.setattr(clock, "_start_utc", clock._start_utc - years)
        shop.box = shop.make_box()
        shop.box.machine = replace(shop.box.machine, boot_id="the next boot")
        shop.start_box()
        left_s = shop.status["on_trial"]["until"] - clock.utc()
        assert 15.0 < left_s < 28.0, "what passed since it was last noted is lost, no more"
        shop.pass_s(3.0)
    shop.pass_s(3.0)
    assert shop.status["shop"] == "On trial", "the right time is no reason to end it"
    shop.until(lambda: shop.status["shop"] == "Test shop", limit_s=25.0)


def test_a_full_card_is_told_and_tried_again(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = open_shop()
    try_it(shop, shop.toml.replace("Test shop", "On trial"), 5.0)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("appliance.storage.document_file.replace_file", fail)
        shop.until(lambda: any("No space left" in one for one in shop.status["problems"]))
        assert shop.status["shop"] == "On trial"
        shop.pass_s(5.0)
    shop.until(lambda: shop.status["shop"] == "Test shop", limit_s=15.0)
    shop.until(lambda: not any("No space left" in one for one in shop.status["problems"]))


def test_the_notes_of_a_trial_are_few(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The card is written now and then, and no page is woken by it."""
    shop = open_shop(card=Card(free_bytes=lambda _: 10**10))
    monkeypatch.setattr("appliance.config_desk.NOTE_S", 4.0)
    shop.pass_s(12.0)
    try_it(shop, shop.toml.replace("Test shop", "On trial"), 60.0)
    shop.pass_s(3.0)
    path = shop.state / "config-trial.json"
    head = json.loads(path.read_text().splitlines()[0])["generation"]
    revision = ask(shop, "status.get")["revision"]
    shop.pass_s(12.0)
    written = json.loads(path.read_text().splitlines()[0])["generation"] - head
    assert 2 <= written <= 3
    assert ask(shop, "status.get")["revision"] == revision
