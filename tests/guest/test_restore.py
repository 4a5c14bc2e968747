"""The shop saved on one box and brought back on another that was just written."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from appliance.simulator.caller import CallScript
from tests.guest.box import Box
from tests.guest.card import Card
from tests.guest.conftest import WORK, Tell
from tests.guest.guest import Guest
from tests.guest.line import Network
from tests.guest.page import a_phone, claim, claim_code, sign_in
from tests.guest.test_calls import until_answered, until_heard

PASSPHRASE = "six in the morning"


def save_shop(chromium: Browser, url: str, folder: Path) -> Path:
    with a_phone(chromium, url) as page:
        sign_in(page)
        page.goto("/backup")
        page.get_by_label("Passphrase, at least").fill(PASSPHRASE)
        page.get_by_label("The same again").fill(PASSPHRASE)
        page.get_by_label("With the recordings").check()
        with page.expect_download() as download:
            page.get_by_role("button", name="Save to a file").click()
        assert download.value.failure() is None
        file = folder / download.value.suggested_filename
        download.value.save_as(file)
    return file


def bring_back(chromium: Browser, url: str, file: Path) -> None:
    with a_phone(chromium, url) as page:
        sign_in(page)
        page.goto("/backup")
        page.get_by_label("The file").set_input_files(file)
        page.get_by_label("Its passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Send and check").click()
        page.get_by_role("button", name="Bring it back now").click()
        expect(page.get_by_text("of the shop that was brought back")).to_be_visible()


def test_a_shop_saved_on_one_box_comes_back_on_another(
    landline: Box, card: Card, network: Network, chromium: Browser, tell: Tell, tmp_path: Path
) -> None:
    shop = landline
    first = Box(shop.guest)
    calls = first.calls()
    assert calls
    file = save_shop(chromium, shop.guest.url, tmp_path)
    toml = first.ask("counterbell config export")
    shop.guest.stop()
    network.pull()
    tell(f"saved on the first box: {file.stat().st_size / 1e6:.1f} MB, {len(calls)} calls")

    second = Guest("second", card, WORK / "second")
    try:
        second.start(plugged=("line0",))
        box = Box(second)
        box.booted()
        claim(chromium, second.url, claim_code(second))
        network.plug_in("landline")
        network.connect(line0=second.serial("line0"))
        bring_back(chromium, second.url, file)
        tell("brought back on the second box")
        box.until_ready("landline")
        assert box.ask("counterbell config export") == toml
        assert [one["call_id"] for one in box.calls()] == [one["call_id"] for one in calls]
        recorded = next(one for one in calls if one["recording"])
        assert all(len(side) > 8000 for side in box.recording(recorded))
        call = network.call("landline", CallScript("09170000005"))
        until_answered(call)
        until_heard(call, shop.prompts["welcome"], "the greeting of the shop that was saved")
        call.hang_up()
        box.until_history("09170000005")
        with a_phone(chromium, second.url) as page:
            sign_in(page)
            expect(page.get_by_role("heading", name="Aling Nena's Bakery")).to_be_visible()
        assert box.ask("systemctl --failed --no-legend --plain") == ""
    finally:
        second.stop()
