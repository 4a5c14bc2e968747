"""Settings on trial: the owner's banner on every page, and its buttons."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect

from tests.web.conftest import csrf, sign_in
from tests.web.shop import Shop

PAGES = ["/", "/calls", "/calls/c-answered", "/messages", "/texts", "/lines", "/line?name=landline"]
TITLE = "New settings on trial"


def on_trial(shop: Shop, left_s: float = 500.0, by: str = "Nena") -> dict[str, Any]:
    return {"generation": 3, "until": shop.now + left_s, "by": by}


@pytest.mark.parametrize("page", PAGES)
def test_the_owner_sees_it_on_every_page_and_staff_on_none(
    app: Flask, owner: FlaskClient, shop: Shop, page: str
) -> None:
    assert TITLE not in owner.get(page).text
    shop.publish(on_trial=on_trial(shop, by="<b>Eve</b>"))
    answer = owner.get(page)
    assert answer.status_code == 200
    assert answer.text.count(TITLE) == 1
    assert "9 minutes</span> left" in answer.text
    assert "<b>Eve</b>" not in answer.text
    staff = app.test_client()
    sign_in(staff, "Jun")
    assert TITLE not in staff.get(page).text


def test_the_owner_keeps_what_was_shown(owner: FlaskClient, shop: Shop) -> None:
    shop.publish(on_trial=on_trial(shop))
    form = {"decision": "keep", "generation": "3", "csrf_token": csrf(owner, "/calls")}
    assert "The new settings stay." in owner.post(
        "/settings/trial", data=form, follow_redirects=True
    ).text  # fmt: skip
    assert shop.configs.asked == [("confirm", 3, "Nena")]


def test_the_owner_goes_back(owner: FlaskClient, shop: Shop) -> None:
    form = {"decision": "back", "generation": "3", "csrf_token": csrf(owner, "/")}
    answer = owner.post("/settings/trial", data=form, follow_redirects=True)
    assert "The settings before are back." in answer.text
    assert shop.configs.asked == [("revert", None, "Nena")]
    shop.configs.refusal = "nothing is on trial"
    assert "Nothing is on trial." in owner.post("/settings/trial", data=form).text


def test_nobody_else_decides(app: Flask, owner: FlaskClient, shop: Shop) -> None:
    assert owner.post("/settings/trial", data={"decision": "keep"}).status_code == 400
    staff = app.test_client()
    sign_in(staff, "Jun")
    form = {"decision": "keep", "generation": "3", "csrf_token": csrf(staff, "/")}
    assert staff.post("/settings/trial", data=form).status_code == 403
    assert shop.configs.asked == []


def test_it_comes_and_goes_by_itself_and_fits_a_small_phone(phone: Any, shop: Shop) -> None:
    page = phone().new_page()
    page.goto("/")
    banner = page.locator("#trial section")
    expect(banner).to_have_count(0)
    shop.publish(on_trial=on_trial(shop, 500.0))
    expect(banner).to_contain_text(TITLE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for button in ("Keep", "Go back"):
        box = page.get_by_role("button", name=button, exact=True).bounding_box()
        assert box["height"] >= 56
        assert box["width"] >= 130
    page.goto("/calls")
    expect(banner).to_contain_text("left")
    shop.publish(on_trial=None)
    expect(banner).to_have_count(0)
    shop.publish(on_trial=on_trial(shop))
    page.goto("/lines")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("The new settings stay.")).to_be_visible()
    assert shop.configs.asked == [("confirm", 3, "Nena")]


def test_its_buttons_work_without_scripts(phone: Any, shop: Shop) -> None:
    shop.publish(on_trial=on_trial(shop))
    page = phone(java_script_enabled=False).new_page()
    page.goto("/calls")
    page.get_by_role("button", name="Go back", exact=True).click()
    expect(page.get_by_text("The settings before are back.")).to_be_visible()
    assert shop.configs.asked == [("revert", None, "Nena")]
