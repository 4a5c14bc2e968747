"""One examination: everything that is plugged in or configured, a finding each."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from appliance.box.reading import Ask, Look
from appliance.box.readings import read_box
from appliance.doctor import lines_checked, machine_scan
from appliance.doctor.daemon_view import DaemonView, daemon_finding
from appliance.doctor.findings import Finding, Verdict
from appliance.doctor.hat_probe import probe_hat
from appliance.doctor.lines_checked import PortCheck
from appliance.doctor.machine_scan import GpioReader, read_gpio_chip
from appliance.doctor.parts_checked import linecard_finding, sound_card_findings, station_findings
from appliance.doctor.port_probe import Probe, probe_port
from appliance.doctor.proposals import propose_line, proposed_name
from appliance.doctor.usb_scan import UsbDevice, usb_devices
from appliance.errors import LinkError
from appliance.interfaces import PipeOpener
from appliance.linecard.messages import HelloReply
from appliance.port_holders import PROC, port_holders
from appliance.settings import (
    LinecardSettings,
    LineSettings,
    Settings,
    StationSettings,
    resolve_port,
)

MOST_PORTS_AT_ONCE = 16
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an examination looks at; a test gives its own. ``root``: of the file system.

    ``sound_cards``: what `counterbell sound-cards --json` prints, or the reason why not. ``ask``:
    False opens no port. ``more_ports``: ports to ask besides those found. ``problems``: of the
    configuration. ``ask_system``: runs what tells of services, clock and log (box.reading.Ask).
    """

    state: Path
    settings: Settings
    daemon: DaemonView
    open_modem: PipeOpener
    open_linecard: PipeOpener
    sound_cards: Callable[[], Mapping[str, Any] | str]
    root: Path = Path("/")
    proc: Path = PROC
    read_gpio: GpioReader = read_gpio_chip
    ask: bool = True
    more_ports: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    ask_system: Ask = lambda _words: None


async def examine(around: Surroundings, progress: Progress) -> list[Finding]:
    """Every finding. Opens what nobody holds, all at once, for at most five seconds each."""
    devices = usb_devices(around.root)
    configured = _configured(around)
    asking = _Asking(around, progress)
    probed, greeted = await asking.ask(_to_ask(around, devices, configured))
    cards = around.sound_cards()
    asking.step("sound cards")
    return [
        daemon_finding(around.daemon, around.state),
        *(_config_finding(problem) for problem in around.problems),
        *_line_findings(around, devices, probed),
        *_modem_findings(around, devices, configured, probed),
        *machine_scan.hat_findings(around.root),
        *(
            linecard_finding(card, around.daemon, greeted.get(card.name))
            for card in around.settings.linecards
        ),
        *station_findings(around.settings, around.daemon),
        *sound_card_findings(around.settings, around.daemon, cards),
        *machine_scan.gpio_findings(
            _pins(around.settings), around.root, around.read_gpio, around.daemon.is_up is True
        ),
        *machine_scan.storage_findings(around.state, _storage_problem(around.daemon)),
        *machine_scan.power_findings(around.root),
        *await asyncio.to_thread(_box_findings, around),
    ]


def _box_findings(around: Surroundings) -> list[Finding]:
    """The machine itself."""
    look = Look(around.state, around.root, around.ask_system, time.time(), time.monotonic())
    return [
        Finding(
            one.kind, one.name, one.what, Verdict(one.verdict), one.reason, one.next_step, one.facts
        )
        for one in read_box(look)
    ]


class _Asking:
    """Asks every port and every HAT at the same time, and says how far it is."""

    def __init__(self, around: Surroundings, progress: Progress) -> None:
        self._around = around
        self._progress = progress
        self._gate = asyncio.Semaphore(MOST_PORTS_AT_ONCE)
        # the HATs of a running daemon are its own
        silent = around.daemon.is_up or not around.ask
        self._hats = () if silent else around.settings.linecards
        self._done, self._total = 0, 0

    async def ask(
        self, ports: list[str]
    ) -> tuple[dict[str, PortCheck], dict[str, HelloReply | str | None]]:
        """What came of each port, by its path; of each HAT, by its name."""
        self._total = len(ports) + len(self._hats) + 1
        checks, greetings = await asyncio.gather(
            asyncio.gather(*(self._port(path) for path in ports)),
            asyncio.gather(*(self._hat(card) for card in self._hats)),
        )
        names = (card.name for card in self._hats)
        return dict(zip(ports, checks, strict=True)), dict(zip(names, greetings, strict=True))

    def step(self, what: str) -> None:
        self._done += 1
        self._progress(self._done, self._total, what)

    async def _port(self, path: str) -> PortCheck:
        async with self._gate:
            others = _others(self._around, path)
            probe = Probe(path)
            if not others:
                loop = asyncio.get_running_loop()
                probe = await probe_port(loop, path, self._around.open_modem)
        self.step(path)
        return PortCheck(probe, others)

    async def _hat(self, card: LinecardSettings) -> HelloReply | str | None:
        path = resolve_port(self._around.state, card.port)
        try:
            loop = asyncio.get_running_loop()
            return await probe_hat(loop, path, self._around.open_linecard)
        except LinkError as error:
            return str(error)
        finally:
            self.step(path)


