"""One mobile line of the emulated network: a modem with its SIM, ports, power key and supply."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from appliance.errors import SimulatorError
from appliance.simulator.cellular.attachment import Attachment, NetworkHabits
from appliance.simulator.cellular.calls import Calls
from appliance.simulator.cellular.faults import WEDGES, CellularFaults, draw_faults
from appliance.simulator.cellular.modem import CellularModem
from appliance.simulator.cellular.power import PowerKey, ResetLine
from appliance.simulator.cellular.profiles import PROFILES, CellularProfile
from appliance.simulator.cellular.sim_card import Sim, SimConfig
from appliance.simulator.cellular.sms_pdu import Text
from appliance.simulator.cellular.sound import CallSound
from appliance.simulator.cellular.ussd import DEFAULT_CODES, FORMS, UssdAnswer
from appliance.simulator.far_end import Directory
from appliance.simulator.pipes import HostPipe, PtyPort, SocketPort
from appliance.simulator.sound_card import SoundCards


@dataclass(frozen=True, slots=True)
class CellularConfig:
    """One mobile line. ``path``: the symbolic link to its command port.

    ``audio``: "" for the model's usual way. ``audio_path``: the link to its serial PCM port;
    ``chunk_bytes``: how it sends there (0: any size). ``sound_card``: the stable name of the card
    that carries its speech, of usb_sound and sound_card. ``ppm``: how fast its clock runs.
    ``ussd``: code → answer, besides the simulator's own. ``random_faults``: other ones each call.
    ``starts_by_itself``: it runs as soon as it is fed; else its power key must be pressed.
    ``cold_start``: it is not yet running when the simulation begins.
    """

    name: str
    path: Path
    profile: str = "ec25"
    audio: str = ""
    audio_path: Path | None = None
    sound_card: str = ""
    ppm: float = 0.0
    chunk_bytes: int = 640
    splits: bool = True
    ussd_form: str = ""
    ussd: dict[str, str] = field(default_factory=dict)
    random_faults: bool = False
    starts_by_itself: bool = True
    cold_start: bool = False
    sim: SimConfig = field(default_factory=SimConfig)
    network: NetworkHabits = field(default_factory=NetworkHabits)
    faults: CellularFaults = field(default_factory=CellularFaults)


def check_faults(faults: CellularFaults) -> None:
    """Raises SimulatorError for what is none."""
    if faults.wedged not in WEDGES:
        raise SimulatorError(f"wedged = {faults.wedged!r}; use {', '.join(WEDGES[1:])}")
    if faults.stuck_call not in ("", "hang_up", "reset"):
        raise SimulatorError(f"stuck_call = {faults.stuck_call!r}; use hang_up or reset")
    if faults.second_call not in ("", "choppy", "dead"):
        raise SimulatorError(f"second_call = {faults.second_call!r}; use choppy or dead")


class SimulatedCellular:
    """Built like ``network.SimulatedLine``: plug in, unplug, call into, look at."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        config: CellularConfig,
        *,
        seed: int,
        utc: Callable[[], float],
        virtual: bool,
        directory: Directory,
        cards: SoundCards,
    ) -> None:
        profile = _profile_of(config)
        rng = random.Random(f"{seed} {config.name}")
        self.config = config
        self.path = config.path
        self.audio = config.audio or profile.audio[0]
        self.port = _port(loop, config.path, virtual)
        self.audio_port = _audio_port(loop, config, self.audio, virtual)
        self.sim = Sim(config.sim)
        self.attachment = Attachment(loop, config.network, rng, utc)
        self.calls = Calls(
            loop, rng, directory, config.network.country, profile.connected_at_ringback
        )
        self.calls.first_index = 2 if config.network.data_call else 1
        self.sound = CallSound(
            loop,
            self.calls,
            rng,
            self.audio_port,
            ppm=config.ppm,
            chunk_bytes=config.chunk_bytes,
        )
        self.modem = CellularModem(
            loop,
            self.port,
            profile,
            self.sim,
            attachment=self.attachment,
            calls=self.calls,
            sound=self.sound,
            rng=rng,
            utc=utc,
            audio=self.audio,
            codes=DEFAULT_CODES | {code: UssdAnswer(text) for code, text in config.ussd.items()},
            ussd_form=config.ussd_form,
            splits=config.splits,
        )
        self.modem.misbehave(config.faults)
        self.power_key = PowerKey(self.modem, self._key_helps)
        self.reset_line = ResetLine(self.modem, self._key_helps)
        self._card = None
        if config.sound_card and self.audio != "serial_pcm":
            self._card = cards.add(config.sound_card, self.sound, config.ppm)
            if self.audio == "usb_sound":  # the card comes and goes with the modem
                self.modem.on_ports = self._card_follows
        self._is_fed = False
        self._is_connected = False  # its USB lead
        self._rng = rng
        if config.random_faults:
            self.calls.before_call = self._draw

    def _key_helps(self) -> bool:
        return self._is_fed and self.modem.unit.faults.wedged != "supply"

    def _draw(self) -> None:
        self.modem.misbehave(draw_faults(self._rng))

    def _card_follows(self, is_here: bool) -> None:
        if self._card is not None:
            self._card.plug_in() if is_here else self._card.unplug()

    # Leads and power

    @property
    def plugged_in(self) -> bool:
        """Whether its command port is there."""
        return self.modem.has_port

    def start(self) -> None:
        """When the simulation begins. Raises SimulatorError when a port cannot be made."""
        self._is_connected = self._is_fed = True
        if not self.config.cold_start:
            self.modem.switch_on(at_once=True)
        elif self.config.starts_by_itself:
            self.modem.switch_on()

    def plug_in(self, path: Path | None = None) -> None:
        """The lead is back, perhaps under another name; it boots if it had no power. Idempotent."""
        if path is not None and path != self.path:
            self.path = path
            if isinstance(self.port, PtyPort):
                self.port.path = path
        if self._is_connected:
            return
        self._is_connected = True
        self.modem.replug()
        self.set_supply(True)

    def unplug(self, keeps_power: bool = False) -> None:
        """The USB lead is pulled, and its power with it unless it has its own. Idempotent."""
        if not self._is_connected:
            return
        self._is_connected = False
        if not keeps_power:
            self.set_supply(False)
        self.modem.unplug()
        self._remove_links()

    def set_supply(self, on: bool) -> None:
        """The switchable supply."""
        if on == self._is_fed:
            return
        self._is_fed = on
        if not on:
            self.modem.switch_off()
        elif self.config.starts_by_itself:
            self.modem.switch_on()

    def stop(self) -> None:
        """The simulation ends. Idempotent."""
        self.unplug()
        self._remove_links()

    def _remove_links(self) -> None:
        for port in (self.port, self.audio_port):
            if isinstance(port, PtyPort):
                port.remove_link()

    # The host in virtual time

    def paths(self) -> tuple[str, ...]:
        audio = self.config.audio_path
        return (str(self.path), str(audio)) if audio is not None else (str(self.path),)

    def connect(self, path: str) -> HostPipe:
        """Open one of its ports as the host does. Raises SimulatorError when it is not there."""
        port = self.port if path == str(self.path) else self.audio_port
        if not isinstance(port, SocketPort):
            raise SimulatorError(f"{path} is a pty: open it by its name")
        if port is self.port:
            self.modem.reopened()
        return port.connect()

    # People and the network

    def send_text(
        self,
        sender: str,
        text: str,
        alphabet: str = "",
        order: tuple[int, ...] = (),
        repeats: tuple[int, ...] = (),
    ) -> int:
        """Somebody sends this line a message; how many parts. Raises SimulatorError."""
        return self.modem.texts.deliver(Text(sender, text, alphabet), order, repeats)

    def misbehave(self, faults: CellularFaults) -> None:
        """From now on. Raises SimulatorError for what is no fault."""
        check_faults(faults)
        self.modem.misbehave(faults)

    def state(self) -> dict[str, object]:
        """As it is now, for people and for JSON."""
        texts, attachment = self.modem.texts, self.attachment
        return {
            "name": self.config.name,
            "path": str(self.path),
            "profile": self.config.profile,
            "plugged_in": self.plugged_in,
            "power": self.modem.power.name.lower(),
            "registration": attachment.stat,
            "sim": self.sim.state or "absent",
            "audio": self.audio,
            "calls": [
                {"index": c.index, "stat": c.stat.name.lower(), "number": c.number}
                for c in self.calls.there
            ],
            "texts_kept": {m.name: m.used for m in texts.inbox.memories.values()},
            "texts_at_centre": len(texts.inbox.at_centre),
            "texts_sent": [
                {"number": sent.submit.number, "text": sent.submit.text}
                for sent in texts.sent[-10:]
            ],
            "restarts": self.modem.restarts,
            "sound": asdict(self.sound.stats),
            "last_commands": list(self.modem.transcript)[-10:],
        }


def _profile_of(config: CellularConfig) -> CellularProfile:
    where = f"line {config.name}"
    if config.profile not in PROFILES:
        raise SimulatorError(f"{where}: profile {config.profile!r}; use {', '.join(PROFILES)}")
    profile = PROFILES[config.profile]
    if config.audio and config.audio not in profile.audio:
        raise SimulatorError(f"{where}: audio {config.audio!r}; use {', '.join(profile.audio)}")
    if config.ussd_form not in ("", *FORMS):
        raise SimulatorError(f"{where}: ussd_form {config.ussd_form!r}; use {', '.join(FORMS)}")
    check_faults(config.faults)
    return profile


def _port(loop: asyncio.AbstractEventLoop, path: Path, virtual: bool) -> SocketPort | PtyPort:
    return SocketPort(loop) if virtual else PtyPort(loop, path)


def _audio_port(
    loop: asyncio.AbstractEventLoop, config: CellularConfig, audio: str, virtual: bool
) -> SocketPort | PtyPort | None:
    if audio != "serial_pcm":
        return None
    if config.audio_path is None:
        raise SimulatorError(f"line {config.name}: serial_pcm needs audio_path")
    return _port(loop, config.audio_path, virtual)
