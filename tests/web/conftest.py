"""Shops, the page's application and its real server process, and a phone's browser."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.web.shop import PASSWORD, Shop, stock
from web_admin.factory import create_app

CHROMIUM = "/usr/bin/chromium"
CEILING_S = 60.0  # of every wait: the machine may be busy with something else
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')

expect.set_options(timeout=CEILING_S * 1000)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory(prefix="counterbell-") as folder:
        made = Shop(Path(folder))
        stock(made)
        made.start()
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture
def app(shop: Shop) -> Flask:
    return create_app(shop.path, shop.folder / "web-secret")


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """Nobody yet."""
    return app.test_client()


def csrf(client: FlaskClient, page: str = "/sign-in") -> str:
    found = TOKEN.search(client.get(page).get_data(as_text=True))
    assert found, page
    return found[1]


def sign_in(client: FlaskClient, name: str = "Nena", password: str = PASSWORD) -> int:
    form = {"name": name, "password": password, "csrf_token": csrf(client)}
    return client.post("/sign-in", data=form).status_code


@pytest.fixture
def owner(app: Flask) -> FlaskClient:
    client = app.test_client()
    assert sign_in(client) == 302
    return client


class Server:
    """The real process of the page. ``url`` without a slash at its end."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "web_admin.server", "--state", str(self.state)]
        command += ["--listen", "127.0.0.1", "--port", str(self.port)]
        with (self.state / "web.log").open("a") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout
        found = re.search(r"ready at http://localhost:(\d+)/", self.process.stdout.readline())
        assert found, (self.state / "web.log").read_text()
        self.port = int(found[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self, kill: bool = False) -> int:
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        assert self.process.stdout
        with self.process.stdout:
            return self.process.wait(CEILING_S)


@pytest.fixture
def server(shop: Shop) -> Iterator[Server]:
    os.environ.pop("STATE_DIRECTORY", None)
    made = Server(shop.folder)
    try:
        yield made
    finally:
        made.stop(kill=True)


@pytest.fixture(scope="module")  # it keeps an event loop running, which other tests can't have
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def phone(chromium: Browser, server: Server) -> Iterator[Callable[..., BrowserContext]]:
    """Makes phones: contexts of 360 x 740 px, signed in unless told otherwise."""
    made: list[BrowserContext] = []

    def make(signed_in: bool = True, width: int = 360, **more: object) -> BrowserContext:
        size = {"width": width, "height": 740}
        context = chromium.new_context(viewport=size, base_url=server.url, **more)
        context.set_default_timeout(CEILING_S * 1000)
        made.append(context)
        if signed_in:
            page = context.new_page()
            page.goto("/sign-in")
            page.get_by_label("Your name").fill("Nena")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
            page.close()
        return context

    yield make
    for context in made:
        context.close()
