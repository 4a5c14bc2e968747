"""A shop whose lines are mobile ones, each kind of modem by its name, in virtual time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.control.methods import Peer
from appliance.simulator.cellular.line import CellularConfig, SimulatedCellular
from appliance.simulator.cellular.power import Power
from appliance.simulator.far_end import FarEnd, FarEndConfig
from appliance.simulator.hat import HatConfig
from appliance.simulator.network import NetworkConfig, SimulatedNetwork
from appliance.simulator.phones import PhoneConfig
from appliance.simulator.pins import EmulatedPin
from tests.whole.shop import TOML, Shop

OpenMobile = Callable[..., "MobileShop"]
# What each modem is called here: its profile in the simulator, and the way of its sound.
KINDS = {
    "ec25": ("ec25", "usb_sound"),
    "ec25_pcm": ("ec25", "serial_pcm"),
    "sim7600": ("sim7600", "serial_pcm"),
    "a7670": ("a7670", "sound_card"),
    "a7672": ("a7672", "sound_card"),
    "sim800": ("sim800", "sound_card"),
}


@dataclass(frozen=True, slots=True)
class Mobile:
    """One mobile line. ``line``: TOML of its own. ``emulated``: of its CellularConfig."""

    kind: str = "ec25"
    name: str = "landline"
    line: str = ""
    emulated: dict[str, Any] = field(default_factory=dict)

    def toml(self) -> str:
        _, audio = KINDS[self.kind]
        where = (
            f'audio_port = "devices/{self.name}-pcm"'
            if audio == "serial_pcm"
            else f'sound_card = "{self.name}-card"'
        )
        card = "" if audio == "serial_pcm" else _CARD.format(name=self.name)
        return _LINE.format(name=self.name, audio=audio, where=where, more=self.line) + card

    def config(self, devices: Path) -> CellularConfig:
        profile, audio = KINDS[self.kind]
        is_serial = audio == "serial_pcm"
        return CellularConfig(
            self.name,
            devices / f"{self.name}-at",
            profile=profile,
            audio=audio,
            audio_path=devices / f"{self.name}-pcm" if is_serial else None,
            sound_card="" if is_serial else f"usb:{self.name}",
            **self.emulated,
        )


_LINE = """
[[line]]
name = "{name}"
driver = "cellular"
port = "devices/{name}-at"
audio = "{audio}"
{where}
answer = "menu:main"
{more}
"""
_CARD = """
[[sound_card]]
name = "{name}-card"
device = "usb:{name}"
"""
_LANDLINE = """[[line]]
name = "landline"
driver = "voice_modem"
port = "devices/line0"
answer = "menu:main"
"""
assert _LANDLINE in TOML
WITHOUT_LINES = TOML.replace(_LANDLINE, "").replace('country = "US"', 'country = "PH"')


class MobileShop(Shop):
    """``mobiles``: its lines. ``waits``: until the first is ready. ``before`` the daemon starts."""

    def __init__(
        self,
        state: Path,
        prompts: Path,
        *mobiles: Mobile,
        waits: bool = True,
        more: str = "",
        before: Callable[["MobileShop"], None] = lambda _shop: None,
    ) -> None:
        mobiles = mobiles or (Mobile(),)
        lines = "".join(mobile.toml() for mobile in mobiles)

        def phones(_shop: Shop) -> None:
            before(self)

        super().__init__(state, prompts, toml=WITHOUT_LINES, more=lines + more, phones=phones)
        devices = state / "devices"
        self.waits = waits
        self.network = SimulatedNetwork(
            self.loop,
            NetworkConfig(
                cellular=tuple(mobile.config(devices) for mobile in mobiles),
                hats=(HatConfig("hat0", devices / "hat0"),),
                phones=tuple(PhoneConfig(str(10 + n), "hat0", n) for n in (1, 2, 3)),
            ),
        )
        self.box = self.make_box()

    def start_box(self) -> None:
        if self.waits:
            super().start_box()
            return
        self.run(self.box.start(lambda _line: None))
        self.is_up = True
        self.until(lambda: self.station_state("12") != "down")

    def _identify(self, path: str) -> object | None:
        for mobile in self.network.cellular.values():
            if path == str(mobile.path):
                here = mobile.plugged_in
                return (path, mobile.modem.restarts) if here else None
        return path

    @property
    def mobile(self) -> SimulatedCellular:
        """The first line's modem."""
        return next(iter(self.network.cellular.values()))

    def line(self, name: str = "landline") -> dict[str, Any]:
        """One line of the status snapshot."""
        return next(one for one in self.status["lines"] if one["name"] == name)

    def health(self, name: str = "landline") -> dict[str, Any]:
        return dict(self.box.fleet.lines[name].health)

    @property
    def is_answered(self) -> bool:
        """Whether the newest call is, as the history has it."""
        calls = self.calls()
        return bool(calls) and calls[0]["answered_at"] is not None

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """A control request of the owner's, as the socket hands it over."""
        assert self.box.backend is not None
        methods = self.box.backend.server._methods
        reply = self.run(methods.call(method, params, Peer(trusted=True, token=None)))
        return dict(reply.result)

    def wire_power(
        self,
        key: int | None = None,
        supply: int | None = None,
        reset: int | None = None,
        status: int | None = None,
    ) -> None:
        """Wire GPIOs to the first line's power key (while high), supply, reset and status."""
        mobile, pins = self.mobile, self.network.gpio.pins
        for number, work in ((key, mobile.power_key.press), (reset, mobile.reset_line.pull)):
            if number is not None:
                self._wire_pulse(pins.number(number), work)
        if supply is not None:
            supply_pin = pins.number(supply)
            supply_pin.watcher = lambda: mobile.set_supply(supply_pin.drives is not False)
        if status is not None:
            self._show_status(pins.number(status))

    def _wire_pulse(self, pin: EmulatedPin, work: Callable[[float], None]) -> None:
        """``work`` is told how long the pin was high, as it falls."""
        began: list[float] = []

        def moved() -> None:
            if pin.drives and not began:
                began.append(self.loop.time())
            elif not pin.drives and began:
                work(self.loop.time() - began.pop())

        pin.watcher = moved

    def _show_status(self, pin: EmulatedPin) -> None:
        pin.wire(self.mobile.modem.power is Power.OFF)
        self.loop.call_later(0.1, self._show_status, pin)

    # --- calling out -----------------------------------------------------------------------------

    def add_far_end(self, number: str = "09181234567", **more: Any) -> None:
        self.network.directory.add(FarEndConfig(number, **more))

    def dial_out(self, number: str = "09181234567", extension: str = "11") -> FarEnd:
        """Lift a handset and dial 9 and a number; the far end, once the network knows of it."""
        phone = self.phone(extension)
        before = len(self.network.directory.calls)
        phone.lift()
        self.pass_s(1.0)
        phone.press(f"9{number}")
        self.until(lambda: len(self.network.directory.calls) > before, 30.0)
        return self.network.directory.calls[-1]
