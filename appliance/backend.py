"""Behind the control socket: gives its methods the parts of the daemon that they need."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.backup_desk import BackupDesk
from appliance.config_desk import ConfigDesk
from appliance.control.line_methods import LinecardsLike
from appliance.control.methods import ControlBackend, Methods
from appliance.control.server import ControlServer
from appliance.control.status import StatusBoard
from appliance.core.events import Event
from appliance.doctor_desk import DoctorDesk
from appliance.interfaces import Clock, LineDriver, Worker
from appliance.line_facts import line_details
from appliance.network_desk import NetworkDesk
from appliance.storage.accounts import Accounts
from appliance.storage.config_store import ConfigStore
from appliance.storage.history import History
from appliance.storage.history_queries import HistoryReader
from appliance.storage.history_text_queries import TextReader
from appliance.storage.recordings import open_recording
from appliance.storage.state_folder import StateFolder
from appliance.text_desk import TextDesk
from appliance.update_desk import UpdateDesk
from appliance.welcome import Welcome


@dataclass(frozen=True, slots=True)
class BackendNeeds:
    """The parts of the daemon that can be asked for."""

    folder: StateFolder
    clock: Clock
    config: ConfigStore
    history: History
    history_reader: HistoryReader
    reader: Worker
    configs: ConfigDesk
    ask_secret: Callable[[str, bool], bool]
    doctor: DoctorDesk
    health: Callable[[], dict[str, Any]]
    texts: TextDesk
    text_reader: TextReader
    lines: Callable[[], Mapping[str, LineDriver]]
    place_call: Callable[[str, str], bool]
    outgoing_rules: Callable[[], dict[str, Any]]
    linecards: LinecardsLike
    restart: Callable[[], None]
    post: Callable[[Event], None]
    box: Callable[[], dict[str, Any]]


class Backend:
    """The open door. Make it with `open_backend`."""

    def __init__(self, needs: BackendNeeds, accounts: Accounts, claim_code: str) -> None:
        self._needs = needs
        self._accounts = accounts
        self._welcome = Welcome(accounts, claim_code, needs.post)
        self.board = StatusBoard(first_revision=int(needs.clock.utc()))
        self._backups = BackupDesk(needs.folder.path, needs.clock, self._shop, needs.restart)
        control = ControlBackend(
            status=self.board,
            accounts=accounts,
            history=needs.history_reader,
            reader=needs.reader,
            mark_message=needs.history.mark_message,
            open_recording=lambda found: open_recording(needs.folder.recordings, found),
            configs=needs.configs,
            ask_secret=needs.ask_secret,
            health=needs.health,
            box=needs.box,
            line_doctor=needs.doctor,
            texts=needs.texts,
            texts_kept=needs.text_reader,
            line_details=self._line_details,
            place_call=needs.place_call,
            outgoing_rules=needs.outgoing_rules,
            linecards=needs.linecards,
            backups=self._backups,
            network=NetworkDesk(needs.folder.path, needs.clock),
            updates=UpdateDesk(needs.folder.path),
        )
        self.server = ControlServer(needs.folder.control_socket, Methods(control))

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the accounts, for the owner."""
        return self._accounts.problems

    def publish(self, snapshot: Mapping[str, Any]) -> None:
        """Show a new status snapshot to everybody who waits for one."""
        self.board.publish(snapshot)
        self._welcome.look()

    async def close(self) -> None:
        await self.server.stop()
        await self._backups.close()

    def _shop(self) -> str:
        return self._needs.config.current.settings.shop.name

    def _line_details(self, line: str) -> Mapping[str, Any] | None:
        driver = self._needs.lines().get(line)
        if driver is not None:
            return line_details(driver.health)
        known = any(one.name == line for one in self._needs.config.current.settings.lines)
        return {"counters": {}} if known else None


async def open_backend(needs: BackendNeeds) -> Backend:
    """Open the control socket. Raises StorageError when accounts can't be read, OSError."""

    def open_accounts() -> tuple[Accounts, str]:
        accounts = Accounts(needs.folder.path, needs.clock)
        return accounts, accounts.claim_code()  # made now, so that it can be read off the box

    accounts, code = await asyncio.wrap_future(needs.reader.submit(open_accounts))
    backend = Backend(needs, accounts, code)
    await backend.server.start()
    return backend
