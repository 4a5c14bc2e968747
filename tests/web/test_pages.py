"""The pages through Flask's test client: sign-in, calls, messages, sound, and every trouble."""

import socket
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import csrf, sign_in
from tests.web.shop import CODE, PASSWORD, Shop
from tests.web.shop_facts import mulaw_wav
from web_admin import live, visitor
from web_admin.factory import create_app
from web_admin.secret import read_or_make_secret

WAV = mulaw_wav(3.0, 1)

# --- signing in --------------------------------------------------------------------------------


def test_an_unclaimed_box_is_claimed_once(app: Flask, shop: Shop) -> None:
    shop.accounts.claimed = False
    client = app.test_client()
    assert client.get("/").location == "/sign-in"
    assert client.get("/sign-in").location == "/claim"
    form = {"code": "1111-1111", "name": "Nena", "password": PASSWORD}
    form["csrf_token"] = csrf(client, "/claim?code=42")
    wrong = client.post("/claim", data=form)
    assert wrong.status_code == 401
    assert "This is not the claim code." in wrong.text
    assert client.post("/claim", data=form | {"password": "short"}).status_code == 400
    right = client.post("/claim", data=form | {"code": f" {CODE[:4]}-{CODE[4:]} "})
    assert right.location == "/"
    assert client.get("/").status_code == 200
    assert app.test_client().get("/claim").location == "/sign-in"


def test_a_code_in_the_address_is_filled_in(visitor: FlaskClient, shop: Shop) -> None:
    shop.accounts.claimed = False
    assert 'value="12345678"' in visitor.get("/claim?code=12345678").text


def test_wrong_passwords_are_told_and_never_repeated(visitor: FlaskClient) -> None:
    form = {"name": "Nena", "password": "pan de sal?", "csrf_token": csrf(visitor)}
    answer = visitor.post("/sign-in", data=form)
    assert answer.status_code == 401
    assert "This name and password do not belong together." in answer.text
    assert 'value="Nena"' in answer.text
    assert "pan de sal?" not in answer.text


@pytest.mark.parametrize(
    ("seconds", "words"), [(41.2, "42 seconds"), (1.0, "1 second"), (480.0, "8 minutes")]
)
def test_a_lockout_says_how_long(
    visitor: FlaskClient, shop: Shop, seconds: float, words: str
) -> None:
    shop.accounts.locked_s = seconds
    form = {"name": "Nena", "password": PASSWORD, "csrf_token": csrf(visitor)}
    answer = visitor.post("/sign-in", data=form)
    assert answer.status_code == 429
    assert f"Try again in {words}." in answer.text
    assert float(answer.headers["Retry-After"]) >= seconds


def test_signing_out_ends_the_session_at_the_daemon_too(owner: FlaskClient, shop: Shop) -> None:
    assert len(shop.accounts.sessions) == 1
    answer = owner.post("/sign-out", data={"csrf_token": csrf(owner, "/")})
    assert answer.location == "/sign-in"
    assert shop.accounts.sessions == {}
    assert owner.get("/").location == "/sign-in"


def test_signing_out_works_while_the_daemon_is_away(owner: FlaskClient, shop: Shop) -> None:
    token = csrf(owner, "/")
    shop.stop()
    assert owner.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"
    shop.start()
    assert owner.get("/").location == "/sign-in"
    assert "could not be told" in owner.get("/sign-in").text


@pytest.mark.parametrize("path", ["/", "/calls", "/messages", "/calls/c-open"])
def test_a_session_that_the_daemon_ended_leads_to_sign_in_once(
    owner: FlaskClient, shop: Shop, path: str
) -> None:
    shop.accounts.sessions.clear()
    assert owner.get(path).location == "/sign-in"
    page = owner.get("/sign-in")
    assert page.status_code == 200
    assert "Please sign in again." in page.text
    assert sign_in(owner) == 302
    assert owner.get(path).status_code == 200


def test_a_form_of_an_ended_session_leads_to_sign_in(owner: FlaskClient, shop: Shop) -> None:
    form = {"heard": "yes", "csrf_token": csrf(owner, "/messages")}
    shop.accounts.sessions.clear()
    assert owner.post("/messages/m-1", data=form).location == "/sign-in"
    assert shop.marked == []


def test_who_is_signed_in_is_not_asked_again(owner: FlaskClient) -> None:
    assert owner.get("/sign-in").location == "/"


def test_two_visitors_do_not_share_a_session(app: Flask, owner: FlaskClient) -> None:
    other = app.test_client()
    assert sign_in(other, "Jun") == 302
    assert other.post("/sign-out", data={"csrf_token": csrf(other, "/")}).status_code == 302
    assert owner.get("/").status_code == 200


# --- what is shown -----------------------------------------------------------------------------


