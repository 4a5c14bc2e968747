"""Calls from the shop to outside numbers: their words, their page, and asking for one."""

import pytest
from flask.testing import FlaskClient

from appliance.cli import data as cli
from tests.web.conftest import csrf
from tests.web.shop import Shop
from tests.web.shop_facts import (
    OUTSIDE,
    call_out,
    live_call,
    live_call_out,
    make_call,
    make_dial,
    make_leg,
    make_offer,
)
from web_admin import called_out, quality, stories
from web_admin.line_check import use_text

NAMES = {"11": "Counter", "12": "Kitchen"}
BEGAN = 1000.0
BY = "Called out by Counter"


def rung_first(outcome: str | None, **more: object) -> dict[str, object]:
    return {"offers": [make_offer("11", BEGAN, BEGAN + 5, outcome)], **more}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (call_out("c", BEGAN, "answered"), f"{BY}, talked 2:03"),
        (call_out("c", BEGAN, "busy", disposition="busy"), f"{BY}: busy"),
        (call_out("c", BEGAN, "no_answer"), f"{BY}: nobody answered"),
        (call_out("c", BEGAN, "no_dial_tone"), f"{BY}, not reached: no dial tone on landline"),
        (
            call_out("c", BEGAN, "no_dial_tone", "no_dial_tone"),
            f"{BY}, not reached: no dial tone on landline, then globe",
        ),
        (
            call_out("c", BEGAN, "line_in_use", "no_service"),
            f"{BY}, not reached: another telephone in use on landline, then no network on globe",
        ),
        (call_out("c", BEGAN, "no_dial_tone", "busy", disposition="busy"), f"{BY}: busy"),
        (
            call_out("c", BEGAN, "cancelled", disposition="abandoned"),
            f"{BY}: given up after 0:10",
        ),
        (call_out("c", BEGAN, disposition="busy"), f"{BY}: no line was free"),
        (
            call_out("c", BEGAN, **rung_first("no_answer")),
            f"{BY}: the handset rang, nobody lifted it",
        ),
        (
            call_out("c", BEGAN, disposition="failed", **rung_first("answered")),
            f"{BY}: the handset failed",
        ),
        (call_out("c", BEGAN, "new_cause"), f"{BY}: new cause"),
        (
            call_out("c", BEGAN, None, disposition="interrupted"),
            f"{BY}: the box stopped during it",
        ),
    ],
)
def test_how_a_call_out_went(call: dict[str, object], said: str) -> None:
    assert stories.summary(call, NAMES, BEGAN + 500) == said
    label, mood, icon = stories.outcome(call)
    assert label.startswith("Called out")
    assert "Missed" not in label
    assert icon != "missed"
    assert mood == ("good" if call["disposition"] == "answered" else mood)
    assert cli._outcome(call).startswith("called out")
    assert stories.who(call, NAMES) == OUTSIDE


@pytest.mark.parametrize(
    ("states", "more", "said"),
    [
        ({"offered": 0}, {"line": "landline"}, "Counter is calling, line landline"),
        ({"offered": 0}, rung_first(None, line="", dials=[]), "Counter rings first"),
        ({"offered": 0, "talking": 9}, {}, "Counter is talking"),
    ],
)
def test_a_call_out_that_is_up(
    states: dict[str, float], more: dict[str, object], said: str
) -> None:
    legs = [make_leg("station:11", BEGAN, None, states)]
    dials = [make_dial("landline", BEGAN, None, None)]
    told = {"legs": legs, "dials": dials, "ended_at": None, "disposition": None, **more}
    call = call_out("c", BEGAN, "answered", **told)
    assert stories.summary(call, NAMES, BEGAN + 20) == said
    assert stories.outcome(call)[0] == "On the line now"
    assert cli._outcome(call) == "calling out"


