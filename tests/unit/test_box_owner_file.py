"""counterbell.toml: read whole or not at all, its secret starred and nothing else changed."""

import ctypes
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.box.owner_file import OwnerSettings, erased, read_owner_file
from appliance.box.wifi import Wifi, escaped, keyfile, wifi_problems

SAMPLE = Path(__file__).parents[2] / "provisioning/counterbell.toml.sample"
WHOLE = """\
# our shop
hostname = "Nenas-Shop"   # in the network
timezone = "Asia/Manila"
locale = "en_PH.UTF-8"
[wifi]
ssid = "Nena's # place"  # upstairs
password = "pan de sal at six" # ask Nena
country = "PH"
"""
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=63)
LETTERS = st.characters(exclude_categories=["Cs", "Cc"])


def toml_string(text: str) -> str:
    return '"' + "".join(f"\\u{ord(x):04x}" if x in '"\\' else x for x in text) + '"'


def test_the_whole_file() -> None:
    wifi = Wifi("Nena's # place", "pan de sal at six", "PH")
    expected = OwnerSettings("nenas-shop", "Asia/Manila", "en_PH.UTF-8", wifi)
    assert read_owner_file(WHOLE.encode()).settings == expected
    assert (
        read_owner_file(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode()).settings == expected
    )


def test_the_sample_asks_for_nothing_and_its_lines_are_good() -> None:
    text = SAMPLE.read_text()
    assert read_owner_file(text.encode()).settings == OwnerSettings()
    lines = [line.removeprefix("#") for line in text.splitlines()]
    filled = "\n".join(x for x in lines if x and not x.startswith(" "))
    settings = read_owner_file(filled.encode()).settings
    assert settings is not None
    assert (settings.hostname, settings.timezone) == ("counterbell", "Asia/Manila")
    assert settings.wifi == Wifi("Name of the network", "its password", "PH")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('hostnam = "x"', "'hostnam' is no setting"),
        ('hostname = "a b"', "hostname has 1 to 63"),
        ('hostname = "-a"', "hostname"),
        ('hostname = "localhost"', "hostname"),
        ("hostname = 5", "hostname is a text between quotes"),
        ('timezone = "../../etc/passwd"', "timezone"),
        ('timezone = "/etc/passwd"', "timezone"),
        ('locale = "english"', "locale"),
        ("wifi = 3", "a part of its own"),
        ('[wifi]\nssid = "x"\npasword = "12345678"\ncountry = "PH"', "'pasword' is no setting of"),
        ('[wifi]\nssid = "x"\npassword = "short"\ncountry = "PH"', "8 to 63"),
        ('[wifi]\nssid = "x"\npassword = "eight ééé"\ncountry = "PH"', "8 to 63"),
        ('[wifi]\nssid = "x"\npassword = "12345678"', "two capital letters"),
        ('[wifi]\npassword = "12345678"\ncountry = "PH"', "name of the Wi-Fi"),
        (f'[wifi]\nssid = "{"é" * 17}"\ncountry = "PH"', "32 bytes"),
        ("hostname = shop", "line 1"),
        ('hostname = "x"\nhostname = "y"', "Cannot overwrite"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_used(text: str, told: str) -> None:
    reading = read_owner_file(text.encode())
    assert reading.settings is None
    assert told in " ".join(reading.problems)
    assert "12345678" not in " ".join(reading.problems)


def test_every_fault_is_told_at_once() -> None:
    text = 'hostname = "a b"\ntimezone = "?"\n[wifi]\nssid = ""\npassword = "x"\n'
    assert len(read_owner_file(text.encode()).problems) == 5


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ('hostname = "shop"'.encode("utf-16"), "UTF-16"),
        (b'x\nhostname = "\xe9"', "line 2 has a letter"),
        (b"#" * 70_000, "larger than 64 KiB"),
        (b"x = " + b"[" * 60_000, ""),
    ],
)
def test_files_of_other_programs(data: bytes, told: str) -> None:
    reading = read_owner_file(data)
    assert reading.settings is None
    assert told in " ".join(reading.problems)


@given(st.binary(max_size=300))
@example(b'[wifi]\npassword="""')
def test_any_bytes_are_read_or_told(data: bytes) -> None:
    reading = read_owner_file(data)
    assert (reading.settings is None) == bool(reading.problems)


