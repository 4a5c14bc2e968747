"""The page's wish for a Wi-Fi network, carried out by root, which trusts nothing of it.

The daemon writes ``network/request.json`` in its state folder; what came of it stands in
``result.json`` beside it. The request holds a password: it is gone before anything is tried. The
folder is the daemon's, so links in it are never followed and names are used within the open folder.
"""

import os
import re
import stat
from collections.abc import Callable

import msgspec

from appliance.box.changes import Changes
from appliance.box.commands import Ran, Run
from appliance.box.owner_settings import country_problems, stage_wifi
from appliance.box.places import Places
from appliance.box.wifi import CONNECTION, Wifi, wifi_problems

FOLDER, REQUEST, RESULT = "network", "request.json", "result.json"
MOST_BYTES = 4096
_WAIT_S = 45  # for the access point and its DHCP
_ADDRESS = re.compile(r"^IP4\.ADDRESS\[\d+\]:([0-9.]+)", re.MULTILINE)
# nmcli(1), EXIT STATUS, and what it says; in the owner's words
_SAYS = (
    ("secrets were required", "the password is not the one of this network"),
    ("no network with ssid", "this network is not to be heard here"),
    ("no suitable device", "this box has no Wi-Fi that works"),
    ("not found", "this network is not to be heard here"),
    ("ip configuration could not be reserved", "the network gave the box no address"),
)


class WifiRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As the daemon writes it. ``request_id`` comes back in the result."""

    request_id: str
    ssid: str
    password: str
    country: str


class WifiResult(msgspec.Struct, frozen=True):
    """``text``: a sentence for the owner. ``at``: UTC seconds. Never a password."""

    request_id: str
    ok: bool
    text: str
    at: float


def carry_out(places: Places, run: Run, utc: Callable[[], float]) -> WifiResult | None:
    """Do what was asked; None when nothing was. Raises OSError."""
    try:
        folder = os.open(places.state / FOLDER, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        data = _taken(folder)
        if data is None:
            return None
        request_id, ok, text = _answer(data, places, run)
        result = WifiResult(request_id, ok, text, utc())
        _write(folder, msgspec.json.encode(result))
    finally:
        os.close(folder)
    return result


def _taken(folder: int) -> bytes | None:
    """The request's bytes, and the request gone from the card."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(REQUEST, flags, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.unlink(REQUEST, dir_fd=folder)
            return b""
        data = os.read(fd, MOST_BYTES + 1)
        os.pwrite(fd, b"*" * len(data), 0)
        os.fsync(fd)
    finally:
        os.close(fd)
    os.unlink(REQUEST, dir_fd=folder)
    os.fsync(folder)
    return data


def _answer(data: bytes, places: Places, run: Run) -> tuple[str, bool, str]:
    try:
        asked = msgspec.json.decode(data[: MOST_BYTES + 1], type=WifiRequest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", False, "what was asked for can't be read"
    wifi = Wifi(asked.ssid, asked.password, asked.country)
    problems = [*wifi_problems(wifi), *country_problems(wifi.country, places)]
    if problems:
        return asked.request_id, False, "; ".join(problems)
    ok, text = join(wifi, places, run)
    return asked.request_id, ok, text


def join(wifi: Wifi, places: Places, run: Run) -> tuple[bool, str]:
    """Join the network; where that fails, the one before comes back. Raises OSError."""
    before = _before(places)
    with Changes() as changes:
        stage_wifi(changes, wifi, places)
        changes.commit()
    run(["iw", "reg", "set", wifi.country])
    run(["nmcli", "radio", "wifi", "on"])
    tried = _bring_up(run)
    if tried.code == 0:
        shown = run(["nmcli", "--fields", "IP4.ADDRESS", "connection", "show", CONNECTION])
        found = _ADDRESS.search(shown.out.replace(" ", ""))
        address = f"; its address there is {found[1]}" if found else ""
        return True, f"The box is in the Wi-Fi network '{wifi.ssid}'{address}."
    _put_back(before, places)
    if _bring_up(run).code == 0 and before[0] is not None:
        return False, f"{_why(tried)}. The box is in the Wi-Fi network of before again."
    return False, f"{_why(tried)}. Nothing was changed."


def _bring_up(run: Run) -> Ran:
    told = run(["nmcli", "connection", "reload"])
    if told.code:
        return told
    return run(["nmcli", "--wait", str(_WAIT_S), "connection", "up", CONNECTION])


def _why(ran: Ran) -> str:
    if ran.code == 127 or "networkmanager is not running" in ran.reason.lower():
        return "NetworkManager does not run on this box, so the page can't change its network"
    if ran.code in (3, 124):  # 3: nmcli's own time is over
        return "the network did not answer in time"
    said = ran.reason.lower()
    return next((words for sign, words in _SAYS if sign in said), f"the network says: {ran.reason}")


def _before(places: Places) -> tuple[bytes | None, bytes | None]:
    found: list[bytes | None] = []
    for path in (places.wifi, places.wifi_country):
        try:
            found.append(path.read_bytes())
        except FileNotFoundError:
            found.append(None)
    return found[0], found[1]


def _put_back(before: tuple[bytes | None, bytes | None], places: Places) -> None:
    with Changes() as changes:
        for path, data, mode in zip(
            (places.wifi, places.wifi_country), before, (0o600, 0o644), strict=True
        ):
            if data is not None:
                changes.file(path, data.decode(), mode)
            else:
                path.unlink(missing_ok=True)
        changes.commit()


def _write(folder: int, data: bytes) -> None:
    """The result, for the daemon to read: whole or not at all."""
    owner = os.fstat(folder)
    new = f".{RESULT}.{os.urandom(6).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(new, flags, 0o640, dir_fd=folder)
    try:
        os.fchown(fd, owner.st_uid, owner.st_gid)
        os.write(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)
    os.rename(new, RESULT, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)
