"""The claim code: taken from the card, where `personalise` wrote it, and shown on the console."""

import os
from pathlib import Path

from appliance.box.commands import Run
from appliance.box.places import Places
from appliance.errors import StorageError
from appliance.storage.accounts import has_owner, is_claim_code
from appliance.storage.disk import Disk

_MOST_BYTES = 1024


def take_code(places: Places, disk: Disk | None = None) -> str:
    """Take the code of this card into the shop's state, and erase it from the card.

    Returns what is wrong with the file, "" when nothing is. It is erased when the code is durable
    in the state folder, or the box has an owner. Raises OSError.
    """
    try:
        data = places.card_code.read_bytes()[:_MOST_BYTES]
    except FileNotFoundError:
        return ""
    code = "".join(data.decode("ascii", "replace").split()).replace("-", "")
    if not has_owner(places.state):
        if not is_claim_code(code):
            return f"{places.card_code.name}: a claim code has 8 digits"
        _give(places.state, code, disk or Disk())
    _erase(places.card_code, len(data))
    return ""


def _give(state: Path, code: str, disk: Disk) -> None:
    """As the daemon writes it; a file of root would stay closed to the daemon."""
    owner = state.stat()
    new = state / f"claim-code.{os.urandom(6).hex()}.tmp"
    fd = disk.create(new, 0o600)
    try:
        try:
            os.fchown(fd, owner.st_uid, owner.st_gid)
            disk.write(fd, f"{code}\n".encode())
            disk.sync(fd)
        finally:
            disk.close(fd)
        disk.rename(new, state / "claim-code")
    except OSError:
        new.unlink(missing_ok=True)
        raise
    disk.sync_folder(state)


def _erase(path: Path, length: int) -> None:
    """Overwritten where it stands, then gone: the card's freed block must not hold it."""
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.pwrite(fd, b"*" * length, 0)
        os.fsync(fd)
    finally:
        os.close(fd)
    path.unlink()
    Disk().sync_folder(path.parent)


def code_to_show(places: Places) -> str:
    """The code of a box without an owner; "" when it has one, or no code yet."""
    try:
        code = (places.state / "claim-code").read_text("ascii", "replace").strip()
    except OSError:
        return ""
    return code if is_claim_code(code) and not has_owner(places.state) else ""


def show_on_console(places: Places, hostname: str, run: Run) -> None:
    r"""Tell the address and the claim code above the login, while there is one to tell.

    agetty writes its own address for ``\4`` (agetty(8)), and shows the text anew when asked to.
    Raises StorageError.
    """
    code = code_to_show(places)
    try:
        if code:
            places.issue.parent.mkdir(parents=True, exist_ok=True)
            text = _issue(hostname, code)
            new = places.issue.with_suffix(".new")
            new.write_text(text)
            new.replace(places.issue)
        else:
            places.issue.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"the console can't be told the claim code: {error}") from error
    if places.is_live:
        run(["agetty", "--reload"])


def _issue(hostname: str, code: str) -> str:
    return (
        "\n  Counterbell. This box has no owner yet.\n"
        "  On a phone or computer in the same network, open\n\n"
        f"      http://{hostname}.local/    or    http://\\4/\n\n"
        f"  and type this claim code:  {code[:4]} {code[4:]}\n\n"
    )
