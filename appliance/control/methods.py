"""What each control method does, with the parts of the daemon that it is given."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec

from appliance.control import schema
from appliance.control.backup_methods import BackupHandler, BackupMethods, BackupsLike
from appliance.control.config_methods import ConfigMethods, ConfigsLike
from appliance.control.line_methods import (
    LinecardsLike,
    LineHandler,
    LineMethods,
    TextReaderLike,
    TextsLike,
)
from appliance.control.network_methods import NetworkLike, NetworkMethods
from appliance.control.schema import Code, Role
from appliance.control.schema_base import Page
from appliance.control.status import StatusBoard
from appliance.control.update_methods import UpdateMethods, UpdatesLike
from appliance.errors import CounterbellError, SignInLocked
from appliance.interfaces import Worker

T = TypeVar("T")

_ROLES = {"staff": Role.STAFF, "owner": Role.OWNER}
_MOST_PASSWORD_CHECKS = 4  # at once; each takes the reader thread a tenth of a second or more


class PersonLike(Protocol):
    """storage.accounts.Identity."""

    @property
    def name(self) -> str: ...

    @property
    def role(self) -> str: ...


class SessionLike(Protocol):
    """storage.accounts.Session."""

    @property
    def token(self) -> str: ...

    @property
    def identity(self) -> PersonLike: ...


class AccountsLike(Protocol):
    """storage.accounts.Accounts."""

    @property
    def claimed(self) -> bool: ...

    def who(self, token: str) -> PersonLike | None: ...

    def claim(self, code: str, name: str, password: str) -> SessionLike: ...

    def sign_in(self, name: str, password: str) -> SessionLike: ...

    def sign_out(self, token: str) -> None: ...


class HistoryLike(Protocol):
    """storage.history_queries.HistoryReader."""

    def list_calls(
        self, day: str | None, before: str | None, limit: int, story: bool
    ) -> dict[str, Any]: ...

    def get_call(self, call_id: str) -> dict[str, Any] | None: ...

    def list_messages(self, before: str | None, limit: int) -> dict[str, Any]: ...

    def get_message(self, recording_id: str) -> dict[str, Any] | None: ...

    def get_recording(self, recording_id: str) -> dict[str, Any] | None: ...


class LineDoctorLike(Protocol):
    """doctor_desk.DoctorDesk."""

    def lines(self) -> dict[str, Any]: ...

    def show(self, proposal_id: str) -> dict[str, Any] | None: ...

    async def apply(
        self,
        proposal_id: str,
        import_config: Callable[[str, str], Awaitable[tuple[int, list[str]]]],
    ) -> tuple[int, list[str]] | None: ...

    def dismiss(self, proposal_id: str) -> bool: ...

    def open_clip(self, proposal_id: str) -> tuple[dict[str, Any], int]: ...


@dataclass(frozen=True, slots=True)
class ControlBackend:
    """What the methods need of the daemon.

    ``reader``: the thread of `history` and of password checks. ``mark_message``:
    storage.history.History.mark_message. ``open_recording``: storage.recordings.open_recording with
    its folder. ``ask_secret``: begins or ends secret digits in a call; False when it is not up.
    ``health``: what each driver says of itself. ``box``: how the machine is.
    ``line_details``, ``place_call``, ``outgoing_rules``: see control.line_methods.
    """

    status: StatusBoard
    accounts: AccountsLike
    history: HistoryLike
    reader: Worker
    mark_message: Callable[[str, bool], "Future[None]"]
    open_recording: Callable[[Mapping[str, Any]], tuple[dict[str, Any], int]]
    configs: ConfigsLike
    line_doctor: LineDoctorLike
    texts: TextsLike
    texts_kept: TextReaderLike
    line_details: Callable[[str], Mapping[str, Any] | None]
    place_call: Callable[[str, str], bool]
    outgoing_rules: Callable[[], dict[str, Any]]
    linecards: LinecardsLike
    backups: BackupsLike
    network: NetworkLike
    updates: UpdatesLike
    ask_secret: Callable[[str, bool], bool] = lambda _call_id, _on: False
    health: Callable[[], dict[str, Any]] = lambda: {"lines": {}, "linecards": {}, "stations": {}}
    box: Callable[[], dict[str, Any]] = lambda: {"readings": []}


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end. ``trusted``: root or the daemon's own user (SO_PEERCRED)."""

    trusted: bool
    token: str | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A result, and with it perhaps a descriptor that the sender closes after sending it."""

    result: Mapping[str, Any]
    fd: int | None = None


class Refusal(CounterbellError):
    """A JSON-RPC error: ``code``, the text for the person, and details."""

    def __init__(self, code: Code, text: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.data = data


Handler = Callable[[Any, Peer], Awaitable[Reply]]


class Methods:
    """Checks the method, role and parameters of each request, then does it."""

    def __init__(self, backend: ControlBackend) -> None:
        self._backend = backend
        self._password_checks = 0
        self._handlers: dict[str, Handler] = {
            "auth.state": self._auth_state,
            "auth.claim": self._auth_claim,
            "auth.sign_in": self._auth_sign_in,
            "auth.sign_out": self._auth_sign_out,
            "auth.whoami": self._auth_whoami,
            "status.get": self._status_get,
            "status.changes": self._status_changes,
            "health.get": self._health_get,
            "box.show": self._box_show,
            "calls.list": self._calls_list,
            "calls.get": self._calls_get,
            "calls.secret_digits": self._calls_secret_digits,
            "messages.list": self._messages_list,
            "messages.mark": self._messages_mark,
            "recordings.open": self._recordings_open,
            "line_doctor.list": self._line_doctor_list,
            "line_doctor.show": self._line_doctor_show,
            "line_doctor.apply": self._line_doctor_apply,
            "line_doctor.dismiss": self._line_doctor_dismiss,
            "line_doctor.clip": self._line_doctor_clip,
        }
        lines = LineMethods(
            backend.texts,
            backend.texts_kept,
            backend.line_details,
            backend.place_call,
            outgoing_rules=backend.outgoing_rules,
            linecards=backend.linecards,
            read=self._read,
        )
        configs = ConfigMethods(backend.configs, self._read)
        named = lines.handlers | configs.handlers
        self._handlers |= {name: self._by_name(work) for name, work in named.items()}
        network = NetworkMethods(backend.network, self._read).handlers
        plain = {**BackupMethods(backend.backups, self._read).handlers, **network}
        plain |= UpdateMethods(backend.updates, self._read).handlers
        self._handlers |= {name: _with_file(work) for name, work in plain.items()}

    def _by_name(self, work: LineHandler) -> Handler:
        async def handle(params: Any, peer: Peer) -> Reply:
            name, _role = self._person(peer) or ("", "")
            try:
                return Reply(await work(params, name))
            except LookupError as error:
                raise Refusal(Code.NOT_FOUND, str(error.args[0])) from error

        return handle

    async def call(self, method: str, raw_params: object, peer: Peer) -> Reply:
        """Carry out one request. Raises Refusal, and nothing else that belongs to the request."""
        known = schema.METHODS.get(method)
        if known is None:
            raise Refusal(Code.METHOD, f"there is no method '{method[:80]}'")
        self._authorise(method, known.role, peer)
        try:
            params = msgspec.convert(raw_params, known.params)
        except msgspec.ValidationError as error:
            raise Refusal(Code.PARAMS, f"{method}: {error}") from error
        try:
            return await self._handlers[method](params, peer)
        except Refusal:
            raise
        except SignInLocked as error:
            data = {"retry_after_s": error.retry_after_s}
            raise Refusal(Code.LOCKED_OUT, str(error), data) from error
        except (CounterbellError, ValueError, OSError) as error:
            raise Refusal(Code.REFUSED, str(error)) from error

    def _authorise(self, method: str, needed: Role, peer: Peer) -> None:
        if needed is Role.ANYONE:
            return
        person = self._person(peer)
        if person is None:
            raise Refusal(Code.NOT_SIGNED_IN, "sign in first")
        if _ROLES.get(person[1], Role.ANYONE) < needed:
            raise Refusal(Code.ROLE_TOO_LOW, f"{method} is for the {needed.name.lower()}")

    def _person(self, peer: Peer) -> tuple[str, str] | None:
        """Name and role: the token's person, or the command line's user, who sends no token."""
        if peer.token is None:
            return ("local", "owner") if peer.trusted else None
        found = self._backend.accounts.who(peer.token)
        return (found.name, found.role) if found else None

    async def _read(self, work: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._backend.reader.submit(work))

    # --- auth ----------------------------------------------------------------------------------

    async def _auth_state(self, _params: schema.Params, _peer: Peer) -> Reply:
        return Reply({"claimed": self._backend.accounts.claimed})

    async def _auth_claim(self, params: schema.Claim, _peer: Peer) -> Reply:
        claim = self._backend.accounts.claim
        return await self._signed_in(lambda: claim(params.code, params.name, params.password))

    async def _auth_sign_in(self, params: schema.SignIn, _peer: Peer) -> Reply:
        sign_in = self._backend.accounts.sign_in
        return await self._signed_in(lambda: sign_in(params.name, params.password))

    async def _signed_in(self, check: Callable[[], SessionLike]) -> Reply:
        if self._password_checks >= _MOST_PASSWORD_CHECKS:
            raise Refusal(Code.REFUSED, "too many sign-ins at once: try again")
        self._password_checks += 1
        try:
            session = await self._read(check)
        finally:
            self._password_checks -= 1
        person = session.identity
        return Reply({"token": session.token, "role": person.role, "name": person.name})

    async def _auth_sign_out(self, _params: schema.Params, peer: Peer) -> Reply:
        token = peer.token
        if token is not None:
            await self._read(lambda: self._backend.accounts.sign_out(token))
        return Reply({})

    async def _auth_whoami(self, _params: schema.Params, peer: Peer) -> Reply:
        name, role = self._person(peer) or ("", "")
        return Reply({"name": name, "role": role})

    # --- status --------------------------------------------------------------------------------

    async def _status_get(self, _params: schema.Params, _peer: Peer) -> Reply:
        return Reply(self._backend.status.snapshot)

    async def _health_get(self, _params: schema.Params, _peer: Peer) -> Reply:
        return Reply(self._backend.health())

    async def _box_show(self, _params: schema.Params, _peer: Peer) -> Reply:
        return Reply(self._backend.box())

    async def _status_changes(self, params: schema.StatusChanges, _peer: Peer) -> Reply:
        return Reply(await self._backend.status.newer(params.since, params.wait_s))

    # --- history -------------------------------------------------------------------------------

    async def _calls_list(self, params: schema.CallsList, _peer: Peer) -> Reply:
        listed = self._backend.history.list_calls
        return Reply(
            await self._read(lambda: listed(params.day, params.before, params.limit, params.story))
        )

    async def _calls_get(self, params: schema.CallsGet, _peer: Peer) -> Reply:
        call = await self._read(lambda: self._backend.history.get_call(params.call_id))
        return Reply(_found(call, "call", params.call_id))

    async def _calls_secret_digits(self, params: schema.SecretDigits, _peer: Peer) -> Reply:
        if not self._backend.ask_secret(params.call_id, params.on):
            raise Refusal(Code.NOT_FOUND, f"there is no call '{params.call_id}' now")
        return Reply({})

    async def _messages_list(self, params: Page, _peer: Peer) -> Reply:
        listed = self._backend.history.list_messages
        return Reply(await self._read(lambda: listed(params.before, params.limit)))

    async def _messages_mark(self, params: schema.MessagesMark, _peer: Peer) -> Reply:
        recording_id = params.recording_id
        message = await self._read(lambda: self._backend.history.get_message(recording_id))
        _found(message, "message", recording_id)
        await asyncio.wrap_future(self._backend.mark_message(recording_id, params.heard))
        return Reply({})

    async def _recordings_open(self, params: schema.RecordingsOpen, _peer: Peer) -> Reply:
        recording_id = params.recording_id

        def work() -> tuple[dict[str, Any], int]:
            found = self._backend.history.get_recording(recording_id)
            return self._backend.open_recording(_found(found, "recording", recording_id))

        info, fd = await self._read(work)
        return Reply(info, fd)

    # --- line doctor ---------------------------------------------------------------------------

    async def _line_doctor_list(self, _params: schema.Params, _peer: Peer) -> Reply:
        return Reply(self._backend.line_doctor.lines())

    async def _line_doctor_show(self, params: schema.ProposalId, _peer: Peer) -> Reply:
        return Reply(self._proposal(params.proposal_id))

    async def _line_doctor_apply(self, params: schema.ProposalId, peer: Peer) -> Reply:
        name, _role = self._person(peer) or ("", "")
        importing = partial(self._backend.configs.import_text, by=name, how="line doctor")
        applied = await self._backend.line_doctor.apply(params.proposal_id, importing)
        if applied is None:
            raise Refusal(Code.NOT_FOUND, f"there is no proposal '{params.proposal_id}'")
        return Reply({"generation": applied[0], "changes": applied[1]})

    async def _line_doctor_dismiss(self, params: schema.ProposalId, _peer: Peer) -> Reply:
        if not self._backend.line_doctor.dismiss(params.proposal_id):
            raise Refusal(Code.NOT_FOUND, f"there is no proposal '{params.proposal_id}'")
        return Reply({})

    async def _line_doctor_clip(self, params: schema.ProposalId, _peer: Peer) -> Reply:
        proposal_id = params.proposal_id
        self._proposal(proposal_id)
        opened = self._backend.line_doctor.open_clip
        info, fd = await self._read(lambda: opened(proposal_id))
        return Reply(info, fd)

    def _proposal(self, proposal_id: str) -> dict[str, Any]:
        return _found(self._backend.line_doctor.show(proposal_id), "proposal", proposal_id)


def _with_file(work: BackupHandler) -> Handler:
    async def handle(params: Any, _peer: Peer) -> Reply:
        return Reply(*await work(params))

    return handle


def _found(value: dict[str, Any] | None, what: str, name: str) -> dict[str, Any]:
    if value is None:
        raise Refusal(Code.NOT_FOUND, f"there is no {what} '{name}'")
    return value