def _config_finding(problem: str) -> Finding:
    step = "mend the configuration: 'counterbell config check FILE' names every place"
    return Finding("daemon", "configuration", "", Verdict.TROUBLE, problem, step)


def _storage_problem(daemon: DaemonView) -> str:
    return str(daemon.status.get("storage", {}).get("problem", ""))


def _configured(around: Surroundings) -> dict[str, str]:
    """The device behind each configured line's ports to the line's name."""
    found = {}
    for line in around.settings.lines:
        for port in (line.port, line.audio_port):
            if port:
                found[real_port(around, resolve_port(around.state, port))] = line.name
    return found


def real_port(around: Surroundings, path: str) -> str:
    """The device that ``path`` leads to, as a path outside of ``root``."""
    inside = around.root / path.lstrip("/")
    real = os.path.realpath(inside if around.root != Path("/") else path)
    prefix = str(around.root).rstrip("/")
    return real.removeprefix(prefix) if prefix and real.startswith(f"{prefix}/") else real


def _to_ask(
    around: Surroundings, devices: Iterable[UsbDevice], configured: Mapping[str, str]
) -> list[str]:
    """The ports to ask, each once: of lines while no daemon runs, and of modems without a line."""
    if not around.ask:
        return []
    paths: dict[str, str] = {}
    if not around.daemon.is_up:
        for line in around.settings.lines:
            if line.port:
                path = resolve_port(around.state, line.port)
                paths.setdefault(real_port(around, path), path)
    for device in devices:
        if any(f"/dev/{port.tty}" in configured for port in device.ports):
            continue  # it is a line already
        for port in device.at_ports:
            paths.setdefault(f"/dev/{port.tty}", port.path)
    for path in around.more_ports:
        if real_port(around, path) not in configured:
            paths.setdefault(real_port(around, path), path)
    return list(paths.values())


def _others(around: Surroundings, path: str) -> tuple[str, ...]:
    """Programs that have the port open, as far as this user may see: then it is left alone.

    A pseudo-terminal's other end belongs to somebody by its nature: there the lock decides.
    """
    real = real_port(around, path)
    if real.startswith("/dev/pts/"):
        return ()
    holders = port_holders(str(around.root / real.lstrip("/")), around.proc)
    return tuple(str(one) for one in holders if one.pid != os.getpid())


def _line_findings(
    around: Surroundings, devices: tuple[UsbDevice, ...], probed: Mapping[str, PortCheck]
) -> list[Finding]:
    found = []
    for line in around.settings.lines:
        real = real_port(around, resolve_port(around.state, line.port)) if line.port else ""
        device = next((d for d in devices if any(f"/dev/{p.tty}" == real for p in d.ports)), None)
        check = probed.get(resolve_port(around.state, line.port)) if line.port else None
        found.append(lines_checked.line_finding(line, around.daemon, device, check))
    return found


def _modem_findings(
    around: Surroundings,
    devices: tuple[UsbDevice, ...],
    configured: Mapping[str, str],
    probed: Mapping[str, PortCheck],
) -> list[Finding]:
    found: list[Finding] = []
    taken: list[str] = []

    def keep(path: str, check: PortCheck | None, device: UsbDevice | None) -> None:
        modem = check.probe.modem if check is not None else None
        toml = propose_line(path, modem, device, around.settings, taken) if modem else ""
        if toml:
            taken.append(proposed_name(toml))
        found.append(lines_checked.modem_finding(path, device, check, toml))

    seen: set[str] = set()
    for device in devices:
        seen.update(port.path for port in device.ports)
        if any(f"/dev/{port.tty}" in configured for port in device.ports):
            continue
        if device.known is None and not device.is_generic_modem:
            continue
        checks = [probed[port.path] for port in device.at_ports if port.path in probed]
        best = next((c for c in checks if c.probe.modem is not None), checks[0] if checks else None)
        first = device.at_ports[0].path if device.at_ports else device.ports[0].path
        keep(best.probe.path if best is not None else first, best, device)
    lines = {resolve_port(around.state, line.port) for line in around.settings.lines if line.port}
    for path in around.more_ports:
        if path in probed and path not in seen | lines:
            keep(path, probed[path], None)
    return found


def _pins(settings: Settings) -> dict[int, str]:
    """Every GPIO of the configuration to what it is for."""
    pins: dict[int, str] = {}
    if settings.box.lamp_gpio is not None:
        pins[settings.box.lamp_gpio] = "status lamp"
    owners: list[tuple[LineSettings | StationSettings, str]] = [
        *((line, line.name) for line in settings.lines),
        *((station, station.extension) for station in settings.stations),
    ]
    for owner, name in owners:
        for key in (one.name for one in fields(owner)):
            value = getattr(owner, key)
            if key.endswith("_gpio") and value is not None:
                pins[value] = f"{name} {key.removesuffix('_gpio').replace('_', ' ')}"
            elif key in ("keypad_rows", "keypad_columns"):
                pins.update({number: f"{name} keypad" for number in value})
    return pins
