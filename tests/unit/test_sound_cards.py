"""A sound card from its name to its port: chosen, started, lost and back, in virtual time."""

import asyncio
import json
import os
from array import array
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import sound_card_child as child
from appliance.audio.card_memory import CardMemory
from appliance.audio.card_names import CardInfo, choose, nominal_hz, rates_to_try
from appliance.audio.card_process import ChildProcess
from appliance.audio.clips import Clip
from appliance.audio.engine import AudioEngine
from appliance.audio.sound_card import CardNeeds
from appliance.audio.sound_cards import SoundCards
from appliance.errors import AudioError, NoSoundSystem, SoundCardAbsent
from appliance.loop import VirtualLoop
from appliance.settings import SoundCardSettings
from appliance.settings.toml import check_toml, read_toml
from tests.unit.card_rig import CardEar, Socket, key

DESK = SoundCardSettings("desk", "usb:1-1.2")
USB = CardInfo(3, "USB Audio Device: - (hw:1,0)", "ALSA", 1, 2, 44100.0, "Device", "1-1.2")
TWIN = CardInfo(4, "USB Audio Device: - (hw:2,0)", "ALSA", 1, 2, 44100.0, "Device_1", "1-1.3")
HDMI = CardInfo(0, "bcm2835 HDMI 1: - (hw:0,0)", "ALSA", 0, 8, 44100.0, "b1", "")
JACK = CardInfo(7, "system", "JACK Audio Connection Kit", 1, 1, 8008.0)
ALL = (HDMI, USB, TWIN, JACK)


class Bench:
    """An engine, and the cards of a configuration, on a virtual loop."""

    def __init__(self, socket: Socket) -> None:
        self.loop = VirtualLoop()
        asyncio.set_event_loop(self.loop)
        self.socket = socket
        self.told: list[str] = []
        self.engine = AudioEngine(self.loop)
        needs = CardNeeds(self.loop, socket.launch, lambda: socket.plugged_count, self.told.append)
        self.cards = SoundCards(self.engine.cards, needs)
        self.engine.start_virtual()
        self._poll()

    def _poll(self) -> None:
        self.cards.poll()
        self._timer = self.loop.call_later(1.0, self._poll)

    def run(self, seconds: float) -> None:
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()

    @property
    def shown(self) -> dict[str, Any]:
        (card,) = self.cards.status(0.0)
        return card

    def close(self) -> None:
        self._timer.cancel()
        self.cards.stop()
        self.run(0.1)
        self.engine.close()
        self.loop.close()


@pytest.fixture
def socket() -> Socket:
    return Socket()


@pytest.fixture
def bench(socket: Socket) -> Iterator[Bench]:
    made = Bench(socket)
    yield made
    made.close()


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "card"),
    [
        ("usb:1-1.2", USB),
        ("usb:1-1.3", TWIN),
        ("alsa:Device", USB),
        ("alsa:device_1", TWIN),
        ("jack:system", JACK),
        ("system", JACK),
        ("jack:sys", JACK),
    ],
)
def test_a_card_is_found_by_a_name_that_stays(device: str, card: CardInfo) -> None:
    assert choose(device, ALL) is card
    moved = [CardInfo(9 - c.index, c.name, *_rest(c)) for c in reversed(ALL)]
    assert choose(device, moved).stable_names == card.stable_names


def _rest(card: CardInfo) -> tuple[Any, ...]:
    return (
        card.host_api, card.channels_in, card.channels_out, card.rate_hz, card.alsa_id,
        card.usb_path,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("USB Audio", r"'USB Audio' fits more than one sound card: usb:1-1.2, usb:1-1.3"),
        ("HDMI", r"'bcm2835 HDMI 1' has no microphone"),
        ("usb:1-1.4", r"no sound card is called 'usb:1-1.4'; there are: alsa:b1, usb:1-1.2, "),
        ("usb:", "no sound card is called"),
        ("17", "no sound card is called '17'"),
        ("jack:", "no sound card is called"),
    ],
)
def test_a_name_that_names_no_card_is_told(device: str, says: str) -> None:
    with pytest.raises(SoundCardAbsent, match=says):
        choose(device, ALL)


