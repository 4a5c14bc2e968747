"""The page in a phone's browser: live, cared for, usable by all, and deaf to hostile text."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.web.conftest import Server
from tests.web.shop import CODE, PASSWORD, Shop, poison
from tests.web.shop_facts import OUTSIDE, ROSA, live_call, live_call_out

PHONE = Callable[..., BrowserContext]
PAGES = ("/", "/calls", "/calls/c-answered", "/calls/c-open", "/calls/c-voicemail",
         "/calls/c-inside", "/calls/c-out", "/calls/c-out-lines", "/messages",
         "/lines", "/calls?day=2020-01-01", "/nope",
         "/texts", "/texts/with?contact=GLOBE", "/texts/with?contact=%2B639181112222",
         "/texts/with?contact=%2B639181112222&tidy=1", "/line?name=globe",
         "/line?name=landline", "/backup", "/network", "/box", "/update")  # fmt: skip
FIRST_LOAD_BYTES = 60_000
SMALL_TARGETS = """() => [...document.querySelectorAll('a,button,input,select,textarea,summary')]
  .filter(e => e.checkVisibility() && !e.classList.contains('skip') && e.type !== 'hidden')
  .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44).map(([html]) => html)"""


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    """A page, and what goes wrong on it."""
    page = context.new_page()
    wrong: list[str] = []
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None
    )
    return page, wrong


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_fits_a_small_phone_and_has_room_for_thumbs(
    phone: PHONE, shop: Shop, scheme: str
) -> None:
    out = live_call_out(shop.now, call_id="c-out")
    shop.publish(calls=[live_call(shop.now), out])
    context = phone(width=320, color_scheme=scheme, reduced_motion="reduce")
    page, wrong = watched(context)
    for path in PAGES:
        page.goto(path)
        assert serious(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert page.evaluate(SMALL_TARGETS) == [], path
    stranger, _ = watched(phone(signed_in=False, width=320, color_scheme=scheme))
    for claimed, path in ((True, "/sign-in"), (False, "/claim")):
        shop.accounts.claimed = claimed
        stranger.goto(path)
        assert serious(stranger) == [], path
        assert stranger.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert stranger.evaluate(SMALL_TARGETS) == [], path
    assert wrong == []


@pytest.mark.browser
def test_hostile_names_do_nothing_and_break_nothing(phone: PHONE, shop: Shop) -> None:
    poison(shop)
    page, wrong = watched(phone(width=320))
    for path in PAGES:
        page.goto(path)
        if path == "/":
            shop.publish(problems=["second"])  # the event stream's way into the page
            expect(page.get_by_text("Second.")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        assert page.evaluate("window.pwned === undefined")
        assert page.locator("img[src=x], svg[onload]").count() == 0
    assert wrong == []


@pytest.mark.browser
def test_claiming_the_box_and_signing_out(phone: PHONE, shop: Shop) -> None:
    shop.accounts.claimed = False
    page, wrong = watched(phone(signed_in=False))
    page.goto("/")
    page.get_by_label("Claim code").fill(CODE)
    page.get_by_label("Your name").fill("Nena")
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_role("button", name="Claim the box").click()
    expect(page.get_by_role("heading", name="Aling Nena's Bakery")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/messages")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert wrong == []


@pytest.mark.browser
def test_a_call_appears_moves_and_counts_by_itself(phone: PHONE, shop: Shop) -> None:
    page, wrong = watched(phone())
    page.goto("/")
    expect(page.get_by_text("All quiet.")).to_be_visible()
    ringing = [station | {"state": "ringing"} for station in shop.status["stations"]]
    shop.publish(calls=[live_call(shop.now)], stations=ringing)
    card = page.locator("#call-c-open")
    expect(card).to_contain_text("Waiting, handsets are ringing")
    expect(page).to_have_title(re.compile("ROSA DELA CRUZ"))
    expect(page.locator("#news")).to_have_text("Calling now: ROSA DELA CRUZ")
    timer = card.locator(".since").last
    before = timer.inner_text()
    expect(timer).not_to_have_text(before)  # it counts
    shop.publish(calls=[live_call(shop.now, state="talking", station="12")])
    expect(card).to_contain_text("Talking with Kitchen")
    shop.publish(calls=[], today=shop.status["today"] | {"messages_new": 7})
    expect(page.get_by_text("All quiet.")).to_be_visible()
    expect(page.locator("#badge")).to_contain_text("7")
    assert wrong == []


@pytest.mark.browser
def test_a_call_out_is_shown_and_asked_for_without_scripts(phone: PHONE, shop: Shop) -> None:
    page = phone(java_script_enabled=False).new_page()
    page.goto("/calls/c-out")
    page.get_by_text("Call from a handset of the shop").click()
    page.get_by_label("Which handset calls").select_option("11")
    shop.refusal = "international calls are not allowed"
    page.get_by_role("button", name="Call from there").click()
    expect(page.get_by_text("International calls are not allowed.")).to_be_visible()
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page.get_by_role("heading", name=OUTSIDE)).to_be_visible()
    shop.refusal = ""
    page.get_by_text("Call from a handset of the shop").click()
    shop.publish(calls=[live_call_out(shop.now)])
    page.get_by_role("button", name="Call from there").click()
    expect(page.locator("#call-c-open")).to_contain_text("Counter is calling")
    assert shop.placed == [("11", OUTSIDE)] * 2


@pytest.mark.browser
def test_the_page_of_an_open_call_follows_it_to_its_end(phone: PHONE, shop: Shop) -> None:
    page, wrong = watched(phone())
    page.goto("/calls/c-open")
    expect(page.get_by_text("On the line now")).to_be_visible()
    call = shop.calls[0]
    call["story"] = [*call["story"], {"at": shop.now, "text": "Kitchen lifted", "figures": {}}]
    shop.publish(calls=[live_call(shop.now, state="talking", station="12")])
    expect(page.get_by_text("Kitchen lifted")).to_be_visible()
    shop.calls[0] = call | {"ended_at": shop.now, "disposition": "answered", "ended_by": "caller"}
    shop.publish(calls=[])
    expect(page.locator("audio")).to_have_count(1)
    expect(page.get_by_role("link", name="Call back")).to_be_visible()
    assert wrong == []


@pytest.mark.browser
def test_a_mu_law_recording_plays_and_seeks_by_range(phone: PHONE) -> None:
    page, wrong = watched(phone())
    statuses: list[int] = []

    def note(answer: Response) -> None:
        if answer.url.endswith(".wav"):
            statuses.append(answer.status)

    page.on("response", note)
    for path in ("/calls/c-answered", "/messages"):  # two channels, one channel
        page.goto(path)
        sound = page.locator("audio").first
        length = sound.evaluate(
            """e => new Promise((done, failed) => {
                e.onloadedmetadata = () => done(e.duration);
                e.onerror = () => failed(new Error(e.error.message));
                e.load();
                e.preload = "auto";
                if (e.readyState > 0) done(e.duration);
            })"""
        )
        assert abs(length - 3.0) < 0.05
        reached = sound.evaluate(
            """e => new Promise((done, failed) => {
                e.onerror = () => failed(new Error(e.error.message));
                e.muted = true;
                e.onseeked = () => { e.ontimeupdate = () => e.currentTime > 2.1
                    && done(e.currentTime); e.play(); };
                e.currentTime = 2.0;
            })"""
        )
        assert reached > 2.1
    assert 206 in statuses
    assert set(statuses) <= {200, 206}
    assert wrong == []


@pytest.mark.browser
def test_a_message_is_marked_done(phone: PHONE, shop: Shop) -> None:
    page, _ = watched(phone())
    page.goto("/messages")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".tag")).to_have_count(0)
    expect(page).to_have_url(re.compile("#m-m-1$"))
    assert shop.marked == [("m-1", True)]


@pytest.mark.browser
def test_a_daemon_that_restarts_is_noticed_and_forgiven(phone: PHONE, shop: Shop) -> None:
    page, wrong = watched(phone())
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.goto("/")
    expect(page.get_by_text("All quiet.")).to_be_visible()
    shop.stop()
    expect(page.locator("#stale")).to_be_visible()
    shop.start()
    shop.publish(calls=[live_call(shop.now)])
    expect(page.locator("#call-c-open")).to_be_visible()
    expect(page.locator("#stale")).to_be_hidden()
    assert len(loads) == 1  # it was never loaded anew
    assert wrong == []


@pytest.mark.browser
def test_a_page_process_that_dies_is_noticed_and_forgiven(
    phone: PHONE, shop: Shop, server: Server
) -> None:
    page, wrong = watched(phone())
    page.goto("/")
    expect(page.get_by_text("All quiet.")).to_be_visible()
    server.stop(kill=True)
    expect(page.locator("#stale")).to_be_visible()
    server.start()
    shop.publish(calls=[live_call(shop.now)])
    expect(page.locator("#call-c-open")).to_be_visible()
    expect(page.locator("#stale")).to_be_hidden()
    assert wrong == []


@pytest.mark.browser
def test_a_page_opened_while_the_daemon_is_down_comes_by_itself(phone: PHONE, shop: Shop) -> None:
    page, _ = watched(phone())
    shop.stop()
    answer = page.goto("/calls")
    assert answer is not None
    assert answer.status == 503
    expect(page.get_by_role("heading")).to_have_text("The telephone service is not running")
    assert serious(page) == []
    shop.start()
    expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()


@pytest.mark.browser
def test_a_session_that_ends_leads_an_open_page_to_sign_in(phone: PHONE, shop: Shop) -> None:
    page, _ = watched(phone())
    page.goto("/")
    expect(page.get_by_text("All quiet.")).to_be_visible()
    shop.accounts.sessions.clear()
    shop.publish(calls=[live_call(shop.now)])
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Please sign in again.")).to_be_visible()


@pytest.mark.browser
def test_two_phones_see_the_same_call_and_one_signs_out(phone: PHONE, shop: Shop) -> None:
    first, second = (watched(phone())[0] for _ in range(2))
    for page in (first, second):
        page.goto("/")
    shop.publish(calls=[live_call(shop.now)])
    for page in (first, second):
        expect(page.locator("#call-c-open")).to_contain_text(ROSA["name"])
    first.get_by_role("button", name="Sign out").click()
    expect(first.get_by_role("heading", name="Sign in")).to_be_visible()
    shop.publish(calls=[])
    expect(second.get_by_text("All quiet.")).to_be_visible()


@pytest.mark.browser
def test_the_first_load_is_small(phone: PHONE, shop: Shop) -> None:
    """All that a new phone fetches until the front page of a busy shop stands, sign-in included."""
    shop.publish(calls=[live_call(shop.now)])
    page = phone(signed_in=False).new_page()
    sizes: dict[str, int] = {}

    def measure(answer: Response) -> None:
        if answer.status == 200 and not answer.url.endswith("/events"):
            sizes[answer.url] = int(answer.header_value("Content-Length") or 0)

    page.on("response", measure)
    page.goto("/sign-in")
    page.get_by_label("Your name").fill("Nena")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    expect(page.locator("#call-c-open")).to_be_visible()
    assert len([url for url in sizes if "/static/" in url]) >= 4
    assert sum(sizes.values()) <= FIRST_LOAD_BYTES, sizes


@pytest.mark.browser
def test_it_works_without_scripts(phone: PHONE, shop: Shop) -> None:
    shop.publish(calls=[live_call(shop.now)])
    page = phone(java_script_enabled=False).new_page()
    page.goto("/")
    expect(page.locator("#call-c-open")).to_contain_text("Waiting")
    assert page.locator("meta[http-equiv=refresh]").count() == 1
    page.get_by_role("link", name="Calls", exact=True).click()
    page.get_by_role("link", name=re.compile("Left a message")).first.click()
    expect(page.get_by_role("heading", name="The message")).to_be_visible()
    assert re.search(r"\d\d:\d\d:\d\d", page.locator("time").first.inner_text())
    page.get_by_role("link", name="See it in Messages").click()
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".tag")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
