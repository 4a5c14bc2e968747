"""The whole emulated telephone network: lines with modems, HATs with phones, and who calls."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from appliance.errors import LineFault, LinkError, SimulatorError
from appliance.loop import VirtualLoop
from appliance.simulator.caller import CalledLine, Caller, CallScript, Moment
from appliance.simulator.cellular.line import CellularConfig, SimulatedCellular
from appliance.simulator.exchange import ExchangeLine
from appliance.simulator.far_end import Directory, FarEndConfig
from appliance.simulator.gpio_board import GpioLineConfig
from appliance.simulator.gpio_devices import GpioDevices
from appliance.simulator.hat import Hat, HatConfig
from appliance.simulator.hat_line import HatLine, HatLineConfig
from appliance.simulator.line_habits import LineHabits
from appliance.simulator.modem_state import Faults
from appliance.simulator.phones import Phone, PhoneConfig
from appliance.simulator.pipes import HostPipe, PtyPort, SocketPort
from appliance.simulator.profiles import PROFILES
from appliance.simulator.sound_card import SoundCards
from appliance.simulator.sound_handset import SoundHandsetConfig
from appliance.simulator.voice_modem import VoiceModem


@dataclass(frozen=True, slots=True)
class LineConfig:
    """One line and the modem on it. ``path``: the symbolic link to its pty.

    ``ppm``: how fast the modem's clock runs. ``echo_db``: return loss of its hybrid; None: no echo.
    ``digit_form``: shielded, bare or none; None = as the profile has it.
    """

    name: str
    path: Path
    profile: str = "usr5637"
    ppm: float = 0.0
    echo_db: float | None = 12.0
    digit_form: str | None = None
    caller_id: str = "plain"
    splits: bool = True
    habits: LineHabits = field(default_factory=LineHabits)
    faults: Faults = field(default_factory=Faults)


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """What there is. ``seed`` makes every random choice repeatable.

    ``far_ends``: who answers where; the first that fits, any other number is unobtainable.
    ``hat_lines``: exchange lines on FXO sockets; a HAT has the sockets that they name.
    """

    lines: tuple[LineConfig, ...] = ()
    hats: tuple[HatConfig, ...] = ()
    phones: tuple[PhoneConfig, ...] = ()
    hat_lines: tuple[HatLineConfig, ...] = ()
    cellular: tuple[CellularConfig, ...] = ()
    gpio_lines: tuple[GpioLineConfig, ...] = ()
    sound_handsets: tuple[SoundHandsetConfig, ...] = ()
    far_ends: tuple[FarEndConfig, ...] = ()
    seed: int = 1


def default_config(state: Path) -> NetworkConfig:
    """One landline and a HAT with handsets 11, 12 and 13, under ``state``/devices."""
    devices = state / "devices"
    return NetworkConfig(
        lines=(LineConfig("landline", devices / "line0"),),
        hats=(HatConfig("hat0", devices / "hat0"),),
        phones=tuple(PhoneConfig(str(10 + socket), "hat0", socket) for socket in (1, 2, 3)),
    )


class SimulatedLine:
    """One line: the exchange's end, the modem, and the port it hangs on."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        config: LineConfig,
        seed: int,
        utc: Callable[[], float],
        *,
        virtual: bool,
        directory: Directory,
    ) -> None:
        if config.profile not in PROFILES:
            raise SimulatorError(
                f"line {config.name}: profile {config.profile!r}; use {', '.join(PROFILES)}"
            )
        rng = random.Random(f"{seed} {config.name}")
        self.config = config
        self.port = SocketPort(loop) if virtual else PtyPort(loop, config.path)
        self.exchange = ExchangeLine(
            loop, config.name, config.habits, rng, utc, directory=directory
        )
        self.modem = VoiceModem(
            loop,
            self.port,
            PROFILES[config.profile],
            self.exchange,
            rng,
            ppm=config.ppm,
            faults=config.faults,
            echo_db=config.echo_db,
            digit_form=config.digit_form,
            caller_id_variant=config.caller_id,
            splits=config.splits,
        )
        self.exchange.attach(self.modem)
        self.plugged_in = False

    def plug_in(self) -> None:
        """Appear, on a new pty each time. Idempotent."""
        if not self.plugged_in:
            self.modem.plug_in()
            self.plugged_in = True

    def unplug(self) -> None:
        """Vanish, name and all: the pty's number may be somebody's terminal next. Idempotent."""
        if self.plugged_in:
            self.plugged_in = False
            if isinstance(self.port, PtyPort):
                self.port.remove_link()
            self.modem.unplug()

    def stop(self) -> None:
        self.unplug()
        self.exchange.stop()
        if isinstance(self.port, PtyPort):
            self.port.remove_link()


