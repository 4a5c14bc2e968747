"""The line check: its figures, the picture of the evidence, and what the owner may decide."""

import re

from flask import Flask
from flask.testing import FlaskClient

from tests.control_fakes import PROPOSAL
from tests.web.conftest import csrf, sign_in
from tests.web.shop import WORST_TEXT, Shop
from web_admin.line_check import HEIGHT, WIDTH, make_plot


def test_it_shows_measures_and_a_proposal_with_its_evidence(owner: FlaskClient) -> None:
    page = owner.get("/lines").text
    assert "17.5 dB" in page
    assert "600 Hz, 0.3 s on, 0.15 s off" in page
    assert page.count("<rect") == 9  # a burst each
    assert "<polyline" in page
    assert 'href="/calls/c2"' in page
    assert "<script>" not in page
    assert " style=" not in page


def test_the_plot_stays_within_its_frame() -> None:
    plot = make_plot(PROPOSAL["plot"] | {"level_dbm0": [-200.0, -20.0, 50.0]})
    assert plot is not None
    numbers = [float(n) for n in re.findall(r"-?[0-9.]+", plot.points)]
    assert all(0 <= x <= WIDTH for x in numbers[::2])
    assert all(0 <= y <= HEIGHT for y in numbers[1::2])
    assert make_plot({"level_dbm0": [], "step_ms": 50, "bursts_ms": []}) is None


def test_the_owner_applies_it(owner: FlaskClient, shop: Shop) -> None:
    form = {"decision": "apply", "csrf_token": csrf(owner, "/lines")}
    answer = owner.post("/lines/p1", data=form, follow_redirects=True)
    assert "now listens for this tone" in answer.text
    assert shop.doctor.applied == ["p1"]
    assert "<polyline" not in answer.text


def test_the_owner_declines_it(owner: FlaskClient, shop: Shop) -> None:
    form = {"decision": "dismiss", "csrf_token": csrf(owner, "/lines")}
    assert owner.post("/lines/p1", data=form).status_code == 302
    assert shop.doctor.dismissed == ["p1"]
    assert owner.post("/lines/p1", data=form | {"csrf_token": ""}).status_code == 400


def test_its_sound_is_sent(owner: FlaskClient) -> None:
    with owner.get("/lines/p1.wav") as answer:
        assert answer.mimetype == "audio/wav"
        assert answer.data == b"RIFF and the rest"
    assert owner.get("/lines/none.wav").status_code == 404


def test_staff_neither_see_nor_decide(app: Flask, shop: Shop) -> None:
    staff = app.test_client()
    assert sign_in(staff, "Jun") == 302
    assert 'href="/lines"' not in staff.get("/").text
    assert "600 Hz" not in staff.get("/lines").text
    staff.post("/lines/p1", data={"decision": "apply", "csrf_token": csrf(staff, "/")})
    assert shop.doctor.applied == []


def test_hostile_names_stay_text(owner: FlaskClient, shop: Shop) -> None:
    calls = [call | {"caller": WORST_TEXT} for call in PROPOSAL["calls"]]
    shop.doctor.proposals = [PROPOSAL | {"calls": calls, "value_text": WORST_TEXT}]
    page = owner.get("/lines").text
    assert "<svg onload" not in page
    assert "window.pwned=1;alert(1)</script>" not in page
