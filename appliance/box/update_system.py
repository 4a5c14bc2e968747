"""The box as an update acts on it: releases, the link to the one in use, services, the daemon."""

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from appliance.box.acting import acting_as_owner
from appliance.box.before_copy import history_readable_since, keep_copy
from appliance.box.release_file import (
    Manifest,
    check_fits,
    check_payload,
    read_manifest,
    unpack,
)
from appliance.box.release_keys import TRUSTED, trusted_keys
from appliance.box.update import Health
from appliance.box.update_sources import SPARE_BYTES, copy_in
from appliance.control.client import Client
from appliance.errors import ControlError, DaemonNotRunning, ReleaseRefused, UpdateError
from appliance.storage.history_schema import SCHEMA_VERSION

HOME = Path("opt/counterbell")
MAKING, MANIFEST = ".making-", "release.json"
SERVICES = ("counterbell-telephony.service", "counterbell-web.service")
USER = "counterbell"
SELF_TEST_S = 300.0
_REFRESH_S = 300.0
_IN_SERVICE = frozenset({"ready", "ringing", "in_call"})
_ASK_S = 5.0

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Source = Callable[[], AbstractContextManager[BinaryIO]]


class BoxPaths:
    """Where things lie, below ``root``: "/" of the box, or a folder that becomes a card's."""

    def __init__(self, root: Path, state: Path) -> None:
        self.root = root
        self.state = state
        self.home = root / HOME
        self.releases = self.home / "releases"
        self.link = self.home / "current"
        self.journal = self.home / "update" / "journal.json"
        self.incoming = self.home / "update" / "incoming"
        self.keys = root / TRUSTED


