"""A whole shop on one computer: emulated network, daemon, page, and first calls to look at."""

import contextlib
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.cli.progress import Progress
from appliance.demo.processes import Child, Children
from appliance.demo.story import Story
from appliance.errors import CounterbellError, SimulatorError, StateFolderLocked
from appliance.prompt_making import demo_voices, make_demo_voices, make_prompts_in
from appliance.storage.config_store import ConfigStore
from appliance.storage.state_folder import StateFolder

DEMO_TOML = Path(__file__).with_name("demo.toml")
NETWORK_TOML = Path(__file__).with_name("network.toml")
FIRST_PORT = 8080
PORTS_TRIED = 50
NETWORK, TELEPHONY, PAGE = "telephone network", "telephony daemon", "page"

Write = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """``port`` None: FIRST_PORT, or the next one that is free."""

    state: Path
    listen: str = "0.0.0.0"
    port: int | None = None
    first_call: bool = True
    say_state: bool = True  # in the commands to try: not where it is the default


def run_demo(options: DemoOptions) -> int:
    """Run the demo until Ctrl-C. Returns the exit code. Raises CounterbellError."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with _running(options, _write) as (children, port, story):
            _greet(options, port, _write)
            if options.first_call:
                threading.Thread(target=_first_calls, args=(story,), daemon=True).start()
            else:
                _write("  Ctrl-C ends everything.\n\n")
            while True:
                children.watch()
    except KeyboardInterrupt:
        _write("\nEverything has ended.\n")
    return 0


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _first_calls(story: Story) -> None:
    story.run()
    _write("  Now it is your turn. Ctrl-C ends everything.\n\n")


@contextlib.contextmanager
def _running(options: DemoOptions, write: Write) -> Iterator[tuple[Children, int, Story]]:
    """All processes, ready; ended on leaving, the network last so that calls can be hung up."""
    state = options.state.absolute()
    port = choose_port(options.listen, options.port)
    story = Story(state, demo_voices(state / "voices"), write)
    children = Children(_children(state, options.listen, port, story), write)
    try:
        with _prepared(state) as folder:
            if port != (options.port or FIRST_PORT):
                write(f"Port {FIRST_PORT} is busy: the page takes {port}.\n")
            make_demo_voices(folder.path / "voices")  # the network plays them
            children.start(NETWORK)
            children.start(PAGE)
            _make_prompts(folder, write)
        children.start(TELEPHONY)
        write("Starting the telephone network, the telephony daemon and the page ...\n")
        for name in (NETWORK, TELEPHONY, PAGE):
            children.wait_ready(name)
        story.man_the_counter()
        yield children, port, story
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # impatience must not leave anything running
        children.end(TELEPHONY, PAGE)
        children.end(NETWORK)


def _children(state: Path, listen: str, port: int, story: Story) -> list[Child]:
    program = [sys.executable, "-m", "appliance.cli"]
    where = ["--state", str(state)]

    def man_the_counter() -> None:
        with contextlib.suppress(SimulatorError):  # it died again: so it will be back again
            story.man_the_counter()

    network = [*program, "simulate", "serve", *where, "--config", str(NETWORK_TOML)]
    page = [*program, "web", *where, "--listen", listen, "--port", str(port)]
    return [
        Child(NETWORK, network, man_the_counter),
        Child(TELEPHONY, [*program, "run", *where, "--log-level", "warning"]),
        Child(PAGE, page),
    ]


@contextlib.contextmanager
def _prepared(state: Path) -> Iterator[StateFolder]:
    """The state folder, locked; a new one is given the demo's shop."""
    try:
        with StateFolder(state) as folder:
            store = ConfigStore(folder.path)
            if store.current.generation == 0:
                store.save(DEMO_TOML.read_text(), DEMO_TOML.name, time.time())
            yield folder
    except StateFolderLocked as error:
        raise CounterbellError(
            f"{error}: use what runs there, end it, or name another folder with --state DIR"
        ) from error


def _make_prompts(folder: StateFolder, write: Write) -> None:
    """On a terminal a bar shows how far it is; elsewhere a line each, but only if it takes time."""
    is_new = not any(folder.prompts.glob("*.wav"))
    if is_new:
        write("Speaking the prompts, which is done once ...\n")
    with Progress(sys.stdout, quiet_elsewhere=not is_new) as progress:
        settings = ConfigStore(folder.path).current.settings
        make_prompts_in(folder, settings, progress.show)


def choose_port(listen: str, wanted: int | None) -> int:
    """``wanted``, or the first free one from FIRST_PORT on. Raises CounterbellError."""
    ports = range(FIRST_PORT, FIRST_PORT + PORTS_TRIED) if wanted is None else (wanted,)
    reason = ""
    for port in ports:
        try:
            family, kind, _, _, address = socket.getaddrinfo(
                listen, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                return int(probe.getsockname()[1])
        except OSError as error:
            reason = error.strerror or str(error)
    what = f"port {wanted}" if wanted is not None else f"any port from {FIRST_PORT} on"
    raise CounterbellError(
        f"the page can't listen on {listen} {what}: {reason}; choose another with --port N"
    )


def addresses(listen: str, port: int) -> list[str]:
    """Where the page can be opened: here, then the address a phone on the same Wi-Fi uses."""
    if listen not in {"0.0.0.0", "::"}:
        host = f"[{listen}]" if ":" in listen else listen
        return [f"http://{host}:{port}/"]
    found = [f"http://localhost:{port}/"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: nothing is sent, only a route looked up
            found.append(f"http://{probe.getsockname()[0]}:{port}/")
        except OSError:
            pass  # no network at all: the box works without
    return found


def _greet(options: DemoOptions, port: int, write: Write) -> None:
    """Where to look and what to try."""
    state = options.state
    here, *others = addresses(options.listen, port)
    write(f"\n  Open the page:  {here}\n")
    for other in others:
        write(f"  on your phone:  {other}\n")
    with contextlib.suppress(OSError):  # claimed already
        code = (state / "claim-code").read_text().strip()
        write(f"  Claim code:     {code}   (once, to choose your own password)\n")
    program = Path(sys.argv[0]).with_name("counterbell")
    where = "" if not options.say_state else f" --state {shlex.quote(str(state))}"
    write("\n  In another terminal call the shop (11 answers), call out, text it, or look:\n")
    for words in (
        "simulate call --press 1 --hang-up-after 20",
        "simulate phone --extension 12 --lift --wait 1 --press 909175550123 --wait 20 --hang-up",
        'simulate text --from GCASH "You got P50"',
        "status",
        "calls",
        "messages",
        "texts",
    ):
        write(f"    {program} {words}{where}\n")
    write("\n")
