"""The page of updates."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import csrf, sign_in
from tests.web.shop import WORST_TEXT, Shop

RAW = "application/octet-stream"


def post(owner: FlaskClient, what: str, **form: str):
    return owner.post(f"/update/{what}", data=form | {"csrf_token": csrf(owner, "/update")})


def test_it_says_what_runs_and_is_reached_from_the_lines(owner: FlaskClient) -> None:
    assert "0.1.0" in owner.get("/update").text
    assert 'href="/update"' in owner.get("/lines").text


def test_a_file_goes_to_the_card_and_is_asked_for(owner: FlaskClient, shop: Shop) -> None:
    data = b"signed" * 50_000
    headers = {"X-CSRFToken": csrf(owner, "/update")}
    sent = owner.post("/update/upload", data=data, content_type=RAW, headers=headers)
    assert (sent.status_code, sent.text) == (200, "")
    assert (shop.folder / "release").read_bytes() == data
    assert post(owner, "install", source="upload", older="yes").location == "/update"
    assert shop.updates.asked == [("install", "upload", "", "", True)]


def test_more_than_the_card_takes_is_refused(owner: FlaskClient, shop: Shop) -> None:
    headers = {"X-CSRFToken": csrf(owner, "/update")}
    data = b"x" * (shop.updates.most_bytes + 1)
    sent = owner.post("/update/upload", data=data, content_type=RAW, headers=headers)
    assert sent.status_code == 507
    assert "not enough space" in sent.text


def test_a_stick_is_looked_for_and_one_of_its_releases_installed(
    owner: FlaskClient, shop: Shop
) -> None:
    assert post(owner, "look").location == "/update"
    good = {"name": "c.counterbell-release", "version": "0.2.0", "bytes": 24_000_000}
    bad = {"name": WORST_TEXT, "version": "", "bytes": 1, "problem": "not signed by anybody"}
    shop.updates.told |= {"found": [good | {"problem": ""}, bad]}
    page = owner.get("/update").text
    assert "0.2.0" in page
    assert "24.0 MB" in page
    assert "Not signed by anybody" in page
    assert WORST_TEXT not in page
    assert page.count("Install this one") == 1
    post(owner, "install", source="stick", name="c.counterbell-release")
    assert shop.updates.asked[-1] == ("install", "stick", "c.counterbell-release", "", False)
    shop.updates.told |= {"found": []}
    assert "no release on any USB stick" in owner.get("/update").text


def test_an_address_is_asked_for_and_what_is_refused_is_told(
    owner: FlaskClient, shop: Shop
) -> None:
    post(owner, "install", source="url", url=" https://example.com/r ")
    assert shop.updates.asked == [("install", "url", "", "https://example.com/r", False)]
    shop.updates.refusal = "an update is going on already: wait"
    answer = post(owner, "look")
    assert answer.status_code == 422
    assert "An update is going on already" in answer.text


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"doing": "testing", "sentence": "the new release takes a test call"}, "The new release"),
        ({"ended": "done", "target": "0.2.0"}, "release 0.2.0 is in use"),
        ({"ended": "returned", "problem": "line globe is away"}, "the one before is in use again"),
        ({"ended": "given_up", "problem": "the file is damaged"}, "Nothing was changed. The file"),
        ({"can_update": False}, "no installed box"),
    ],
)
def test_how_it_goes_is_told(
    owner: FlaskClient, shop: Shop, told: dict[str, str], words: str
) -> None:
    shop.updates.told |= told
    page = owner.get("/update").text
    assert words in page
    assert ("http-equiv" in page) == ("doing" in told)


def test_staff_see_and_do_nothing_here(app: Flask, shop: Shop) -> None:
    staff = app.test_client()
    assert sign_in(staff, "Jun") == 302
    token = csrf(staff, "/")
    assert staff.get("/update").status_code == 403
    for what in ("install", "look", "forget"):
        form = {"csrf_token": token, "source": "upload"}
        assert staff.post(f"/update/{what}", data=form).status_code == 403
    headers = {"X-CSRFToken": token}
    sent = staff.post("/update/upload", data=b"x", content_type=RAW, headers=headers)
    assert sent.status_code == 403
    assert shop.updates.asked == []
