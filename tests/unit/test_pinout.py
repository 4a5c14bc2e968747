"""The pin table: no GPIO twice, and everything written from it is what it says."""

import pytest

from appliance.settings.boards import BOARDS
from appliance.settings.toml import read_toml
from hardware.pinout import SOURCE, PinoutError, read
from hardware.write_pinout import written

TEXT = SOURCE.read_text(encoding="utf-8")


def test_what_is_written_from_the_table_is_up_to_date() -> None:
    for path, text in written(read(TEXT)).items():
        assert path.read_text(encoding="utf-8") == text, path


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("loop_gpio = { gpio = 12", "loop_gpio = { gpio = 5", "one_line: GPIO 5 has 2 users"),
        ("lamp_gpio = { gpio = 27", "lamp_gpio = { gpio = 23", "GPIO 23 has 2 users"),
        ("hook_gpio = { gpio = 4,", "hook_gpio = { gpio = 1,", "GPIO 1 is not on the header"),
        ("led = { gpio = 29", "led = { gpio = 28", "RP2040 GPIO 28 has 2 users: fr4, led"),
        ("led = { gpio = 29", "led = { gpio = 30", "the RP2040 has no GPIO 30"),
        ("fxs_lamp4 = 15", "fxs_lamp4 = 16", "the shift register has no bit 16"),
        ("fxs_lamp4 = 15", "fxs_lamp4 = 14", "shift register bit 14 has 2 users"),
        ('function = "alt3"', 'function = "alt7"', "unknown function or pull"),
    ],
)
def test_a_pin_with_two_users_is_refused(old: str, new: str, fault: str) -> None:
    changed = TEXT.replace(old, new, 1)
    assert changed != TEXT
    with pytest.raises(PinoutError, match=fault):
        read(changed)


def test_nothing_dangerous_rests_high() -> None:
    """Until the firmware lives: exchange lines on-hook, relays, ringing and power-down off."""
    chip = read(TEXT).chip
    assert not chip["si_reset_n"].rests_high
    assert chip["sr_oe_n"].rests_high
    assert all(chip[f"fr{n}"].rests_high for n in range(1, 5))


def test_a_board_named_in_the_configuration_brings_its_pins() -> None:
    shop = """
        [[sound_card]]
        name = "codec"
        device = "hw:codec"
        [[line]]
        name = "landline"
        driver = "gpio_line"
        board = "one_line"
        loop_gpio = 9
        sound_card = "codec"
        answer = "hang_up"
    """
    (line,) = read_toml(shop).lines
    pins = BOARDS["one_line"]
    assert (line.ring_gpio, line.hook_gpio) == (pins["ring_gpio"], pins["hook_gpio"])
    assert line.loop_gpio == 9  # what is named wins
    assert line.power_gpio is None


def test_the_gsm_carrier_brings_its_wires_but_no_power_key() -> None:
    """An EC25 card has none: what power_gpio pulls there is its radio switch."""
    shop = """
        [[sound_card]]
        name = "ec25"
        device = "usb:1-1.2"
        [[line]]
        name = "globe"
        driver = "cellular"
        port = "/dev/ttyUSB2"
        sound_card = "ec25"
        board = "gsm_carrier"
        answer = "hang_up"
    """
    (line,) = read_toml(shop).lines
    pins = read(TEXT).boards["gsm_carrier"]
    assert line.power_gpio is None
    for key in ("reset_gpio", "status_gpio", "supply_gpio"):
        assert getattr(line, key) == pins[key].gpio


def test_the_page_for_builders_has_the_tables_numbers() -> None:
    page = (SOURCE.parents[1] / "docs" / "hardware.md").read_text(encoding="utf-8")
    boards = read(TEXT).boards
    for key in ("supply_gpio", "reset_gpio", "status_gpio"):
        assert f"| `{key}` | {boards['gsm_carrier'][key].gpio} |" in page
    one_line = boards["one_line"]
    keys = ("ring_gpio", "hook_gpio", "loop_gpio", "caller_id_gpio", "kick_gpio")
    numbers = ", ".join(str(one_line[key].gpio) for key in keys)
    assert f"| ring detector, hook, loop sense, caller ID, watchdog | {numbers} |" in page
