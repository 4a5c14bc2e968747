"""The page that has the box join a Wi-Fi network."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import csrf, sign_in
from tests.web.shop import Shop

SECRET = "pan de sal at six"


def join(owner: FlaskClient, **form: str):
    token = csrf(owner, "/network")
    filled = {"ssid": "Nena", "password": SECRET, "country": "ph"} | form | {"csrf_token": token}
    return owner.post("/network/join", data=filled)


def test_a_network_is_asked_for(owner: FlaskClient, shop: Shop) -> None:
    answer = join(owner)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/network"
    assert shop.network.asked == [("Nena", SECRET, "ph")]


def test_what_was_refused_is_told_and_the_password_is_not_repeated(
    owner: FlaskClient, shop: Shop
) -> None:
    shop.network.refusal = "the password of the Wi-Fi has 8 to 63 characters"
    answer = join(owner, ssid='"><b>Nena')
    assert answer.status_code == 422
    assert "The password of the Wi-Fi has 8 to 63 characters." in answer.text
    assert "&#34;&gt;&lt;b&gt;Nena" in answer.text
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("now", "seen", "unseen"),
    [
        (
            {"waiting": True, "ssid": "<i>Nena"},
            "is joining <strong>&lt;i&gt;Nena",
            'banner bad" role="status">The',
        ),
        (
            {"ok": True, "text": "the box is in 'Nena'."},
            "The box is in",
            'banner bad" role="status">The',
        ),
        ({"text": "a wrong password"}, 'banner bad" role="status">A wrong', 'http-equiv="refresh"'),
    ],
)
def test_what_came_of_it_is_told(
    owner: FlaskClient, shop: Shop, now: dict[str, object], seen: str, unseen: str
) -> None:
    shop.network.now |= now
    text = owner.get("/network").text
    assert seen in text
    assert unseen not in text
    assert ('http-equiv="refresh"' in text) == bool(now.get("waiting"))


def test_the_owner_finds_it_and_others_may_not(app: Flask, owner: FlaskClient, shop: Shop) -> None:
    assert 'href="/network"' in owner.get("/lines").text
    staff = app.test_client()
    assert sign_in(staff, "Jun") == 302
    assert staff.get("/network").status_code == 403
    token = csrf(staff, "/calls")
    form = {"ssid": "x", "password": SECRET, "country": "PH", "csrf_token": token}
    assert staff.post("/network/join", data=form).status_code == 403
    assert shop.network.asked == []


def test_without_its_token_a_form_does_nothing(owner: FlaskClient, shop: Shop) -> None:
    answer = owner.post("/network/join", data={"ssid": "x", "password": SECRET, "country": "PH"})
    assert answer.status_code == 400
    assert shop.network.asked == []
