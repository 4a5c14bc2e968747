"""A shop with one line and one handset, in virtual time: a menu, an announcement, a mailbox."""

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from appliance.simulator.network import SimulatedNetwork
from appliance.simulator.sound_handset import SoundHandsetConfig
from tests.soak.emulators import COUNTRIES, LINE, Emulator
from tests.whole.shop import Shop

READY_LIMIT_S = 120.0
TOML = """
[shop]
name = "Soak"
country = "{country}"
[[line]]
name = "{name}"
answer = "menu:main"
silence_hang_up_s = 40
{line}
[[voicemail]]
name = "owner"
[[menu]]
name = "main"
prompt = "welcome"
wait_for_key_s = 25
repeats = 3
otherwise = "hang_up"
keys = {{ 1 = "prompt:hours", 2 = "menu:more", 0 = "voicemail:owner", 9 = "hang_up" }}
[[menu]]
name = "more"
prompt = "hours"
wait_for_key_s = 25
repeats = 3
otherwise = "menu:main"
keys = {{ 1 = "prompt:hours", 0 = "voicemail:owner" }}
[[prompt]]
name = "welcome"
text = {{ en = "Hello. Press 1." }}
[[prompt]]
name = "hours"
text = {{ en = "Six to eight." }}
[[sound_card]]
name = "desk"
device = "{device}"
[[station]]
extension = "{extension}"
name = "Desk"
driver = "sound_handset"
sound_card = "desk"
hook_gpio = 5
keypad_rows = [12, 16, 20, 21]
keypad_columns = [18, 25, 26]
{tables}
"""
EXTENSION = "11"
_HANDSET = SoundHandsetConfig(
    EXTENSION, "usb:Desk", 5, keypad_rows=(12, 16, 20, 21), keypad_columns=(18, 25, 26)
)


class SoakShop(Shop):
    """``chance`` draws what is the same for a whole batch of calls: country, clock, habits."""

    def __init__(self, state: Path, prompts: Path, emulator: Emulator, chance: Random) -> None:
        self.country = country = chance.choice(COUNTRIES)
        toml = TOML.format(
            country=country,
            name=LINE,
            line=emulator.line,
            tables=emulator.tables,
            device=_HANDSET.device,
            extension=EXTENSION,
        )
        super().__init__(state, prompts, toml=toml.replace("{", "{{").replace("}", "}}"))
        config = replace(emulator.network(state, chance, country), sound_handsets=(_HANDSET,))
        self.network = SimulatedNetwork(self.loop, config)
        self.equipment = emulator.equipment(self.network)
        self.box = self.make_box()

    def _identify(self, path: str) -> object | None:
        return self.equipment.identity(path)

    def start_box(self) -> None:
        self.run(self.box.start(lambda _line: None))
        self.is_up = True
        self.until(
            lambda: self.line_state == "ready" and self.station_state(EXTENSION) == "idle",
            READY_LIMIT_S,
        )

    def rows(self) -> list[dict[str, Any]]:
        """The line's calls in the history, oldest first, with their stories."""
        reader = self.box.reader
        reading = self.box.reader_worker.submit(lambda: reader.list_calls(limit=200, story=True))
        return list(reversed(reading.result()["calls"]))
