"""What root does each time the box starts, before telephony, the page and the network.

Each part stands for itself: one that fails is told and the others are done all the same. What was
done already is found done, so a start that was cut off is finished by the next.
"""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.box.changes import Changes
from appliance.box.claim_code import show_on_console, take_code
from appliance.box.commands import Run
from appliance.box.data_partition import grow_data_partition
from appliance.box.factory_reset import decide, finish
from appliance.box.owner_file import MOST_BYTES, OwnerSettings, erased, read_owner_file
from appliance.box.owner_settings import apply, machine_problems
from appliance.box.places import Places
from appliance.errors import CounterbellError
from appliance.storage.disk import Disk

_SEEN = "owner-file"  # in `Places.kept`
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Needs:
    """``is_reset_asked``: looks at the button and, if it is pressed, waits for what it asks.

    ``has_line_card``: our HAT is there.
    """

    places: Places
    run: Run
    tell: Tell
    is_reset_asked: Callable[[], bool]
    has_line_card: Callable[[], bool]


def start_box(needs: Needs) -> bool:
    """Do what is to be done; whether all of it went well."""
    problems: list[str] = []
    for part in (_reset, _grow, _take_settings, _take_code, _configure, _show):
        try:
            problems += part(needs)
        except (CounterbellError, OSError) as error:
            problems.append(str(error))
    for problem in problems:
        needs.tell(problem)
    try:
        _write_problems(needs.places, problems)
    except OSError as error:
        needs.tell(f"{needs.places.problems.name} can't be written: {error}")
    return not problems


def _reset(needs: Needs) -> list[str]:
    if needs.is_reset_asked():
        decide(needs.places)
    if finish(needs.places):
        needs.tell("The shop's data is erased: this box is as on its first day.")
    return []


def _grow(needs: Needs) -> list[str]:
    if needs.places.is_live and (grown := grow_data_partition(needs.places.state, needs.run)):
        needs.tell(grown)
    return []


def _take_settings(needs: Needs) -> list[str]:
    """counterbell.toml, where it is there and not as this box left it."""
    places = needs.places
    try:
        with places.owner_file.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return []
    seen = _seen(places)
    if seen[:1] == [_digest(data)]:
        return []
    reading = read_owner_file(data)
    settings = reading.settings
    problems = list(reading.problems)
    if settings is not None:
        problems += machine_problems(settings, places, needs.run)
        problems += _wifi_before(settings, seen)
    if settings is None or problems:
        name = places.owner_file.name
        return [f"{name}: {problem}" for problem in problems] + [f"{name}: nothing of it was used"]
    apply(settings, places, needs.run)
    left = erased(data)
    with Changes() as changes:  # before the secret goes: until then all is done again
        lines = [_digest(left), _network(settings)]
        changes.file(places.kept / _SEEN, "\n".join(lines) + "\n", mode=0o600)
        changes.commit()
    _overwrite(places.owner_file, data, left)
    needs.tell(f"{places.owner_file.name} was taken over.")
    return []


def _seen(places: Places) -> list[str]:
    """The digest of the file as it was left, and the network whose password was taken."""
    try:
        return (places.kept / _SEEN).read_text().splitlines()
    except FileNotFoundError:
        return []


def _network(settings: OwnerSettings) -> str:
    return settings.wifi.ssid.encode().hex() if settings.wifi is not None else ""


def _wifi_before(settings: OwnerSettings, seen: list[str]) -> list[str]:
    """A password that was taken belongs to the network that was named with it."""
    if not settings.wifi_as_before or seen[1:2] == [_network(settings)]:
        return []
    return ["the password of the Wi-Fi was taken and erased earlier: write it in again"]


def _overwrite(path: Path, old: bytes, new: bytes) -> None:
    """In place: both are as long. Raises OSError."""
    if old == new:
        return
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.pwrite(fd, new, 0)
        os.fsync(fd)
    finally:
        os.close(fd)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _take_code(needs: Needs) -> list[str]:
    problem = take_code(needs.places)
    return [problem] if problem else []


def _configure(needs: Needs) -> list[str]:
    if needs.has_line_card():
        from appliance.box.starter import configure_telephones  # noqa: PLC0415 - slow to load

        if configure_telephones(needs.places, time.time()):
            needs.tell("The line card's telephones are 21 to 24.")
    return []


def _show(needs: Needs) -> list[str]:
    show_on_console(needs.places, host_name(needs.places), needs.run)
    return []


def host_name(places: Places) -> str:
    """What the box is called in its network."""
    try:
        return (places.root / "etc/hostname").read_text().strip() or os.uname().nodename
    except OSError:
        return os.uname().nodename


def _write_problems(places: Places, problems: list[str]) -> None:
    """Beside the owner's file, where they are looked for; gone when there are none."""
    if not places.firmware.is_dir():
        return
    if not problems:
        places.problems.unlink(missing_ok=True)
        return
    text = "".join(f"- {problem}\r\n" for problem in problems)  # read on any computer
    about = "What this box could not do when it started:\r\n"
    data = (about + text).encode()
    if places.problems.exists() and places.problems.read_bytes() == data:
        return
    places.problems.write_bytes(data)
    fd = os.open(places.problems, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    Disk().sync_folder(places.firmware)