def test_the_steps_of_a_call_out_are_the_handset_s() -> None:
    call = call_out("c", BEGAN, "answered")
    assert [(s.label, s.seconds) for s in stories.steps(call, 0)] == [
        ("Calling", 10), ("Talking", 123),
    ]  # fmt: skip
    asked = call | {"offers": [make_offer("11", BEGAN - 7, BEGAN, "answered")]}
    asked["legs"] = [make_leg("station:11", BEGAN - 7, BEGAN + 133, {"offered": 0, "talking": 17})]
    labels = [s.label for s in stories.steps(asked, 0)]
    assert labels == ["Ringing the handset first", "Calling", "Talking"]


def test_each_line_that_was_tried_is_told() -> None:
    call = call_out("c", BEGAN, "no_dial_tone", "answered")
    assert [(t.line, t.mood, t.text) for t in called_out.tried(call, 0)] == [
        ("landline", "bad", "no dial tone, after 0:10"),
        ("globe", "good", "answered after 0:10"),
    ]
    (now,) = called_out.tried(call | {"dials": [make_dial("globe", BEGAN, None, None)]}, 0)
    assert now.text == "calling now"


def test_who_ended_it() -> None:
    call = call_out("c", BEGAN, "answered")
    assert stories.ended_by(call, NAMES) == "The other side"
    assert stories.ended_by(call | {"ended_by": "caller"}, NAMES) == "Counter"
    assert stories.ended_by(make_call("c", BEGAN), NAMES) == "The caller"


def test_a_caller_who_is_put_through_outside() -> None:
    legs = [
        make_leg("line:landline", BEGAN, BEGAN + 60, {"menu": 0, "offered": 5, "talking": 20}),
        make_leg("line:globe", BEGAN + 20, BEGAN + 60, {"talking": 0}),
    ]
    dials = [make_dial("globe", BEGAN + 5, BEGAN + 20, "answered")]
    call = make_call("c", BEGAN, legs=legs, dials=dials, offers=[])
    assert stories.summary(call, NAMES, 0) == f"Talked with {OUTSIDE}, 0:40"
    labels = [s.label for s in stories.steps(call, 0)]
    assert labels == ["In the menu", "Waiting, an outside number is called", "Talking"]
    legs[0]["states"].pop()
    lost = call | {"legs": legs[:1], "disposition": "abandoned"}
    assert stories.summary(lost, NAMES, 0) == "Hung up while an outside number was called"


def test_who_listened_in_did_not_talk() -> None:
    call = make_call("c", BEGAN)
    call["legs"].append(make_leg("station:13", BEGAN + 20, BEGAN + 30, {"listening": 0}))
    assert stories.summary(call, NAMES, 0) == "Talked with Kitchen, 0:25"


def test_the_sound_of_a_call_out_is_told_of_the_right_side() -> None:
    fine = {"level_dbm0": -20.0, "clipped_percent": 0.0}
    figures = {"caller": fine | {"level_dbm0": -35.0}, "station": fine, "ms": 20000}
    figures |= {"dead_air_ms": 0, "one_way": []}
    assert quality.sentence(figures, True) == "Handset level low (-35 dBm0)"
    assert quality.sentence(figures) == "Line level low (-35 dBm0)"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"state": "offered"}, "is calling"),
        ({"state": "talking"}, "is talking"),
        ({"state": "held"}, "is on hold"),
    ],
)
def test_now_tells_who_calls_whom(
    owner: FlaskClient, shop: Shop, more: dict[str, object], said: str
) -> None:
    shop.publish(calls=[live_call_out(shop.now, **more)])
    page = owner.get("/").text
    assert f"<strong>Counter</strong> {said}" in page
    assert OUTSIDE in page
    assert "Line landline" in page
    assert "handsets are ringing" not in page


def test_now_tells_of_a_handset_that_rings_first(owner: FlaskClient, shop: Shop) -> None:
    ringing = [s | {"state": "ringing"} for s in shop.status["stations"][:1]]
    shop.publish(calls=[live_call_out(shop.now, line="")], stations=ringing)
    assert "<strong>Counter</strong> rings first: lift it to call" in owner.get("/").text


