"""The owner's page, reached through the forwarded port, in Chromium as on a phone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

from tests.guest.guest import Guest
from tests.guest.wires import wait_for

OWNER, PASSWORD = "Nena", "pan de sal 4"
_CODE = r"claim code:\s+(\d{4}) ?(\d{4})"
_LIMIT_MS = 120_000


def claim_code(guest: Guest) -> str:
    """As a technician reads it off the screen."""
    found: list[str] = []

    def is_there() -> bool:
        found[:] = re.findall(_CODE, guest.screen())
        return bool(found)

    wait_for("the screen shows a claim code", is_there, 300.0)
    return "".join(found[-1])


@contextmanager
def a_phone(chromium: Browser, url: str) -> Iterator[Page]:
    """A page of a phone's browser; a script's error fails the test."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, base_url=url)
    context.set_default_timeout(_LIMIT_MS)
    expect.set_options(timeout=_LIMIT_MS)
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert wrong == []


def claim(chromium: Browser, url: str, code: str) -> None:
    with a_phone(chromium, url) as page:
        page.goto("/")
        page.get_by_label("Claim code").fill(code)
        page.get_by_label("Your name").fill(OWNER)
        page.get_by_label("Choose a password").fill(PASSWORD)
        page.get_by_role("button", name="Claim the box").click()
        expect(page.get_by_role("link", name="Calls", exact=True)).to_be_visible()


def sign_in(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("Your name").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def play_to_the_end(page: Page, number: str) -> tuple[float, float]:
    """Open the call from ``number`` and play the end of its recording: its length, how far, s."""
    page.get_by_role("link", name="Calls", exact=True).click()
    page.get_by_role("link", name=re.compile(re.escape(number))).first.click()
    length, reached = page.get_by_label("The recording of this call").evaluate(
        """e => new Promise((done, failed) => {
            e.onerror = () => failed(new Error(e.error.message));
            e.muted = true;
            const seek = () => {
                e.onended = () => done([e.duration, e.currentTime]);
                e.onseeked = () => e.play();
                e.currentTime = Math.max(0, e.duration - 1.5);
            };
            if (e.readyState > 0) seek(); else e.onloadedmetadata = seek;
        })"""
    )
    return float(length), float(reached)