@contextmanager
def locked(paths: BoxPaths) -> Iterator[None]:
    """Alone at work: provision.sh takes the same lock. Raises UpdateError."""
    if not paths.home.is_dir():
        raise UpdateError(f"Counterbell is not installed in {paths.root}")
    with (paths.home / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UpdateError("an install or update is at work already: wait for it") from error
        yield


class BoxSystem:
    """An `update.System`. ``source``: the release file; None where an update is only resumed.

    ``is_live``: services run here; else only files are changed.
    """

    def __init__(
        self, paths: BoxPaths, source: Source | None, *, is_live: bool, run: Run = subprocess.run
    ) -> None:
        self._paths = paths
        self._source = source
        self._is_live = is_live
        self._run = run

    def current(self) -> str:
        link = self._paths.link
        return link.readlink().name if link.is_symlink() and link.is_dir() else ""

    def take(self) -> None:
        if self._source is None:
            raise UpdateError("no release was given")
        with self._source() as source:
            copy_in(source, self._paths.incoming)

    def check(self, allow_older: bool) -> Manifest:
        with self._paths.incoming.open("rb") as file:
            manifest = self.checked(file, allow_older)
        if manifest.id != self.current():
            self._make_room(manifest)
        return manifest

    def checked(self, file: BinaryIO, allow_older: bool) -> Manifest:
        """Changes nothing. Raises ReleaseRefused, UpdateError."""
        manifest = read_manifest(file, trusted_keys(self._paths.keys))
        check_fits(manifest)
        check_payload(file, manifest)
        if manifest.id != self.current():
            self._check_order(manifest, allow_older)
        return manifest

    def unpack(self, manifest: Manifest) -> None:
        making = self._making(manifest.id)
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        making.chmod(0o755)
        with self._paths.incoming.open("rb") as file:
            read_manifest(file, trusted_keys(self._paths.keys))
            unpack(file, manifest, making)
        (making / MANIFEST).write_bytes(msgspec.json.encode(manifest))
        venv.EnvBuilder(symlinks=True, with_pip=False).create(making / ".venv")
        os.sync()

    def self_test(self, release: str) -> None:
        making = self._making(release)
        command = [making / ".venv/bin/python", "-P", "-m", "appliance.cli", "self-test", "--json"]
        try:
            done = self._run(
                [str(word) for word in command],
                capture_output=True, text=True, check=False, timeout=SELF_TEST_S, cwd="/",
                env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"},
                **_as_user(),
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise UpdateError("the new release's test call did not end") from error
        if done.returncode:
            raise UpdateError(f"the new release failed its test call: {_problem_of(done)}")

    def keep_copy(self) -> None:
        if self._paths.state.is_dir():
            with acting_as_owner(self._paths.state):
                keep_copy(self._paths.state)

    def switch(self, release: str) -> None:
        """In one move, so that a power cut leaves the old one or the new one."""
        making, target = self._making(release), self._paths.releases / release
        if making.is_dir():
            if target.exists() and target.name != self.current():
                shutil.rmtree(target)
            making.rename(target)
        if not target.is_dir():
            raise UpdateError(f"release {release} is gone")
        new = self._paths.link.with_name(".current.new")
        new.unlink(missing_ok=True)
        new.symlink_to(f"releases/{release}")
        new.rename(self._paths.link)
        _sync_folder(self._paths.releases)
        _sync_folder(self._paths.home)

    def refresh(self, release: str) -> None:
        script = self._paths.releases / release / "provision.sh"
        where = [] if self._paths.root == Path("/") else ["--root", str(self._paths.root)]
        done = self._run(
            [str(script), "refresh", *where],
            capture_output=True, text=True, check=False, timeout=_REFRESH_S,
        )  # fmt: skip
        if done.returncode:
            raise UpdateError(f"its files could not be put in place: {_last_words(done)}")

    def restart(self, release: str) -> None:
        if not self._is_live:
            return
        command = ["systemctl", "restart", *SERVICES]
        done = self._run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UpdateError(f"the services did not start: {_last_words(done)}")
        (self._paths.root / "run/counterbell-started").write_text(f"{release}\n")

    def health(self) -> Health:
        if not self._is_live:
            return Health(self.current())
        try:
            with Client(self._paths.state / "control.sock", timeout_s=_ASK_S) as client:
                status = client.call("status.get")
                release = str(client.call("update.state")["release"])
        except DaemonNotRunning:
            return Health()
        except ControlError:  # it hangs, or knows no updates: it is there, and nothing is known
            return Health("unknown")
        lines = tuple(one["name"] for one in status["lines"] if one["state"] in _IN_SERVICE)
        return Health(release, lines, len(status["calls"]))

    def clear(self, release: str) -> None:
        self._paths.incoming.unlink(missing_ok=True)
        for making in self._paths.releases.glob(f"{MAKING}*"):
            shutil.rmtree(making)
        if release and release != self.current():
            shutil.rmtree(self._paths.releases / release, ignore_errors=True)

    def prune(self, kept: tuple[str, str]) -> None:
        for release in self._paths.releases.iterdir():
            if release.name not in (*kept, self.current()) and release.is_dir():
                shutil.rmtree(release)

    def monotonic(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    # --- within ----------------------------------------------------------------------------------

    def _making(self, release: str) -> Path:
        return self._paths.releases / f"{MAKING}{release}"

    def _check_order(self, manifest: Manifest, allow_older: bool) -> None:
        """Neither backwards without being told, nor to where there is no way back."""
        present = self._present()
        if present is not None and not allow_older:
            is_older = manifest.number < present.number
            is_before = manifest.number == present.number and manifest.made_at < present.made_at
            if is_older or is_before:
                raise ReleaseRefused(
                    f"this release ({manifest.version}) is older than the one in use"
                    f" ({present.version}): say --allow-older if you want it"
                )
        with acting_as_owner(self._paths.state):
            needed = history_readable_since(self._paths.state)
        if needed > manifest.history_schema:
            raise ReleaseRefused("this release can't read the history that this box has: too old")
        if manifest.history_readable_since > SCHEMA_VERSION:
            raise ReleaseRefused(
                "after this release there would be no way back: install one in between first"
            )

    def _present(self) -> Manifest | None:
        """Of the release in use; one that was built here has no date."""
        folder = self._paths.link
        try:
            return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
        except (OSError, msgspec.DecodeError):
            version = self.current().partition("-")[0]
        try:
            found = Manifest(0, self.current(), version, "", "", 0.0, 0, 0, 0, "")
            return found if found.number else None
        except ValueError:
            return None

    def _make_room(self, manifest: Manifest) -> None:
        """Raises UpdateError. The release before gives way, where there is no room for three."""
        need = manifest.unpacked_bytes * 5 // 4 + SPARE_BYTES  # files fill blocks
        if shutil.disk_usage(self._paths.releases).free < need:
            self.prune((self.current(), self.current()))
        free = shutil.disk_usage(self._paths.releases).free
        if free < need:
            raise UpdateError(
                f"the card is too full: {free // 10**6} MB free, {need // 10**6} MB needed"
            )


def _as_user() -> Mapping[str, object]:
    """As root: the test call runs as the daemon's user, where there is one."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _problem_of(done: "subprocess.CompletedProcess[str]") -> str:
    try:
        return str(json.loads(done.stdout)["problem"]) or _last_words(done)
    except (ValueError, KeyError, TypeError):
        return _last_words(done)


def _last_words(done: "subprocess.CompletedProcess[str]") -> str:
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else f"exit code {done.returncode}"


def _sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def out_of_the_way_of_the_link() -> None:
    """Run from the release's own folder: what is imported later must not be another release's."""
    here = Path(sys.prefix)
    if here != here.resolve():
        python = here.resolve() / "bin" / "python"
        os.execv(python, [str(python), "-P", "-m", "appliance.cli", *sys.argv[1:]])