def test_the_front_page_counts_from_the_box_s_clock_not_from_the_last_change(
    owner: FlaskClient, shop: Shop
) -> None:
    """The snapshot's own ``at`` is when something last changed: minutes ago, mid-call."""
    call = {"call_id": "c-open", "line": "landline", "state": "talking", "station": "12"}
    caller = {"number": "0918", "name": "", "presentation": "allowed"}
    began = shop.now - 300
    call |= {"caller": caller, "since": began, "started_at": began, "direction": "inbound"}
    shop.publish(calls=[call], at=began)
    page = owner.get("/").text
    assert page.count(">5:0") == 2
    assert "Kitchen" in page


def test_a_day_lists_every_way_a_call_can_go(owner: FlaskClient) -> None:
    page = owner.get("/calls").text
    for words in (
        "Waiting, handsets are ringing", "Talked with Kitchen, 0:25", "Left a message",
        "Hung up while handsets were ringing", "Nobody answered", "Every handset was busy",
        "The line or its equipment failed", "The box stopped during this call", "Private number",
        "Office",
    ):  # fmt: skip
        assert words in page, words
    assert "before=second" in page
    second = owner.get("/calls?before=second").text
    assert "Latest calls of this day" in second
    assert "before=second" not in second


def test_an_empty_day_says_so(owner: FlaskClient) -> None:
    page = owner.get("/calls?day=2020-02-29").text
    assert "No calls." in page
    assert "Saturday, 29 February 2020" in page
    assert "day=2020-03-01" in page


def test_a_call_tells_who_was_rung_and_where_the_time_went(owner: FlaskClient) -> None:
    page = owner.get("/calls/c-answered").text
    assert "rang 0:06, stopped" in page
    assert "lifted after 0:06" in page
    assert "/recordings/r-c-answered.wav" in page
    assert 'href="tel:09181112222"' in page


def test_a_call_that_left_a_message_plays_the_message_and_leads_to_it(owner: FlaskClient) -> None:
    page = owner.get("/calls/c-voicemail").text
    assert "/recordings/m-1.wav" in page
    assert "/messages#m-m-1" in page
    assert "/recordings/r-c-voicemail.wav" in page  # and the call's own recording


def test_a_call_in_progress_has_no_player_yet(owner: FlaskClient) -> None:
    page = owner.get("/calls/c-open").text
    assert "<audio" not in page
    assert "You can listen when it is over." in page
    assert "ringing now" in page


def test_a_message_is_marked_and_stays_in_sight(owner: FlaskClient, shop: Shop) -> None:
    form = {"heard": "yes", "csrf_token": csrf(owner, "/messages")}
    assert owner.post("/messages/m-1", data=form).location == "/messages#m-m-1"
    assert shop.marked == [("m-1", True)]
    assert 'class="tag"' not in owner.get("/messages").text


def test_empty_shops_say_what_will_be_here(owner: FlaskClient, shop: Shop) -> None:
    shop.calls, shop.messages = [], []
    shop.publish(lines=[], stations=[], shop="")
    assert "No handset is set up yet." in owner.get("/").text
    assert "Nobody has left a message." in owner.get("/messages").text
    assert "No calls yet today." in owner.get("/calls").text


# --- sound -------------------------------------------------------------------------------------


def test_a_recording_is_sent_whole(owner: FlaskClient) -> None:
    answer = owner.get("/recordings/m-1.wav")
    assert answer.status_code == 200
    assert answer.data == WAV
    assert answer.content_length == len(WAV)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.mimetype == "audio/wav"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    answer.close()


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, len(WAV) - 1), ("bytes=0-1", 0, 1), ("bytes=44-1043", 44, 1043),
        ("bytes=-10", len(WAV) - 10, len(WAV) - 1), ("bytes=24000-999999", 24000, len(WAV) - 1),
    ],
)  # fmt: skip
def test_a_recording_is_sent_in_ranges(
    owner: FlaskClient, asked: str, first: int, last: int
) -> None:
    answer = owner.get("/recordings/m-1.wav", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(WAV)}"
    assert answer.data == WAV[first : last + 1]
    answer.close()


