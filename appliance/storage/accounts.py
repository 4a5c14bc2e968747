"""Who may use the page: people with passwords, the one-time claim, and sessions.

Passwords are kept as Argon2id hashes, session tokens as SHA-256 hashes. Methods that check a
password take a tenth of a second or more: call them on one worker thread. `who` and `claimed` are
quick and safe on the main thread.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from tinydb import TinyDB

from appliance.errors import SignInLocked, SignInRefused, StorageError
from appliance.interfaces import Clock
from appliance.storage.disk import Disk, replace_file
from appliance.storage.document_file import DocumentFile, whole_document
from appliance.storage.lockout import Lockout

OWNER, STAFF = "owner", "staff"
SESSION_S = 30 * 86_400.0
SHORTEST_PASSWORD = 8
CODE_DIGITS = 8  # of the claim code
LONGEST_PASSWORD = 200
_LONGEST_NAME = 60
_MOST_SESSIONS = 200
_CLAIM = "\0claim"  # no person's name: what guesses of the claim code are counted under


@dataclass(frozen=True, slots=True)
class Identity:
    """A person and what they may do: owner or staff."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Session:
    """A fresh sign-in. ``token`` is told once and kept only as a hash."""

    token: str
    identity: Identity


class Accounts:
    """``users.json`` and ``claim-code`` in the state folder. Open it only while that is locked."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        disk: Disk | None = None,
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._disk = disk or Disk()
        self._file = DocumentFile(folder / "users.json", keep=1, disk=self._disk)
        self._db = TinyDB(storage=lambda: self._file)
        self._code_path = folder / "claim-code"
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._lockout = Lockout(clock.monotonic)
        self._decoy = ""  # made at the first sign-in: it would cost a start a tenth of a second
        self._users: dict[str, Mapping[str, Any]] = {
            d["name"]: d for d in self._db.table("user").all()
        }
        self._sessions: dict[str, Mapping[str, Any]] = {
            d["token_sha256"]: d for d in self._db.table("session").all()
        }
        self._problem = ""

    @property
    def problems(self) -> tuple[str, ...]:
        return (*self._file.problems, *((self._problem,) if self._problem else ()))

    @property
    def claimed(self) -> bool:
        """Whether the box has an owner."""
        return any(user["role"] == OWNER for user in self._users.values())

    def claim_code(self) -> str:
        """The one-time code of a box without an owner, made on first use; "" once claimed.

        Raises StorageError.
        """
        if self.claimed:
            self._code_path.unlink(missing_ok=True)
            return ""
        try:
            code = self._code_path.read_text("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            code = ""
        if not is_claim_code(code):
            code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
            try:
                replace_file(self._disk, self._code_path, f"{code}\n".encode())
            except OSError as error:
                raise StorageError(f"the claim code can't be saved: {error.strerror}") from error
        return code

    def claim(self, code: str, name: str, password: str) -> Session:
        """Make the first owner. Raises SignInRefused, SignInLocked, StorageError."""
        self._wait(_CLAIM)
        if self.claimed:
            raise SignInRefused("this box has an owner already: sign in")
        given = "".join(code.split()).replace("-", "")  # as people write down long numbers
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self.claim_code().encode()):
            self._lockout.failed(_CLAIM)
            raise SignInRefused("this is not the claim code")
        self._lockout.succeeded(_CLAIM)
        self.add(name, password, OWNER)
        self._code_path.unlink(missing_ok=True)
        return self._begin_session(self._users[name.strip()])

    def add(self, name: str, password: str, role: str) -> None:
        """Add a person. Raises SignInRefused when the name or password won't do, StorageError."""
        name = name.strip()
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise SignInRefused(f"a name has 1 to {_LONGEST_NAME} characters")
        if name in self._users:
            raise SignInRefused(f"there is somebody named '{name}' already")
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise SignInRefused(f"a password has at least {SHORTEST_PASSWORD} characters")
        if password.casefold() == name.casefold() or len(set(password)) < 3:
            raise SignInRefused("this password is too easy to guess")
        user = {"name": name, "role": role, "password": self._hashed(password)}
        self._db.table("user").insert({**user, "added_at": self._clock.utc()})
        self._users = {**self._users, name: user}

    def sign_in(self, name: str, password: str) -> Session:
        """Raises SignInRefused, SignInLocked (nothing was checked then), StorageError."""
        name = name.strip()[:_LONGEST_NAME]
        self._wait(name)
        user = self._users.get(name)
        self._decoy = self._decoy or self._hasher.hash(secrets.token_urlsafe())
        known = self._matches(user["password"] if user else self._decoy, password)
        if user is None or not known:
            self._lockout.failed(name)
            raise SignInRefused("this name and password do not belong together")
        self._lockout.succeeded(name)
        return self._begin_session(user)

    def sign_out(self, token: str) -> None:
        """End the session of ``token``, if there is one. Raises StorageError."""
        if self._sessions.pop(_sha256(token), None) is not None:
            self._save_sessions()

    def who(self, token: str) -> Identity | None:
        """Whose token this is, or None: unknown, expired, or its person is gone."""
        session = self._sessions.get(_sha256(token))
        user = self._users.get(session["name"]) if session else None
        if session is None or user is None or session["expires_at"] <= self._clock.utc():
            return None
        return Identity(user["name"], user["role"])

    # --- within --------------------------------------------------------------------------------

    def _wait(self, name: str) -> None:
        wait_s = self._lockout.wait_s(name)
        if wait_s > 0:
            raise SignInLocked(wait_s)

    def _hashed(self, password: str) -> str:
        try:
            return self._hasher.hash(password)
        except UnicodeEncodeError as error:  # a lone surrogate is no character
            raise SignInRefused("this password has a character that can't be used") from error

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password[: LONGEST_PASSWORD + 1])
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def _begin_session(self, user: Mapping[str, Any]) -> Session:
        token = secrets.token_urlsafe(32)
        now = self._clock.utc()
        record = {
            "token_sha256": _sha256(token),
            "name": user["name"],
            "began_at": now,
            "expires_at": now + SESSION_S,
        }
        live = [s for s in self._sessions.values() if s["expires_at"] > now]
        live = sorted(live, key=_began_at)[-_MOST_SESSIONS + 1 :]
        self._sessions = {s["token_sha256"]: s for s in (*live, record)}
        self._save_sessions()
        return Session(token, Identity(user["name"], user["role"]))

    def _save_sessions(self) -> None:
        """One write for the whole table, so that a power cut can't end everybody's session.

        A full card must not keep the owner out: the session then lasts until the next start.
        """
        tables = self._file.read() or {}
        rows = enumerate(self._sessions.values(), start=1)
        tables["session"] = {str(number): row for number, row in rows}
        try:
            self._file.write(tables)
        except StorageError as error:
            self._problem = f"sign-ins last until the next start only: {error}"
        else:
            self._problem = ""


def has_owner(folder: Path) -> bool:
    """Whether the box of this state folder was claimed; reads only, whether the daemon runs or not.

    A file that nobody can read is an owner's: nothing may open a box because of it.
    """
    path = folder / "users.json"
    data = whole_document(path)
    if data is None:
        return path.exists()
    users = json.loads(data.decode().partition("\n")[2]).get("user", {})
    return any(user["role"] == OWNER for user in users.values())


def is_claim_code(code: str) -> bool:
    """Whether `Accounts` takes this for a claim code."""
    return len(code) == CODE_DIGITS and code.isascii() and code.isdigit()


def _began_at(session: Mapping[str, Any]) -> float:
    return float(session["began_at"])


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