def test_now_tells_no_ringing_handsets_where_none_rings(owner: FlaskClient, shop: Shop) -> None:
    shop.publish(calls=[live_call(shop.now)])
    assert "Waiting, an outside number is called" in owner.get("/").text
    ringing = [s | {"state": "ringing"} for s in shop.status["stations"]]
    shop.publish(stations=ringing)
    assert "Waiting, handsets are ringing" in owner.get("/").text


def test_a_call_out_is_no_missed_call_on_any_page(owner: FlaskClient) -> None:
    day = owner.get("/calls").text
    for words in ("talked 2:03", "no dial tone on landline, then globe", "given up after 0:10"):
        assert f"{BY}" in day
        assert words in day
    page = owner.get("/calls/c-out-lines").text
    for words in ("Lines that were tried", "no dial tone, after 0:10", "Called from", "Call again"):
        assert words in page
    assert "Missed" not in page
    assert "handsets are ringing" not in page


@pytest.mark.parametrize(
    "reason",
    ["international calls are not allowed", "the shop has made its 200 calls of today",
     "112 is an emergency number: dial it at a handset"],
)  # fmt: skip
def test_a_refused_call_is_told_and_leads_back(owner: FlaskClient, shop: Shop, reason: str) -> None:
    shop.refusal = reason
    form = {"station": "11", "number": OUTSIDE, "csrf_token": csrf(owner, "/calls/c-out")}
    before = {"Referer": "http://localhost/calls/c-out"}
    refused = owner.post("/calls/place", data=form, headers=before)
    assert refused.status_code == 400
    assert "The call was not made" in refused.text
    assert reason[1:] in refused.text
    assert 'href="/calls/c-out"' in refused.text
    for elsewhere in ("http://evil.example/x", "http://localhost//evil.example", "javascript:x"):
        refused = owner.post("/calls/place", data=form, headers={"Referer": elsewhere})
        assert "evil" not in refused.text
        assert "Back to the front page" in refused.text
    form["number"] = ""
    assert owner.post("/calls/place", data=form).status_code == 400


def test_one_call_is_a_call_and_two_are_calls() -> None:
    use = {"calls": 1, "seconds": 61, "calls_a_day": 200, "minutes_a_day": 0}
    assert use_text(use) == "1 call of 200, 2 min"
    assert use_text(use | {"calls": 2, "calls_a_day": 0}) == "2 calls, 2 min"


def test_the_owner_reads_who_may_be_called(owner: FlaskClient) -> None:
    page = owner.get("/lines").text
    for words in (
        "Dial 9, then the number", "Calls abroad", "Not allowed", "begins with 0900",
        "3 calls, 12 min of 60", "0 calls of 20, 0 min", "emergency calls only",
        "3 calls of 200, 12 min",
    ):  # fmt: skip
        assert words in page, words


def test_todays_use_in_words() -> None:
    use = {"calls": 1, "seconds": 0.0, "calls_a_day": 0, "minutes_a_day": 0}
    assert use_text(use) == "1 call, 0 min"
    assert use_text(use | {"seconds": 61.0, "minutes_a_day": 30}) == "1 call, 2 min of 30"


def test_the_command_line_tells_a_call_out() -> None:
    call = call_out("c", BEGAN, "no_dial_tone", "answered") | {"message": None}
    facts = dict(cli._facts(call))
    assert facts["called"] == OUTSIDE
    assert facts["outcome"] == "called out, ended by the other side after 143 s"
    assert cli._parties(call) == f"handset 11 to {OUTSIDE}"
    tried = [text for name, text in cli._facts(call) if name == f"called {OUTSIDE}"]
    assert tried == ["on line landline, 10.0 s, no dial tone", "on line globe, 10.0 s, answered"]
    mine = call | {"ended_by": "caller"}
    assert "ended by handset 11" in dict(cli._facts(mine))["outcome"]
    lost = call_out("c", BEGAN, "busy", disposition="busy")
    assert cli._outcome(lost) == "called out, busy"
    assert cli._doing_now(live_call_out(BEGAN)) == "calling"
