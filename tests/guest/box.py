"""A booted guest as the shop's people know it: its lines, its calls, its page."""

import base64
import io
import json
import re
import tarfile
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

from appliance.audio.prompts import PromptLibrary
from appliance.simulator.codec import ulaw_encode
from tests.guest.guest import BOOT_S, SERIALS, Guest, stable_link
from tests.guest.wires import wait_for

SERVICES = ("counterbell-telephony.service", "counterbell-web.service")
SHOP = Path(__file__).with_name("shop.toml")
STATE = "/var/lib/counterbell"
_HEAD = re.compile(rb"data....", re.DOTALL)


class Box:
    """What is asked of a guest over its root shell, in the words of the command line."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest

    def ask(self, command: str, limit_s: float = 120.0) -> str:
        """What a command of root's printed that must go well."""
        return self.guest.shell.ask(command, limit_s)

    def booted(self) -> float:
        """Wait until systemd has started everything; seconds since the power came."""
        self.guest.shell.run("systemctl is-system-running --wait", BOOT_S)
        self.ask("systemctl is-active counterbell-telephony.service")
        return self.guest.uptime_s()

    def properties(self, unit: str, *names: str) -> dict[str, str]:
        """Of a unit, or of the manager itself with unit ""."""
        wanted = " ".join(f"-p {name}" for name in names)
        said = self.ask(f"systemctl show {unit} {wanted}")
        return dict(line.split("=", 1) for line in said.splitlines())

    def status(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.ask("counterbell status --json"))
        return said

    def calls(self) -> list[dict[str, Any]]:
        """Newest first."""
        said = json.loads(self.ask("counterbell calls --json --limit 20"))
        found: list[dict[str, Any]] = said["calls"] if isinstance(said, dict) else said
        return found

    def is_ready(self, line: str) -> bool:
        code, said = self.guest.shell.run("counterbell status --json")
        if code:
            return False
        return any(o["name"] == line and o["state"] == "ready" for o in json.loads(said)["lines"])

    def until_ready(self, line: str, limit_s: float = 180.0) -> float:
        return wait_for(f"line {line} is ready", lambda: self.is_ready(line), limit_s)

    def until_history(self, number: str, limit_s: float = 60.0) -> dict[str, Any]:
        """The newest call from ``number``, when it is over."""
        found: list[dict[str, Any]] = []

        def is_there() -> bool:
            mine = [one for one in self.calls() if one["caller"]["number"] == number]
            found[:] = [one for one in mine[:1] if one["ended_at"] is not None]
            return bool(found)

        wait_for(f"a call from {number} in the history", is_there, limit_s)
        return found[0]

    def open_shop(self) -> str:
        """Bring the shop's settings in, as a technician does; what the box said."""
        text = SHOP.read_text()
        for serial in SERIALS:
            text = text.replace(f"PORT_{serial}", stable_link(serial))
        self.guest.shell.put("/run/shop.toml", text.encode())
        return self.ask("counterbell config import /run/shop.toml", 600.0)

    def own_prompts(self) -> list[str]:
        """The files of prompts that this box has spoken; the others came with its release."""
        made_before = "/opt/counterbell/current/build/prompts"
        names = self.ask(f"cd {STATE}/prompts && ls").split()
        return [name for name in names if self.guest.shell.run(f"test -e {made_before}/{name}")[0]]

    @cached_property
    def prompts(self) -> dict[str, bytes]:
        """What the box speaks for each prompt of its shop, µ-law: its own files, fetched."""
        return self.fetch_prompts()

    def fetch_prompts(self) -> dict[str, bytes]:
        texts = {p["name"]: p["text"]["en"] for p in tomllib.loads(SHOP.read_text())["prompt"]}
        folder = self.guest.folder / "prompts"
        library = PromptLibrary(folder, "en", texts)
        names = " ".join(self.own_prompts())
        packed = self.ask(f"tar -C {STATE}/prompts -cz {names} | base64", 600.0)
        folder.mkdir(exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(base64.b64decode(packed))) as files:
            for member in files:
                if (file := files.extractfile(member)) is not None:
                    (folder / Path(member.name).name).write_bytes(file.read())
        library.load()  # of what it can't say, it tells; the defaults are not asked for
        missing = texts.keys() & library.problems.keys()
        assert not missing, library.problems
        return {name: ulaw_encode(list(library.clip(name).samples)) for name in texts}

    def recording(self, call: dict[str, Any]) -> tuple[bytes, bytes]:
        """The file of a call's recording as it lies on the card: caller's side, shop's side."""
        name = call["recording"]["id"]
        data = self.guest.shell.get(f"{STATE}/recordings/*/{name}.wav")
        return split_channels(data)


def split_channels(wav: bytes) -> tuple[bytes, bytes]:
    """Left and right of a µ-law WAV file with two channels."""
    found = _HEAD.search(wav)
    assert found, wav[:64]
    assert int.from_bytes(wav[22:24], "little") == 2
    sound = wav[found.end() :]
    return sound[0::2], sound[1::2]
