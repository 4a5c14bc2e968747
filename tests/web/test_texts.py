"""Texts and lines on the page: read, answered, refused, sent again, deleted; balance; troubles."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect

from appliance.text_length import measure
from tests.web.conftest import csrf, sign_in
from tests.web.shop import Shop
from tests.web.shop_facts import make_text, mobile_line
from tests.web.test_browser import PHONE, watched
from web_admin.words import signal_bars, signal_text

ROSA = "+639181112222"
THREAD = "/texts/with?contact=%2B639181112222"


def post(client: FlaskClient, path: str, page: str = "/texts", **form: str):
    return client.post(path, data=form | {"csrf_token": csrf(client, page)})


def test_conversations_are_listed_with_what_is_new(owner: FlaskClient) -> None:
    page = owner.get("/texts").text
    assert page.index(ROSA) < page.index("GLOBE")
    assert "2 new" in page
    assert 'data-style="time"' in page, "today's by the hour alone: the number needs the room"
    assert "Salamat po" in page


def test_a_conversation_tells_how_each_text_fared(owner: FlaskClient) -> None:
    page = owner.get(THREAD).text
    for words in ("Delivered", "Not sent", "Perhaps sent", "The network has no route to it."):
        assert words in page
    assert "A part of this text never came." in page
    assert page.index("ube cake") < page.index("Salamat po")  # as it was written
    assert f'href="tel:{ROSA}"' in page
    assert "it can't be answered" in owner.get("/texts/with?contact=GLOBE").text
    assert "Nothing was written here yet." in owner.get("/texts/with?contact=0999").text


def test_an_answer_is_sent_and_shown(owner: FlaskClient, shop: Shop) -> None:
    form = {"line": "globe", "number": ROSA, "contact": ROSA, "text": "See you\r\nat three 🎂"}
    answer = post(owner, "/texts/send", THREAD, **form)
    assert answer.location == f"{THREAD}#end"
    sent = shop.texts.texts[-1]
    assert (sent["line"], sent["number"], sent["text"]) == ("globe", ROSA, "See you\nat three 🎂")
    assert sent["author"] == "Nena"
    assert "Waits for the line" in owner.get(THREAD).text


@pytest.mark.parametrize("contact", [ROSA, ""])
def test_what_is_refused_is_told_and_the_words_are_kept(
    owner: FlaskClient, shop: Shop, contact: str
) -> None:
    shop.texts.refusal = "calls abroad are not allowed"
    form = {"line": "globe", "number": "+44 1", "contact": contact, "text": "<b>Hello"}
    answer = post(owner, "/texts/send", **form)
    assert answer.status_code == 400
    assert "Calls abroad are not allowed." in answer.text
    assert "&lt;b&gt;Hello</textarea>" in answer.text
    empty = post(owner, "/texts/send", **form | {"text": ""})
    assert (empty.status_code, "Write a number" in empty.text) == (400, True)


def test_reading_and_deleting(app: Flask, owner: FlaskClient, shop: Shop) -> None:
    assert post(owner, "/texts/t-7/read", contact=ROSA).location == THREAD
    assert all(text["is_read"] for text in shop.texts.texts)
    staff = app.test_client()
    assert sign_in(staff, "Jun") == 302
    assert post(staff, "/texts/t-7/delete", contact=ROSA).status_code == 403
    assert "Delete texts" not in staff.get(THREAD).text
    assert ">Delete<" not in staff.get(f"{THREAD}&tidy=1").text
    assert ">Delete<" in owner.get(f"{THREAD}&tidy=1").text
    assert post(owner, "/texts/t-7/delete", contact=ROSA).location == f"{THREAD}&tidy=1"
    assert "t-7" not in [text["text_id"] for text in shop.texts.texts]
    assert post(owner, "/texts/t-7/delete", contact=ROSA).status_code == 400


def test_without_a_mobile_line_there_is_nothing_to_write_with(
    owner: FlaskClient, shop: Shop
) -> None:
    shop.publish(lines=shop.status["lines"][:1])
    assert "needs a mobile line" in owner.get("/texts").text
    assert "No mobile line" in owner.get(THREAD).text
    assert "<textarea" not in owner.get(THREAD).text


def test_a_call_is_asked_for(owner: FlaskClient, shop: Shop) -> None:
    for page in (THREAD, "/calls/c-answered"):
        assert 'action="/calls/place"' in owner.get(page).text
    assert post(owner, "/calls/place", station="11", number=ROSA).location == "/"
    refused = post(owner, "/calls/place", station="12", number=ROSA)
    assert (refused.status_code, "try another one" in refused.text) == (400, True)
    assert shop.placed == [("11", ROSA), ("12", ROSA)]


def test_the_balance_is_asked_for_and_kept(owner: FlaskClient, shop: Shop) -> None:
    answer = post(owner, "/line/ask", "/line?name=globe", name="globe", code=" *143# ")
    assert answer.location == "/line?name=globe#balance"
    assert shop.texts.asked == [("globe", "*143#")]
    page = owner.get("/line?name=globe").text
    assert "Your load balance is P42.50" in page
    assert 'value="*143#"' in page
    wrong = post(owner, "/line/ask", "/line?name=globe", name="globe", code="")
    assert (wrong.status_code, "Write a code" in wrong.text) == (400, True)


def test_a_line_tells_its_facts_and_its_bad_nights(owner: FlaskClient, shop: Shop) -> None:
    weak = mobile_line(shop.now, signal_dbm=-103, roaming=True, registration="roaming")
    problem = {"text": "line globe: it is weak", "advice": "move it", "since": shop.now - 500}
    shop.publish(
        lines=[shop.status["lines"][0], weak | {"problem": problem}],
        problems=["line globe: it is weak: move it", "the card is full"],
    )
    page = owner.get("/line?name=globe").text
    for words in ("Globe", "Roaming", "(-103 dBm)", "move the antenna", "860000000000001"):
        assert words in page
    assert "The modem does not answer." in page
    assert "Then the box itself was stopped." in page
    front = owner.get("/").text
    assert front.count("it is weak") == 1  # told once, with since when
    assert "The card is full." in front
    assert "Globe (roaming), weak" in front
    assert "Balance" not in owner.get("/line?name=landline").text
    assert owner.get("/line?name=none").status_code == 404
    shop.publish(lines=[weak | {"name": "landline"}])
    assert "(-103 dBm)" in owner.get("/lines").text


def test_a_signal_in_words() -> None:
    told = [(dbm, signal_bars(dbm), signal_text(dbm).partition(":")[0]) for dbm in (-51, -80, -113)]
    assert told == [(-51, 4, "strong"), (-80, 3, "good"), (-113, 0, "almost none")]
    bars = [signal_bars(dbm) for dbm in range(-130, -30)]
    assert bars == sorted(bars)


@pytest.mark.browser
def test_a_text_comes_in_while_an_answer_is_written(phone: PHONE, shop: Shop) -> None:
    page, wrong = watched(phone())
    page.goto(THREAD)
    expect(page.locator("#t-t-7")).to_be_visible()
    page.wait_for_function("document.querySelector('#seen') && true")
    box = page.get_by_label("Answer")
    box.fill("I am writing")
    shop.texts.texts.append(make_text("t-8", shop.now, "And candles please"))
    shop.publish(today=shop.status["today"] | {"texts_new": 5}, texts_revision=8)
    expect(page.get_by_text("And candles please")).to_be_visible()
    expect(box).to_have_value("I am writing")
    expect(page.locator("#badge-texts")).to_contain_text("5")
    assert wrong == []


@pytest.mark.browser
def test_what_is_looked_at_is_read(phone: PHONE, shop: Shop) -> None:
    page, wrong = watched(phone())
    with page.expect_request(re.compile("/texts/t-7/read$")) as asked:
        page.goto(THREAD)
    assert asked.value.response() is not None
    assert all(text["is_read"] for text in shop.texts.texts)
    shop.publish(texts_revision=9)
    expect(page.locator(".tag")).to_have_count(0)
    assert wrong == []


@pytest.mark.browser
def test_the_counter_counts_as_the_box_does(phone: PHONE) -> None:
    page, wrong = watched(phone())
    page.goto(THREAD)
    for text in (
        "a" * 160, "a" * 161, "é" * 160, "[" * 80, "[" * 81, "a" * 152 + "[" + "a" * 160,
        "ệ" * 70, "ệ" * 71, "😀" * 35, "😀" * 67, "ệ" * 66 + "😀" + "a", "à@£Ω\n" * 30, "`" * 3,
    ):  # fmt: skip
        length = measure(text)
        several = f"{length.parts} texts, " if length.parts > 1 else ""
        page.get_by_label("Answer").fill(text)
        expect(page.locator("#counter")).to_have_text(f"{several}{length.left} letters left")
    page.get_by_label("Answer").fill("a" * 1600)
    expect(page.locator("#counter")).to_have_text("Too long: 11 texts, 10 are the most.")
    assert wrong == []


@pytest.mark.browser
def test_texts_work_without_scripts(phone: PHONE, shop: Shop) -> None:
    page = phone(java_script_enabled=False).new_page()
    page.goto("/")
    page.get_by_role("link", name=re.compile("new texts")).click()
    page.get_by_role("link", name=re.compile(re.escape(ROSA))).click()
    page.get_by_role("button", name="Mark as read").click()
    expect(page.locator(".tag")).to_have_count(0)
    page.get_by_label("Answer").fill("At three then")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("At three then")).to_be_visible()
    expect(page.get_by_text("Waits for the line")).to_be_visible()
    assert shop.texts.texts[-1]["text"] == "At three then"
