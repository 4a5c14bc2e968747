"""The page that saves the shop to a file and brings one back."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext, expect

from tests.web.conftest import csrf, sign_in
from tests.web.shop import Shop

SECRET = "pan de sal at six"
STAGED = {
    "shop": "<b>Nena's</b>",
    "made_at": 1_790_000_000.0,
    "release": "0.1.0",
    "recordings": True,
    "files": 12,
    "bytes": 5_000_000,
}


def make(owner: FlaskClient, **form: str):
    token = csrf(owner, "/backup")
    filled = {"passphrase": SECRET, "again": SECRET} | form | {"csrf_token": token}
    return owner.post("/backup/make", data=filled)


def send(owner: FlaskClient, data: bytes, **headers: str):
    given = {"X-CSRFToken": csrf(owner, "/backup")} | headers
    kind = "application/octet-stream"
    return owner.post("/backup/upload", data=data, content_type=kind, headers=given)


def test_the_shop_comes_as_a_file(owner: FlaskClient, shop: Shop) -> None:
    answer = make(owner)
    assert answer.status_code == 200
    assert answer.data == shop.backups.file
    told = answer.headers["Content-Disposition"]
    assert told == "attachment; filename=Nena-s-2026-11-22.counterbell"
    assert "no-store" in answer.headers["Cache-Control"]
    assert shop.backups.asked == [("make", SECRET, False)]
    make(owner, recordings="yes")
    assert shop.backups.asked[-1] == ("make", SECRET, True)


def test_two_different_passphrases_make_nothing(owner: FlaskClient, shop: Shop) -> None:
    answer = make(owner, again="pan de sal at seven")
    assert answer.status_code == 422
    assert "not the same" in answer.text
    assert SECRET not in answer.text
    assert shop.backups.asked == []


def test_what_the_daemon_refuses_is_told(owner: FlaskClient, shop: Shop) -> None:
    shop.backups.refusal = "a passphrase has at least 8 characters"
    answer = make(owner, passphrase="pan", again="pan")
    assert answer.status_code == 422
    assert "at least 8 characters" in answer.text


def test_a_failure_before_the_first_byte_is_told_on_the_page(
    owner: FlaskClient, shop: Shop
) -> None:
    shop.backups.file, shop.backups.problem = b"", "there is no space left on the card"
    answer = make(owner)
    assert answer.status_code == 422
    assert "There is no space left on the card" in answer.text


def test_a_failure_in_the_middle_ends_the_download_as_failed(
    owner: FlaskClient, shop: Shop
) -> None:
    shop.backups.problem = "a file changed"
    answer = make(owner)
    assert answer.status_code == 200
    with pytest.raises(ConnectionAbortedError):
        answer.get_data()


def test_an_upload_goes_to_the_card_as_it_is(owner: FlaskClient, shop: Shop) -> None:
    data = b"sealed" * 50_000  # more than any form may have
    answer = send(owner, data)
    assert (answer.status_code, answer.text) == (200, "")
    assert (shop.folder / "upload").read_bytes() == data


def test_more_than_the_card_takes_is_refused(owner: FlaskClient, shop: Shop) -> None:
    answer = send(owner, b"x" * (shop.backups.most_bytes + 1))
    assert answer.status_code == 507
    assert "not enough space" in answer.text


def test_an_upload_wants_its_token_and_a_sign_in(
    owner: FlaskClient, app: Flask, shop: Shop
) -> None:
    assert send(owner, b"x", **{"X-CSRFToken": "wrong"}).status_code == 400
    stranger = app.test_client()
    kind = "application/octet-stream"
    for size in (1, 200_000):
        answer = stranger.post("/backup/upload", data=b"x" * size, content_type=kind)
        assert answer.status_code in {400, 413}
    form = {"file": (io.BytesIO(b"x" * 200_000), "shop"), "csrf_token": "x"}
    assert owner.post("/backup/upload", data=form).status_code == 413
    assert not (shop.folder / "upload").exists()


def test_staff_see_and_do_nothing_here(app: Flask, shop: Shop) -> None:
    staff = app.test_client()
    assert sign_in(staff, "Jun") == 302
    token = csrf(staff, "/")
    assert staff.get("/backup").status_code == 403
    for what in ("make", "restore", "forget", "restart"):
        form = {"csrf_token": token, "passphrase": SECRET, "again": SECRET}
        assert staff.post(f"/backup/{what}", data=form).status_code == 403
    headers = {"X-CSRFToken": token}
    kind = "application/octet-stream"
    assert (
        staff.post("/backup/upload", data=b"x", content_type=kind, headers=headers).status_code
        == 403
    )
    assert shop.backups.asked == []
    assert "/backup" not in staff.get("/").text


def test_bringing_back_is_checked_then_confirmed(owner: FlaskClient, shop: Shop) -> None:
    token = csrf(owner, "/backup")
    form = {"csrf_token": token, "passphrase": SECRET}
    assert owner.post("/backup/restore", data=form).location == "/backup"
    shop.backups.staged = STAGED
    page = owner.get("/backup").text
    assert "&lt;b&gt;Nena&#39;s&lt;/b&gt;" in page
    assert "Bring it back now" in page
    assert "12.3 MB" in page
    assert owner.post("/backup/forget", data=form).location == "/backup"
    assert owner.post("/backup/restart", data=form).location == "/sign-in"
    assert shop.backups.asked == [("restore", SECRET), ("forget",), ("restart",)]
    assert "of the shop that was brought back" in owner.get("/sign-in").text
    assert owner.get("/backup").location == "/sign-in"


def test_a_wrong_passphrase_is_told(owner: FlaskClient, shop: Shop) -> None:
    shop.backups.refusal = "send the file first"
    form = {"csrf_token": csrf(owner, "/backup"), "passphrase": SECRET}
    answer = owner.post("/backup/restore", data=form)
    assert answer.status_code == 422
    assert "Send the file first" in answer.text
    assert SECRET not in answer.text
    shop.backups.problem = "the passphrase is not the one of this file"
    assert "The passphrase is not the one" in owner.get("/backup").text


@pytest.mark.browser
def test_a_phone_saves_the_shop_and_sends_it_back(
    phone: Callable[..., BrowserContext], shop: Shop, tmp_path: Path
) -> None:
    page = phone().new_page()
    page.goto("/lines")
    page.get_by_role("link", name="Save the shop to a file").click()
    page.get_by_label("Passphrase, at least").fill(SECRET)
    page.get_by_label("The same again").fill(SECRET)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save to a file").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.read_bytes() == shop.backups.file
    page.goto("/backup")
    page.get_by_label("The file").set_input_files(file)
    page.get_by_label("Its passphrase").fill(SECRET)
    shop.backups.staged = STAGED
    page.get_by_role("button", name="Send and check").click()
    expect(page.get_by_role("button", name="Bring it back now")).to_be_visible()
    assert (shop.folder / "upload").read_bytes() == shop.backups.file
    assert shop.backups.asked[-1] == ("restore", SECRET)


@pytest.mark.browser
def test_a_download_that_fails_in_the_middle_is_a_failed_download(
    phone: Callable[..., BrowserContext], shop: Shop
) -> None:
    shop.backups.problem = "prompts/x.wav changed while the shop was being saved"
    page = phone().new_page()
    page.goto("/backup")
    page.get_by_label("Passphrase, at least").fill(SECRET)
    page.get_by_label("The same again").fill(SECRET)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save to a file").click()
    assert download.value.failure()
