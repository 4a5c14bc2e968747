"""The page about the box itself."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, expect

from tests.web.conftest import sign_in
from tests.web.shop import WORST_TEXT, Shop


def reading(kind: str, name: str, verdict: str, **more: str) -> dict[str, Any]:
    empty = {"what": "", "reason": "", "next_step": ""}
    return {"kind": kind, "name": name, "verdict": verdict, "at": 1.0, "facts": {}} | empty | more


READINGS = [
    reading("power", "supply", "trouble", what="well now",
            reason="power supply too weak: seen today 14:02", next_step="use another supply"),
    reading("card", "space", "well", what="room for 412 hours of recorded calls"),
    reading("clock", "time", "unknown", reason="nothing tells"),
    reading("temperature", "processor", "unused", what="this machine has no sensor"),
    reading("service", "counterbell-web.service", "trouble", reason=WORST_TEXT),
]  # fmt: skip


def test_what_is_told_of_the_box(owner: FlaskClient, shop: Shop) -> None:
    shop.readings = READINGS
    text = owner.get("/box").text
    assert "Power supply too weak: seen today 14:02." in text
    assert "Use another supply." in text
    assert "Room for 412 hours of recorded calls." in text
    assert "no sensor" not in text  # what a machine does not have is no news
    assert WORST_TEXT not in text


def test_a_box_that_tells_nothing(owner: FlaskClient) -> None:
    assert "tells nothing of itself" in owner.get("/box").text


def test_it_is_the_owners(app: Flask) -> None:
    staff = app.test_client()
    assert sign_in(staff, "Jun") == 302
    assert staff.get("/box").status_code == 403


@pytest.mark.browser
def test_it_fits_a_phone(phone: Callable[..., BrowserContext], shop: Shop) -> None:
    shop.readings = READINGS
    page = phone(width=320).new_page()
    page.goto("/box")
    expect(page.get_by_text("Room for 412 hours of recorded calls.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_it_is_found_from_the_lines(owner: FlaskClient) -> None:
    assert 'href="/box"' in owner.get("/lines").text
