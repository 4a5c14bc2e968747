"""Everything real: emulated network, daemon and page as processes on ptys, a browser, one call."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from appliance.prompt_making import make_demo_voices
from tests.web.conftest import CEILING_S

ROOT = Path(__file__).parents[2]


class Box:
    """The processes of one state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.running: list[subprocess.Popen[str]] = []

    def command(self, *words: str) -> list[str]:
        end = words.index("--") if "--" in words else len(words)
        program = [sys.executable, "-m", "appliance.cli", *words[:end]]
        return [*program, "--state", str(self.state), *words[end + 1 :]]

    def run(self, *words: str) -> str:
        ended = subprocess.run(
            self.command(*words),
            capture_output=True, text=True, cwd=ROOT, timeout=2 * CEILING_S, check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def start(self, *words: str) -> subprocess.Popen[str]:
        with (self.state / f"{'-'.join(words[:2])}.log").open("w") as log:
            process = subprocess.Popen(
                self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                text=True, cwd=ROOT,
            )  # fmt: skip
        self.running.append(process)
        return process

    def ready(self, *words: str) -> str:
        """Start a server; the line that says it is ready."""
        process = self.start(*words)
        assert process.stdout
        for line in process.stdout:
            if "ready" in line:
                return line
        pytest.fail(f"{words} ended before it was ready")

    def stop(self) -> None:
        for process in reversed(self.running):
            process.terminate()
        for process in reversed(self.running):
            assert process.stdout
            with process.stdout:
                try:
                    process.wait(CEILING_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


@pytest.fixture
def box() -> Iterator[Box]:
    with tempfile.TemporaryDirectory(prefix="counterbell-") as folder, ExitStack() as until:
        made = Box(Path(folder))
        until.callback(made.stop)
        yield made


@pytest.mark.browser
def test_a_caller_is_seen_live_and_heard_afterwards(
    box: Box, chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    box.run("config", "import", str(ROOT / "appliance" / "demo" / "demo.toml"))
    make_demo_voices(box.state / "voices")
    box.ready("simulate", "serve", "--", "--config", str(ROOT / "appliance/demo/network.toml"))
    box.ready("run")
    ready = box.ready("web", "--", "--listen", "127.0.0.1", "--port", "0")
    found = re.search(r":(\d+)/", ready)
    assert found
    url = f"http://127.0.0.1:{found[1]}"
    with ExitStack() as until:
        context = chromium.new_context(viewport={"width": 360, "height": 740}, base_url=url)
        until.callback(context.close)
        context.set_default_timeout(CEILING_S * 1000)
        page = context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))

        page.goto("/")
        code = (box.state / "claim-code").read_text().strip()
        page.get_by_label("Claim code").fill(code)
        page.get_by_label("Your name").fill("Nena")
        page.get_by_label("Choose a password").fill("pan de sal 4")
        page.get_by_role("button", name="Claim the box").click()
        expect(page.get_by_role("heading", name="Aling Nena's Bakery")).to_be_visible()
        expect(page.get_by_text("Free")).to_have_count(3)
        assert not (box.state / "claim-code").exists()

        box.start("simulate", "phone", "--", "--extension", "11", "--answer")
        ringing = ["--from", "09171234567", "--name", "JUAN CRUZ", "--press", "1"]
        heard = ["--hang-up-after", "300", "--save", str(box.state / "heard.wav")]
        box.start("simulate", "call", "--", "--line", "landline", *ringing, *heard)

        card = page.locator(".call")
        expect(card).to_contain_text("JUAN CRUZ")
        expect(card).to_contain_text("Talking with Counter")
        box.run("simulate", "phone", "--", "--extension", "11", "--wait", "5", "--hang-up")
        expect(page.get_by_text("All quiet.")).to_be_visible()
        hear(page)
        assert wrong == []


def hear(page: Page) -> None:
    """From the day's list to the story, and play the end of the recording."""
    page.get_by_role("link", name="Calls", exact=True).click()
    page.get_by_role("link", name=re.compile("JUAN CRUZ")).click()
    expect(page.get_by_text(re.compile("^Talked with Counter, 0:(0[5-9]|[1-5])"))).to_be_visible()
    expect(page.get_by_text("lifted after")).to_be_visible()
    expect(
        page.get_by_text(re.compile("rang .*, stopped"))
    ).to_be_visible()  # the Kitchen's handset
    expect(page.get_by_text("Line landline rings")).to_be_visible()
    with page.expect_response(lambda answer: answer.status == 206):
        length, reached = page.get_by_label("The recording of this call").evaluate(
            """e => new Promise((done, failed) => {
                e.onerror = () => failed(new Error(e.error.message));
                e.muted = true;
                const seek = () => {
                    e.onseeked = () => { e.ontimeupdate = () => e.currentTime > e.duration - 1
                        && done([e.duration, e.currentTime]); e.play(); };
                    e.currentTime = e.duration - 1.5;
                };
                if (e.readyState > 0) seek(); else e.onloadedmetadata = seek;
            })"""
        )
    assert 5 < length < 120
    assert reached > length - 1