@given(st.text(st.sampled_from("wifi.pasord=\"'#\\\n[]{}= ,*n"), max_size=80))
def test_anything_like_toml_can_be_erased(text: str) -> None:
    data = text.encode()
    if read_owner_file(data).settings is not None:
        left = erased(data)
        assert len(left) == len(data)


def test_erasing_keeps_all_but_the_password() -> None:
    left = erased(WHOLE.encode()).decode()
    assert left == WHOLE.replace("pan de sal at six", "*" * 17)
    assert erased(left.encode()).decode() == left
    reading = read_owner_file(left.encode())
    assert reading.settings is not None
    assert reading.settings.wifi_as_before


@pytest.mark.parametrize(
    "text",
    [
        "wifi.ssid = 'x'\nwifi.password = '12345678'\nwifi.country = 'PH'",
        'wifi = { ssid = "12345678", password = "12345678", country = "PH" }',
        '[wifi]\n"pass\\u0077ord" = "12345678"\nssid = "y"\ncountry = "PH"',
        '[wifi]\n"password" = "\\u0031\\u0032345678"\nssid = "12345678"\ncountry = "PH"',
        '[wifi]\npassword = """12345678"""\nssid = "y"\ncountry = "PH"',
        "[wifi]\npassword = '''\n12345678'''\nssid = \"y\"\ncountry = \"PH\"",
        '# password = "12345678x"\n[wifi]\npassword="12345678"\nssid = "y"\ncountry = "PH"',
    ],
)
def test_however_the_password_is_written(text: str) -> None:
    before = read_owner_file(text.encode()).settings
    assert before is not None
    assert before.wifi is not None
    left = erased(text.encode())
    after = tomllib.loads(left.decode())["wifi"]
    assert after["ssid"] == before.wifi.ssid
    assert set(after["password"]) == {"*"}
    assert len(left) == len(text.encode())


@given(PLAIN, st.text(LETTERS, min_size=1, max_size=8), st.text(LETTERS, max_size=20))
def test_any_password_is_read_and_erased(password: str, ssid: str, comment: str) -> None:
    given_ = f"ssid = {toml_string(ssid)}\npassword = {toml_string(password)}"
    text = f'[wifi] # {comment}\n{given_}\ncountry = "PH"\n'
    settings = read_owner_file(text.encode()).settings
    assert settings is not None
    if set(password) == {"*"}:
        return
    assert settings.wifi == Wifi(ssid, password, "PH")
    left = tomllib.loads(erased(text.encode()).decode())["wifi"]
    assert left["ssid"] == ssid
    assert set(left["password"]) == {"*"}


# --- NetworkManager's file, read by the library that NetworkManager reads it with -----------------

GLIB = ctypes.CDLL("libglib-2.0.so.0")
GLIB.g_key_file_new.restype = ctypes.c_void_p
GLIB.g_key_file_get_string.restype = ctypes.c_char_p


def glib_reads(text: str, *places: tuple[str, str]) -> list[str]:
    """Strings of a GKeyFile, as GLib has them."""
    file = ctypes.c_void_p(GLIB.g_key_file_new())
    data = text.encode()
    assert GLIB.g_key_file_load_from_data(file, data, ctypes.c_size_t(len(data)), 0, None)
    read: list[Any] = [
        GLIB.g_key_file_get_string(file, group.encode(), key.encode(), None)
        for group, key in places
    ]
    GLIB.g_key_file_free(file)
    return [value.decode() for value in read]


@given(PLAIN, st.text(LETTERS, min_size=1, max_size=8))
@example(r"  \s\n;#=[x]  ", "1;2;")
@example(" " * 8, "=")
def test_networkmanager_reads_what_the_owner_wrote(password: str, ssid: str) -> None:
    wifi = Wifi(ssid, password, "PH")
    if wifi_problems(wifi):
        return
    psk, name, mode = glib_reads(
        keyfile(wifi), ("wifi-security", "psk"), ("wifi", "ssid"), ("connection", "type")
    )
    assert psk == password
    assert bytes(int(part) for part in name.rstrip(";").split(";")).decode() == ssid
    assert mode == "wifi"


def test_an_open_network_has_no_security() -> None:
    assert "wifi-security" not in keyfile(Wifi("cafe", "", "PH"))
    assert escaped("a b") == "a b"
    assert "pan de sal" not in repr(Wifi("x", "pan de sal", "PH"))
