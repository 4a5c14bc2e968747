"""The emulated sound card against the real audio loop, which follows its clock."""

from collections.abc import Iterator

import pytest

from appliance.audio.binding import lib
from appliance.audio.engine import AudioEngine
from appliance.audio.sound_card import CardNeeds
from appliance.audio.sound_cards import SoundCards
from appliance.loop import VirtualLoop
from appliance.settings import SoundCardSettings
from appliance.simulator.codec import FRAME_SAMPLES, SILENT_FRAME
from appliance.simulator.sound_card import MEMORY_BYTES
from appliance.simulator.sound_card import SoundCards as EmulatedCards
from appliance.simulator.tones import dtmf
from tests.unit.audio_rig import sound
from tests.unit.card_rig import CardEar
from tests.whole.sound import find_clip, linear, share_heard


class Jacks:
    """Says what a test gives it, keeps what it hears."""

    def __init__(self) -> None:
        self.to_say = b""
        self.heard = bytearray()

    def next_frame(self) -> bytes:
        frame, self.to_say = self.to_say[:FRAME_SAMPLES], self.to_say[FRAME_SAMPLES:]
        return frame.ljust(FRAME_SAMPLES, SILENT_FRAME[:1])

    def hear(self, frame: bytes) -> None:
        assert len(frame) == FRAME_SAMPLES
        self.heard += frame


class Bench:
    def __init__(self, ppm: float) -> None:
        self.loop = VirtualLoop()
        self.emulated = EmulatedCards()
        self.jacks = Jacks()
        self.card = self.emulated.add("usb:Headset", self.jacks, ppm)
        self.told: list[str] = []
        self.engine = AudioEngine(self.loop)
        needs = CardNeeds(self.loop, self.emulated.launch, self.emulated.listed, self.told.append)
        self.cards = SoundCards(self.engine.cards, needs)
        self.engine.start_virtual()
        self.cards.want([SoundCardSettings("desk", "usb:Headset")])
        self.ear = CardEar()
        self.port = self.engine.open_card_port("desk", self.ear)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.5)):
            self.loop.call_later(0.5, self.loop.stop)
            self.loop.run_forever()
            self.cards.poll()

    def close(self) -> None:
        self.cards.stop()
        self.engine.close()
        self.loop.close()


@pytest.fixture(params=[0.0, 100.0, -100.0])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = Bench(request.param)
    yield made
    made.close()


def test_our_layout_is_the_memory_of_the_loop() -> None:
    assert lib.audio_card_ring_bytes() == MEMORY_BYTES


def test_keys_and_sound_cross_the_card_both_ways(bench: Bench) -> None:
    bench.run(1.0)
    assert bench.ear.told == [("card", True)]
    bench.engine.listen(bench.port, digits=True, busy=False, silence_ms=0, lenient=False)
    bench.jacks.to_say = dtmf("7") + dtmf("#")
    clip = sound(1.0, 3)
    bench.jacks.heard.clear()
    bench.engine.player.play(bench.port, "p", [clip], False, lambda *_: None)
    bench.run(2.0)
    assert [told for told in bench.ear.told if told[0] == "digit"] == [
        ("digit", "7"),
        ("digit", "#"),
    ]
    heard = linear(bytes(bench.jacks.heard))
    at = find_clip(heard, clip.samples)
    assert at is not None
    assert at < 0.2 * 8000
    assert share_heard(heard, clip.samples, at) > 0.95


def test_a_card_that_is_unplugged_and_comes_back(bench: Bench) -> None:
    bench.run(1.0)
    bench.card.unplug()
    bench.run(2.0)
    assert bench.ear.told == [("card", True), ("card", False)]
    assert "Sound card desk is away: 'usb:Headset' has stopped (unplugged)" in bench.told
    bench.card.plug_in()
    bench.run(2.0)
    assert bench.ear.told[2:] == [("card", True)]


def test_a_hung_card_is_ended_and_started_anew(bench: Bench) -> None:
    bench.run(1.0)
    bench.card.is_hung = True
    bench.run(7.0)
    assert ("card", False) in bench.ear.told
    assert "Sound card desk is away: its process hangs" in bench.told
    bench.card.is_hung = False
    bench.run(4.0)
    assert bench.ear.told[-1] == ("card", True)