@given(st.text(max_size=30), st.lists(st.sampled_from(ALL), max_size=6))
def test_any_name_finds_a_whole_card_or_says_why_not(device: str, cards: list[CardInfo]) -> None:
    try:
        card = choose(device, cards)
    except SoundCardAbsent:
        return
    assert card.channels_in
    assert card.channels_out
    assert device.partition(":")[2].lower() in " ".join((card.name, *card.stable_names)).lower()


@pytest.mark.parametrize("card", ALL, ids=lambda card: card.name)
def test_every_stable_name_names_its_card(card: CardInfo) -> None:
    if card.channels_in:
        assert choose(card.stable_names[0], ALL) is card
    assert not any("hw:" in name for name in card.stable_names)


def test_a_clock_that_is_off_still_means_its_rate() -> None:
    assert [nominal_hz(rate) for rate in (8008, 7952, 47712.0, 44100, 12345)] == [
        8000, 8000, 48000, 44100, 12345,
    ]  # fmt: skip
    assert rates_to_try(8000, JACK) == rates_to_try(0, JACK) == [(8008.0, 8000)]
    assert rates_to_try(16000, USB) == [(16000.0, 16000)]
    assert rates_to_try(0, USB) == [
        (48000.0, 48000), (16000.0, 16000), (8000.0, 8000), (44100.0, 44100),
    ]  # fmt: skip


# --- configuration ---------------------------------------------------------------------------


def test_a_card_in_the_configuration() -> None:
    text = '[[sound_card]]\nname = "desk"\ndevice = "usb:1-1.2"\nrate_hz = 16000\n'
    assert read_toml(text).sound_cards == (SoundCardSettings("desk", "usb:1-1.2", 16000),)
    (problem,) = check_toml(text.replace("16000", "44100"), "shop.toml")
    assert problem.endswith("got 44100 (a whole number); allowed: 0, 8000, 16000, 48000")
    (problem,) = check_toml('[[sound_card]]\nname = "desk"\n', "shop.toml")
    assert "device: missing" in problem


# --- the card's life -------------------------------------------------------------------------


def test_a_key_into_the_microphone_is_heard_and_a_clip_is_played(
    bench: Bench, socket: Socket
) -> None:
    socket.says = key(770.0, 1336.0, 1.0, 0.1)
    ear = CardEar()
    bench.cards.want([DESK])
    port = bench.engine.open_card_port("desk", ear)
    bench.engine.listen(port, digits=True, busy=False, silence_ms=0, lenient=False)
    bench.run(0.5)
    assert bench.shown["state"] == "running"
    assert bench.shown["rate_hz"] == 48000
    bench.engine.player.play(
        port, "p", [Clip("p", array("h", [8000] * 800))], False, lambda *_: None
    )
    bench.run(1.0)
    assert ear.told == [("card", True), ("digit", "5")]
    assert max(socket.heard) > 7000
    assert bench.told == ["Sound card desk is here, at 48000 Hz"]


def test_unplugged_and_plugged_in_again_the_port_comes_alive(bench: Bench, socket: Socket) -> None:
    ear = CardEar()
    bench.cards.want([DESK])
    port = bench.engine.open_card_port("desk", ear)
    bench.run(2.0)
    bench.engine.player.play_tone(port, "dial")
    socket.unplug()
    bench.run(7.0)
    assert ear.told == [("card", True), ("card", False)]
    assert bench.shown["state"] == "away"
    assert bench.cards.problems == ("sound card desk: no such card",)
    tried = len(socket.launches)
    assert tried == 4  # at once, then after 1, 2 and 4 s
    socket.plug()
    heard = len(socket.heard)
    bench.run(1.6)  # not after the 8 s that would be next: the machine's list of cards has changed
    assert ear.told[2:] == [("card", True)]
    assert bench.shown["state"] == "running"
    assert bench.cards.problems == ()
    assert max(socket.heard[heard:]) > 1000  # the tone goes on