def test_a_range_beyond_the_end_is_416(owner: FlaskClient) -> None:
    answer = owner.get("/recordings/m-1.wav", headers={"Range": "bytes=999999-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(WAV)}"


def test_a_head_request_tells_the_size(owner: FlaskClient) -> None:
    answer = owner.head("/recordings/m-1.wav")
    assert (answer.status_code, answer.content_length, answer.data) == (200, len(WAV), b"")
    answer.close()


def test_no_descriptor_is_left_open(owner: FlaskClient) -> None:
    def opened() -> int:  # sockets aside: the shop's thread closes its ends in its own time
        found = 0
        for fd in Path("/proc/self/fd").iterdir():
            with suppress(FileNotFoundError):
                found += "(deleted)" in str(fd.readlink())
        return found

    owner.get("/recordings/m-1.wav").close()
    before = opened()
    for _ in range(5):
        owner.get("/recordings/m-1.wav").close()
        owner.head("/recordings/m-1.wav").close()
        owner.get("/recordings/m-1.wav", headers={"Range": "bytes=0-1"}).close()
        owner.get("/recordings/m-1.wav", headers={"Range": "bytes=999999-"}).close()
        owner.get("/events").close()
    assert opened() <= before


def test_a_recording_whose_file_is_gone_says_so(owner: FlaskClient, shop: Shop) -> None:
    shop.lost_files.add("m-1")
    answer = owner.get("/recordings/m-1.wav")
    assert answer.status_code == 400
    assert "is gone" in answer.text


# --- troubles ----------------------------------------------------------------------------------


def test_a_daemon_that_is_away_gets_a_page_that_tries_again(
    owner: FlaskClient, visitor: FlaskClient, shop: Shop
) -> None:
    token = csrf(owner, "/messages")
    shop.stop()
    for client, path in ((owner, "/"), (owner, "/calls"), (visitor, "/sign-in")):
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.headers["Refresh"] == "5"
        assert "The telephone service is not running" in answer.text
    answer = owner.post("/messages/m-1", data={"heard": "yes", "csrf_token": token})
    assert answer.status_code == 503
    assert answer.headers["Refresh"] == "5; url=/"  # a form is not sent again by itself
    assert owner.get("/events").status_code == 503
    shop.start()
    assert owner.get("/").status_code == 200


def test_a_daemon_that_hangs_gets_the_same_soon(
    owner: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visitor.PATIENCE_S <= 5
    monkeypatch.setattr(visitor, "PATIENCE_S", 0.05)
    shop.stop()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(shop.path))
        silent.listen(8)
        answer = owner.get("/")
        assert answer.status_code == 503
        assert "does not answer" in answer.text
        assert owner.get("/events").status_code == 503


def test_a_socket_that_may_not_be_opened_is_no_loop(
    owner: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr("socket.socket.connect", refused)
    for path in ("/", "/sign-in", "/events"):
        answer = owner.get(path)
        assert answer.status_code == 503
        assert "permissions" in answer.text


def test_a_page_that_is_not_there(owner: FlaskClient) -> None:
    assert "There is no such page" in owner.get("/nope").text
    assert owner.get("/calls/nope").status_code == 404
    assert owner.get("/sign-out").status_code == 405


# --- the event stream --------------------------------------------------------------------------


NO_TRIAL = b"event: trial\ndata: \n\n"  # no settings are on trial


def test_the_stream_tells_at_once_and_at_each_change(owner: FlaskClient, shop: Shop) -> None:
    with owner.get("/events") as answer:
        events = answer.iter_encoded()
        assert b"Aling Nena" not in next(events)  # the moving part only
        assert next(events) == NO_TRIAL
        shop.publish(problems=["the disk is full"])
        assert b"The disk is full." in next(events)


def test_a_quiet_stream_beats(owner: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LONG_POLL_S", 0.01)
    with owner.get("/events") as answer:
        events = answer.iter_encoded()
        assert next(events).startswith(b"event: live\n")
        assert next(events) == NO_TRIAL
        assert next(events) == b"event: beat\ndata: \n\n"


def test_a_stream_ends_with_its_session_and_then_answers_401(
    owner: FlaskClient, shop: Shop
) -> None:
    with owner.get("/events") as answer:
        events = answer.iter_encoded()
        next(events)
        shop.accounts.sessions.clear()
        shop.publish(problems=["x"])
        assert len(list(events)) <= 1
    assert owner.head("/events").status_code == 401
    assert owner.get("/").location == "/sign-in"


def test_streams_are_counted_and_given_back(owner: FlaskClient) -> None:
    opened = [owner.get("/events") for _ in range(live.MOST_STREAMS)]
    assert {answer.status_code for answer in opened} == {200}
    assert owner.get("/events").status_code == 503
    assert owner.head("/events").status_code == 200
    assert owner.get("/").status_code == 200
    opened.pop().close()
    with owner.get("/events") as answer:
        assert answer.status_code == 200
    for answer in opened:
        answer.close()


# --- the key of the cookies --------------------------------------------------------------------


def test_the_key_is_private_and_outlives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state" / "web-secret"
    secret = read_or_make_secret(path)
    assert read_or_make_secret(path) == secret
    assert path.stat().st_mode & 0o777 == 0o600
    assert create_app(tmp_path / "control.sock", path).secret_key == secret


@pytest.mark.parametrize("left", [b"", b"\n", b"short", b"\xff\xfe" * 30])
def test_a_key_that_a_power_cut_spoiled_is_made_anew(tmp_path: Path, left: bytes) -> None:
    path = tmp_path / "web-secret"
    path.write_bytes(left)
    assert len(read_or_make_secret(path)) >= 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["web-secret"]
