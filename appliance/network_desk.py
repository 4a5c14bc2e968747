"""The page's wish for a Wi-Fi network: left for root, which carries it out, and what came of it.

The daemon itself has no network. It writes ``network/request.json``; `counterbell-network.path` has
root's one-shot take it (appliance/box/network_request.py), which answers in ``result.json``. The
password is in the request alone, which that one-shot erases before it tries anything.
"""

import secrets
import shutil
from pathlib import Path
from typing import Any

import msgspec

from appliance.box.network_request import (
    FOLDER,
    MOST_BYTES,
    REQUEST,
    RESULT,
    WifiRequest,
    WifiResult,
)
from appliance.box.wifi import Wifi, wifi_problems
from appliance.errors import NetworkRefused
from appliance.interfaces import Clock
from appliance.storage.disk import Disk, remove_leftovers, replace_file

PATIENCE_S = 240.0  # the one-shot's own limits together; after that nobody carries it out here


class NetworkDesk:
    """One wish at a time. Every method looks at the card: call them on the reader thread."""

    def __init__(self, folder: Path, clock: Clock, disk: Disk | None = None) -> None:
        self._folder = folder / FOLDER
        self._clock = clock
        self._disk = disk or Disk()
        self._asked = ""  # the id of the wish whose answer is awaited
        self._ssid = ""
        self._since = 0.0
        (self._folder / REQUEST).unlink(missing_ok=True)  # of an earlier run: nobody waits for it

    def join(self, ssid: str, password: str, country: str) -> None:
        """Ask for a Wi-Fi network. Raises NetworkRefused (nothing was asked then), OSError."""
        wifi = Wifi(ssid, password, country.upper())
        problems = wifi_problems(wifi)
        if problems:
            raise NetworkRefused("; ".join(problems))
        if self.state()["waiting"]:
            raise NetworkRefused("the box is joining a network already: wait for what comes of it")
        self._folder.mkdir(mode=0o750, exist_ok=True)
        remove_leftovers(self._folder / REQUEST)
        asked = WifiRequest(secrets.token_hex(8), ssid, password, wifi.country)
        (self._folder / RESULT).unlink(missing_ok=True)
        replace_file(self._disk, self._folder / REQUEST, msgspec.json.encode(asked))
        self._asked, self._ssid, self._since = asked.request_id, ssid, self._clock.monotonic()

    def state(self) -> dict[str, Any]:
        """``waiting`` for the network ``ssid``, or how the last wish ended (``text``, ``ok``)."""
        found = self._result()
        if self._asked and (found is None or found.request_id != self._asked):
            waited_s = self._clock.monotonic() - self._since
            if waited_s < PATIENCE_S:
                return {"waiting": True, "ssid": self._ssid, "ok": False, "text": "", "at": 0.0}
            self._forget()
            text = "nothing on this box carries it out: it was not set up by provision.sh install"
            return {"waiting": False, "ssid": self._ssid, "ok": False, "text": text, "at": 0.0}
        if found is None:
            return {"waiting": False, "ssid": "", "ok": False, "text": "", "at": 0.0}
        return {
            "waiting": False, "ssid": self._ssid, "ok": found.ok, "text": found.text[:1000],
            "at": found.at,
        }  # fmt: skip

    def _result(self) -> WifiResult | None:
        try:
            with (self._folder / RESULT).open("rb") as file:
                return msgspec.json.decode(file.read(MOST_BYTES), type=WifiResult)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def _forget(self) -> None:
        """A request with a password must not lie there for ever."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._asked = ""
