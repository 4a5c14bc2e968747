"""What a stranger, a foreign page or a hostile caller can't do to the page."""

import re
from http.cookies import SimpleCookie

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import csrf, sign_in
from tests.web.shop import CODE, PASSWORD, WORST_NAME, WORST_TEXT, Shop, poison
from web_admin.visitor import new_client

PAGES = (
    "/",
    "/calls",
    "/calls/c-answered",
    "/calls/c-open",
    "/calls/c-inside",
    "/messages",
    "/lines",
    "/texts",
    "/texts/with?contact=%2B639181112222",
    "/texts/with?contact=%2B639181112222&tidy=1",
    "/line?name=globe",
)
OPEN = {"/sign-in", "/claim", "/static/counterbell.css"}
VALUES = {
    "call_id": "c-answered",
    "recording_id": "m-1",
    "filename": "counterbell.css",
    "proposal_id": "p1",
    "text_id": "t-6",
}


def all_routes(app: Flask) -> list[tuple[str, str]]:
    """Every (method, path) the application answers, with ids that exist."""
    adapter = app.url_map.bind("localhost")
    routes = []
    for rule in app.url_map.iter_rules():
        path = adapter.build(rule.endpoint, {a: VALUES[a] for a in rule.arguments})
        routes += [(method, path) for method in sorted(rule.methods or ()) if method != "OPTIONS"]
    return sorted(routes)


def test_every_route_but_the_open_ones_wants_a_sign_in(app: Flask, shop: Shop) -> None:
    routes = all_routes(app)
    assert len(routes) >= 26
    for method, path in routes:
        answer = app.test_client().open(path, method=method, buffered=True)
        if path in OPEN:
            continue
        if method not in {"GET", "HEAD"}:
            assert answer.status_code == 400, (method, path)  # no form of ours
        elif path == "/events":
            assert answer.status_code == 401
        else:
            assert answer.status_code == 302, (method, path)
            assert answer.location == "/sign-in"
    assert shop.marked == []


@pytest.mark.parametrize("path", ["/nope", "/calls/", "/recordings/m-1", "/sign-in/x"])
def test_a_stranger_does_not_learn_what_exists(visitor: FlaskClient, path: str) -> None:
    assert visitor.get(path).location == "/sign-in"


@pytest.mark.parametrize("token", [None, "", "wrong", "a" * 5000])
def test_every_form_wants_its_token(
    app: Flask, owner: FlaskClient, shop: Shop, token: str | None
) -> None:
    for method, path in all_routes(app):
        if method in {"GET", "HEAD"}:
            continue
        form = {"heard": "yes", "name": "Nena", "password": PASSWORD, "code": CODE}
        answer = owner.open(
            path, method=method, data=form | ({"csrf_token": token} if token else {})
        )
        assert answer.status_code == 400, path
        assert "too old" in answer.text
    assert shop.marked == []
    assert len(shop.accounts.sessions) == 1  # nobody was signed in or out


def test_a_token_of_another_session_is_worth_nothing(app: Flask, owner: FlaskClient) -> None:
    stolen = csrf(app.test_client())
    assert owner.post("/sign-out", data={"csrf_token": stolen}).status_code == 400