def test_a_process_that_hangs_is_started_anew(bench: Bench, socket: Socket) -> None:
    bench.cards.want([DESK])
    bench.run(2.0)
    socket.running[0].is_hung = True
    bench.run(10.0)
    assert len(socket.launches) == 2
    assert "Sound card desk is away: its process hangs" in bench.told
    assert bench.shown["state"] == "running"


def test_a_sound_server_that_hangs_is_told_and_tried_again(bench: Bench, socket: Socket) -> None:
    socket.is_mute = True
    bench.cards.want([DESK])
    bench.run(25.0)
    assert bench.cards.problems == ("sound card desk: the sound system hangs",)
    socket.is_mute = False
    socket.plug()
    bench.run(30.0)
    assert bench.shown["state"] == "running"


def test_without_a_sound_system_there_are_no_cards_and_one_clear_line(
    bench: Bench, socket: Socket
) -> None:
    socket.is_plugged = False
    socket.absent = {"reason": "no_system", "text": "there is no ALSA card"}
    bench.cards.want([DESK, SoundCardSettings("counter", "usb:1-1.3")])
    bench.run(100.0)
    assert bench.cards.problems == ("no sound system: there is no ALSA card",)
    assert [card["state"] for card in bench.cards.status(0.0)] == ["away", "away"]
    assert len(bench.told) == 2  # once a card, not once a try
    assert len(socket.launches) < 20


def test_without_a_card_in_the_configuration_nothing_is_started(
    bench: Bench, socket: Socket
) -> None:
    bench.cards.want([])
    bench.run(5.0)
    assert socket.launches == []
    assert bench.cards.status(0.0) == []
    assert bench.cards.problems == ()


def test_a_card_in_use_is_changed_when_its_port_is_closed(bench: Bench, socket: Socket) -> None:
    bench.cards.want([DESK])
    port = bench.engine.open_card_port("desk", CardEar())
    with pytest.raises(AudioError, match=f"desk is in use by audio port {port}"):
        bench.engine.open_card_port("desk", CardEar())
    bench.run(1.0)
    bench.cards.want([SoundCardSettings("desk", "usb:1-1.3")])
    bench.run(3.0)
    assert bench.shown["device"] == "usb:1-1.2"
    assert bench.shown["drift_ppm"] is not None
    bench.engine.close_port(port)
    bench.run(2.0)
    assert bench.shown["device"] == "usb:1-1.3"
    assert [request.device for request in socket.launches] == ["usb:1-1.2", "usb:1-1.3"]
    assert bench.engine.in_use["ports"] == 0
    with pytest.raises(AudioError, match="there is no sound card till; known are desk"):
        bench.engine.open_card_port("till", CardEar())


def test_the_memory_can_not_be_cut_short() -> None:
    memory = CardMemory()
    with pytest.raises(PermissionError):
        os.ftruncate(memory.fd, 0)
    memory.close()
    memory.close()


# --- the process -----------------------------------------------------------------------------


def test_a_machine_without_any_card_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    system = SimpleNamespace(query_hostapis=lambda: (), query_devices=lambda: ())
    with pytest.raises(NoSoundSystem, match="no ALSA card and no sound server"):
        child.list_cards(system)
    assert capfd.readouterr() == ("", "")


def test_a_machine_without_the_library_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = __import__

    def importing(name: str, *more: Any) -> Any:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real(name, *more)

    monkeypatch.setattr("builtins.__import__", importing)
    monkeypatch.setattr(child.ctypes.util, "find_library", lambda _name: None)
    with pytest.raises(NoSoundSystem, match="install libportaudio2"):
        child.sound_system()


@given(st.binary(max_size=200))
def test_what_a_library_prints_is_no_news(data: bytes) -> None:
    told: list[Any] = []
    process = object.__new__(ChildProcess)
    process._watcher = SimpleNamespace(card_said=told.append)
    process._tell(data)
    assert all(isinstance(facts, dict) for facts in told)
    process._tell(json.dumps({"state": "running"}).encode())
    assert told[-1] == {"state": "running"}