class SimulatedNetwork:
    """Start it, call into it, stop it. In a VirtualLoop it needs no ptys: see ``open_pipe``.

    ``utc``: seconds since 1970, for caller ID; by default the loop's clock or the machine's.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        config: NetworkConfig,
        utc: Callable[[], float] | None = None,
    ) -> None:
        self.config = config
        self.virtual = isinstance(loop, VirtualLoop)
        if utc is None:
            utc = loop.clock.utc if isinstance(loop, VirtualLoop) else time.time
        self._loop = loop
        self.directory = Directory(loop, config.far_ends)
        self.lines = {
            line.name: SimulatedLine(
                loop, line, config.seed, utc, virtual=self.virtual, directory=self.directory
            )
            for line in config.lines
        }
        self.sound_cards = SoundCards()
        self.cellular = {
            each.name: SimulatedCellular(
                loop,
                each,
                seed=config.seed,
                utc=utc,
                virtual=self.virtual,
                directory=self.directory,
                cards=self.sound_cards,
            )
            for each in config.cellular
        }
        self.hats = {
            hat.name: Hat(loop, _with_sockets(hat, config.hat_lines), lockstep=self.virtual)
            for hat in config.hats
        }
        self.hat_lines: dict[str, HatLine] = {}
        for on_hat in config.hat_lines:
            if on_hat.hat not in self.hats:
                raise SimulatorError(f"line {on_hat.name}: there is no HAT {on_hat.hat!r}")
            rng = random.Random(f"{config.seed} {on_hat.name}")
            exchange = ExchangeLine(
                loop, on_hat.name, on_hat.habits, rng, utc, directory=self.directory
            )
            self.hat_lines[on_hat.name] = HatLine(loop, on_hat, self.hats[on_hat.hat], exchange)
        self.phones: dict[str, Phone] = {}
        for phone in config.phones:
            if phone.hat not in self.hats:
                raise SimulatorError(f"phone {phone.extension}: there is no HAT {phone.hat!r}")
            self.phones[phone.extension] = Phone(loop, self.hats[phone.hat], phone)
        self.gpio = GpioDevices(
            loop,
            config.gpio_lines,
            config.sound_handsets,
            config.seed,
            utc,
            directory=self.directory,
            cards=self.sound_cards,
        )
        self.phones |= self.gpio.phones
        self._calls: list[Caller] = []

    def start(self) -> None:
        """Plug everything in. Raises SimulatorError; nothing is left running then."""
        try:
            for hat in self.hats.values():
                hat.start()
            for phone in self.phones.values():
                phone.start()
            for line in self.lines.values():
                line.plug_in()
            for mobile in self.cellular.values():
                mobile.start()
        except SimulatorError:
            self.stop()
            raise

    def stop(self) -> None:
        """End every call and take everything away. Idempotent."""
        for caller in self._calls:
            caller.hang_up()
        self.directory.stop()
        for line in self.lines.values():
            line.stop()
        for mobile in self.cellular.values():
            mobile.stop()
        for phone in self.phones.values():
            phone.stop()
        for on_hat in self.hat_lines.values():
            on_hat.stop()
        for hat in self.hats.values():
            hat.stop()
        self.gpio.stop()

    def open_pipe(self, path: str) -> HostPipe:
        """An ``interfaces.PipeOpener`` for virtual time. Raises LineFault or LinkError."""
        for line in self.lines.values():
            if str(line.config.path) == path and isinstance(line.port, SocketPort):
                try:
                    return line.port.connect()
                except SimulatorError as error:
                    raise LineFault(f"{path}: {error}") from error
        for mobile in self.cellular.values():
            if path in mobile.paths():
                try:
                    return mobile.connect(path)
                except SimulatorError as error:
                    raise LineFault(f"{path}: {error}") from error
        for hat in self.hats.values():
            if str(hat.config.path) == path:
                try:
                    return hat.connect()
                except SimulatorError as error:
                    raise LinkError(f"{path}: {error}") from error
        raise LineFault(f"{path}: no such device")

    def call(
        self, line: str, script: CallScript, on_moment: Callable[[Moment], None] | None = None
    ) -> Caller:
        """Somebody calls ``line`` now. Raises SimulatorError when there is no such line."""
        self._calls = [caller for caller in self._calls if not caller.done.done()]
        end = self._far_side(line)
        caller = Caller(self._loop, end, script, on_moment)
        self._calls.append(caller)
        caller.start()
        return caller

    def _far_side(self, line: str) -> CalledLine:
        """The network's end of a line, whatever hangs on it."""
        if line in self.cellular:
            return self.cellular[line].calls
        return self.exchange(line)

    def exchange(self, line: str) -> ExchangeLine:
        """The exchange's end of a line on two wires. Raises SimulatorError."""
        if line in self.hat_lines:
            return self.hat_lines[line].exchange
        return self.gpio.exchange(line) or self.line(line).exchange

    def line(self, name: str) -> SimulatedLine:
        """Raises SimulatorError, naming the lines there are."""
        if name not in self.lines:
            there = ", ".join((*self.lines, *self.cellular, *self.hat_lines)) or "none"
            raise SimulatorError(f"no line {name!r}; there are: {there}")
        return self.lines[name]

    def mobile(self, name: str) -> SimulatedCellular:
        """Raises SimulatorError, naming the mobile lines there are."""
        if name not in self.cellular:
            there = ", ".join(self.cellular) or "none"
            raise SimulatorError(f"no mobile line {name!r}; there are: {there}")
        return self.cellular[name]

    def phone(self, extension: str) -> Phone:
        """Raises SimulatorError, naming the extensions there are."""
        if extension not in self.phones:
            there = ", ".join(self.phones) or "none"
            raise SimulatorError(f"no phone {extension!r}; there are: {there}")
        return self.phones[extension]

    def state(self) -> dict[str, object]:
        """Everything as it is now, for people and for JSON."""
        return {
            "dialled": [call.state() for call in self.directory.calls[-20:]],
            "lines": [
                {
                    "name": line.config.name,
                    "path": str(line.config.path),
                    "profile": line.config.profile,
                    "plugged_in": line.plugged_in,
                    "exchange": line.exchange.state.name.lower(),
                    "modem": line.modem.state.name.lower(),
                    "stats": asdict(line.modem.stats),
                    "last_commands": line.modem.transcript[-10:],
                }
                for line in self.lines.values()
            ],
            "cellular": [mobile.state() for mobile in self.cellular.values()],
            "hat_lines": [line.state() for line in self.hat_lines.values()],
            "hats": [
                {
                    "name": hat.config.name,
                    "path": str(hat.config.path),
                    "running": hat.running,
                    "linked": hat.linked,
                }
                for hat in self.hats.values()
            ],
            "phones": [
                {
                    "extension": phone.config.extension,
                    "hat": phone.config.hat,
                    "socket": phone.config.socket,
                    "off_hook": phone.off_hook,
                    "ringing": phone.ringing,
                    "answer_after_s": phone.habits.answer_after_s,
                }
                for phone in self.phones.values()
            ],
        }


def _with_sockets(hat: HatConfig, lines: tuple[HatLineConfig, ...]) -> HatConfig:
    """With the FXO sockets that lines are plugged into."""
    named = {line.socket for line in lines if line.hat == hat.name}
    return replace(hat, fxo=tuple(sorted({*hat.fxo, *named})))