def test_every_answer_carries_the_protecting_headers(app: Flask, owner: FlaskClient) -> None:
    answers = [owner.get(path) for path in (*PAGES, "/nope", "/static/counterbell.js")]
    answers += [app.test_client().get("/sign-in"), owner.post("/sign-out"), owner.get("/events")]
    answers.append(owner.get("/recordings/m-1.wav"))
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        if not answer.request.path.startswith("/static/"):
            assert "no-store" in answer.headers["Cache-Control"], answer.request.path
        answer.close()


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: FlaskClient) -> None:
    form = {"name": "Nena", "password": PASSWORD, "csrf_token": csrf(visitor)}
    cookie = SimpleCookie(visitor.post("/sign-in", data=form).headers["Set-Cookie"])["counterbell"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert cookie["expires"]


def test_a_forged_cookie_is_nobody(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("counterbell", "eyJ0b2tlbiI6Im93bmVyIn0.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert client.get("/").location == "/sign-in"


HOSTS_SHUT = [
    "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
    "counterbell.local.evil.example", "[::1", "a b", "127.0.0.1@evil.example", "local", "",
]  # fmt: skip
HOSTS_OPEN = [
    "localhost", "localhost:8080", "127.0.0.1", "192.168.1.20:8080", "[::1]", "[fe80::1]:8080",
    "counterbell.local", "Counterbell.Local:80",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS_SHUT)
def test_a_foreign_host_name_is_refused(visitor: FlaskClient, host: str) -> None:
    for path in ("/sign-in", "/static/counterbell.css", "/"):
        answer = visitor.get(path, headers={"Host": host}, buffered=True)
        assert answer.status_code == 400, path


@pytest.mark.parametrize("host", HOSTS_OPEN)
def test_the_names_of_a_box_are_served(visitor: FlaskClient, host: str) -> None:
    assert visitor.get("/sign-in", headers={"Host": host}).status_code == 200


def test_the_hosts_own_name_is_served(visitor: FlaskClient, monkeypatch) -> None:
    class Uname:
        nodename = "Shop1"

    monkeypatch.setattr("os.uname", lambda: Uname)
    for host, status in {"shop1": 200, "shop1.lan:8080": 200, "shop1.evil.com": 400}.items():
        assert visitor.get("/sign-in", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/recordings/..%2f..%2fetc%2fpasswd.wav", "/recordings/%2e%2e%2fweb-secret.wav",
        "/recordings/%00.wav", "/recordings/m-1%0d%0aX-Evil:1.wav", "/recordings/~root.wav",
        f"/recordings/{'a' * 300}.wav", "/calls/..%2f..%2fweb-secret", "/calls/%F0%9F%92%A9",
        "/calls/%00", f"/calls/{'a' * 5000}", "/static/../factory.py", "/static/..%2ffactory.py",
        "/static/%2e%2e/templates/base.html", "/recordings/m-1.wav.wav", "/calls/%ff%fe",
    ],
)  # fmt: skip
def test_ids_are_ids_and_no_paths(owner: FlaskClient, path: str) -> None:
    answer = owner.get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text
    assert "X-Evil" not in answer.headers


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("day=0001-01-01", (200, 400)), ("day=9999-12-31", (200, 400)), ("day=x", (400,)),
        ("day=2026-02-30", (400,)), ("before=x", (400,)), ("before=" + "9" * 300, (404,)),
        ("day=" + "1" * 5000, (400,)),
    ],
)  # fmt: skip
def test_strange_questions_get_a_page(
    owner: FlaskClient, query: str, status: tuple[int, ...]
) -> None:
    assert owner.get(f"/calls?{query}").status_code in status


def test_a_large_form_is_not_read(visitor: FlaskClient) -> None:
    answer = visitor.post("/sign-in", data={"name": "x" * 70_000})
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_sign_in_leads_nowhere_else(visitor: FlaskClient) -> None:
    form = {"name": "Nena", "password": PASSWORD, "csrf_token": csrf(visitor)}
    form |= {"next": "//evil.example"}
    assert visitor.post("/sign-in?next=https://evil.example", data=form).location == "/"


def test_a_session_begins_fresh_at_sign_in(app: Flask, visitor: FlaskClient) -> None:
    """A token that somebody saw before the sign-in is worth nothing after it."""
    before = csrf(visitor)
    assert sign_in(visitor) == 302
    assert visitor.post("/sign-out", data={"csrf_token": before}).status_code == 400


def test_a_slow_box_may_take_its_time_over_a_password(
    visitor: FlaskClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_client, "__defaults__", (0.3,))
    shop.accounts.checks_for_s = 1.0
    assert sign_in(visitor) == 302


def test_hostile_text_is_shown_as_text(owner: FlaskClient, shop: Shop) -> None:
    poison(shop)
    for path in PAGES:
        answer = owner.get(path)
        assert answer.status_code == 200, path
        assert WORST_TEXT not in answer.text
        assert WORST_NAME not in answer.text
        assert not re.search(r"<(img src=x|svg onload|b>W)", answer.text)
        scripts = re.findall(r"<script[^>]*>", answer.text)
        assert scripts == ['<script src="/static/counterbell.js" defer>']
        assert not re.search(r'\s(style|on\w+)="', answer.text), path
    assert "tel:&lt;" not in owner.get("/messages").text


def test_an_event_stream_can_not_be_split_by_a_name(owner: FlaskClient, shop: Shop) -> None:
    name = "X\r\n\r\nevent: live\r\ndata: <b>gotcha</b>\u2028\n\nretry: 1"
    shop.publish(shop=name, problems=[name])
    with owner.get("/events") as answer:
        event = next(answer.iter_encoded()).decode()
    lines = event.split("\n")
    assert lines[0] == "event: live"
    assert lines[1].startswith("id: ")
    assert all(line.startswith("data: ") for line in lines[2:-2])
    assert lines[-2:] == ["", ""]
    assert "\r" not in event


def test_staff_read_and_mark_but_are_shown_whose_role_it_is(app: Flask, shop: Shop) -> None:
    client = app.test_client()
    assert sign_in(client, "Jun") == 302
    for path in PAGES:
        assert client.get(path).status_code == (403 if path.startswith("/line") else 200)
    form = {"heard": "yes", "csrf_token": csrf(client, "/messages")}
    assert client.post("/messages/m-1", data=form).status_code == 302
    assert shop.marked == [("m-1", True)]
