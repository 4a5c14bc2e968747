"""The emulated network as a whole, in virtual time: HAT, phones, calls, configuration."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.errors import LineFault, SimulatorError
from appliance.loop import VirtualLoop
from appliance.simulator import link_codec as link
from appliance.simulator.caller import CallScript
from appliance.simulator.codec import mean_power, power_of_dbm0
from appliance.simulator.config_file import parse_network, read_network
from appliance.simulator.hat import HatConfig
from appliance.simulator.modem_state import TRANSITIONS as MODEM_TABLE
from appliance.simulator.modem_state import State
from appliance.simulator.network import LineConfig, NetworkConfig, SimulatedNetwork, default_config
from appliance.simulator.phone_actions import parse_actions, perform
from appliance.simulator.phones import PhoneConfig, PhoneHabits
from appliance.simulator.pipes import HostPipe
from appliance.simulator.tones import tone
from appliance.simulator.wav import write_wav

SPEECH = tone((440.0,), 600, -10.0)


class Host:
    """The appliance's end of the link: enough of the protocol to greet, ring and listen."""

    def __init__(self, loop: VirtualLoop, pipe: HostPipe) -> None:
        self.loop = loop
        self.pipe = pipe
        self.decoder = link.LinkDecoder()
        self.messages: list[link.MessageFrame] = []
        self.heard: dict[int, bytearray] = {n: bytearray() for n in range(1, 9)}
        self.say: dict[int, bytes] = {}
        self._queue: list[tuple[int, bytes]] = []
        self._sent = 0
        self._acked = 0xFF
        self._sequence = 0
        self._audio = 0
        self._counter = 0
        self._peer = 0

    def send(self, kind: int, payload: bytes) -> None:
        self.pipe.write(
            link.encode_frame(link.MessageFrame(self._acked, self._sequence, kind, payload))
        )
        self._sequence = (self._sequence + 1) % 0xF0

    def tick(self) -> None:
        for frame in self.decoder.feed(self.pipe.read()):
            if isinstance(frame, link.AudioFrame):
                self._peer = frame.counter
                for socket, samples in frame.audio:
                    self.heard[socket] += samples
            elif self._acked == 0xFF or frame.sequence == (self._acked + 1) % 0xF0:
                self._acked = frame.sequence
                self.messages.append(frame)
        audio = []
        for socket in (1, 2):
            waiting = self.say.get(socket, b"")
            audio.append((socket, waiting[:80].ljust(80, b"\xff")))
            self.say[socket] = waiting[80:]
        frame = link.AudioFrame(self._acked, self._audio, self._counter, self._peer, tuple(audio))
        self.pipe.write(link.encode_frame(frame))
        self._audio = (self._audio + 1) % 256
        self._counter += 80

    async def run(self, seconds: float) -> None:
        end = self.loop.time() + seconds
        while self.loop.time() < end:
            self.tick()
            tick: asyncio.Future[None] = self.loop.create_future()
            self.loop.call_later(0.01, tick.set_result, None)
            await tick

    def kinds(self) -> list[int]:
        return [message.kind for message in self.messages]


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    virtual = VirtualLoop()
    yield virtual
    virtual.close()


@pytest.fixture
def network(loop: VirtualLoop, tmp_path: Path) -> Iterator[SimulatedNetwork]:
    config = NetworkConfig(
        lines=(LineConfig("landline", tmp_path / "line0"),),
        hats=(HatConfig("hat0", tmp_path / "hat0", echo_db=None),),
        phones=(PhoneConfig("11", "hat0", 1), PhoneConfig("12", "hat0", 2)),
    )
    made = SimulatedNetwork(loop, config)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def host(loop: VirtualLoop, network: SimulatedNetwork) -> Iterator[Host]:
    pipe = network.open_pipe(str(network.config.hats[0].path))
    made = Host(loop, pipe)
    made.send(0x01, bytes([1, 1, 1]) + b"\xde\xad\xbe\xef")
    loop.run_until_complete(made.run(0.3))
    yield made
    pipe.close()


def test_card_answers_hello(host: Host, network: SimulatedNetwork) -> None:
    reply = host.messages[0]
    assert reply.kind == 0x81
    assert reply.payload[:2] == b"\x01\x00"
    assert reply.payload[-4:] == b"\xde\xad\xbe\xef"
    assert network.hats["hat0"].linked
    assert network.state()["hats"][0]["linked"] is True  # type: ignore[index]


def test_phone_lifts_speaks_and_hears(
    loop: VirtualLoop, host: Host, network: SimulatedNetwork
) -> None:
    phone = network.phone("11")
    phone.lift()
    loop.run_until_complete(host.run(0.2))
    assert (0x90, b"\x01\x01") in [(m.kind, m.payload) for m in host.messages]
    phone.say(SPEECH)
    host.say[1] = SPEECH
    loop.run_until_complete(host.run(1.0))
    assert SPEECH in bytes(host.heard[1])
    assert SPEECH in bytes(phone.heard)
    phone.press("5")
    loop.run_until_complete(host.run(0.4))
    assert mean_power(bytes(host.heard[1][-2400:])) > power_of_dbm0(-20.0)
    phone.flash()
    loop.run_until_complete(host.run(1.0))
    assert 0x91 in host.kinds()
    phone.hang_up()
    loop.run_until_complete(host.run(1.5))
    assert host.messages[-1].payload == b"\x01\x00"
    assert [m["what"] for m in phone.timeline] == [
        "lifted", "says", "sound", "quiet", "pressed", "flashed", "hung_up"
    ]  # fmt: skip


def test_phone_rings_and_its_person_answers(
    loop: VirtualLoop, host: Host, network: SimulatedNetwork
) -> None:
    phone = network.phone("12")
    phone.behave(PhoneHabits(answer_after_s=1.5, say=SPEECH, say_after_s=0.5, hang_up_after_s=3.0))
    phone.clear()
    host.send(0x10, bytes([2]) + (1000).to_bytes(2, "big") + (4000).to_bytes(2, "big"))
    loop.run_until_complete(host.run(6.0))
    whats = {str(m["what"]): float(str(m["at_s"])) for m in phone.timeline}
    assert whats["ringing"] < 0.2
    assert whats["lifted"] == pytest.approx(whats["ringing"] + 1.5, abs=0.02)
    assert whats["hung_up"] == pytest.approx(whats["lifted"] + 3.0, abs=0.02)
    assert SPEECH in bytes(host.heard[2])
    assert not network.phone("11").timeline


def test_phone_that_stops_ringing_is_not_answered(
    loop: VirtualLoop, host: Host, network: SimulatedNetwork
) -> None:
    phone = network.phone("11")
    phone.behave(PhoneHabits(answer_after_s=20.0))
    host.send(0x10, bytes([1]) + (1000).to_bytes(2, "big") + (4000).to_bytes(2, "big"))
    loop.run_until_complete(host.run(1.5))
    host.send(0x11, bytes([1]))
    loop.run_until_complete(host.run(30.0))
    assert [m["what"] for m in phone.timeline] == ["ringing", "ringing_stopped"]


def test_actions_are_done_in_order(
    loop: VirtualLoop, host: Host, network: SimulatedNetwork, tmp_path: Path
) -> None:
    write_wav(tmp_path / "hello.wav", SPEECH)
    actions = parse_actions(
        [["lift"], ["press", "12"], ["wait", 1], ["say", str(tmp_path / "hello.wav")], ["hang_up"]]
    )
    phone = network.phone("11")

    async def live() -> None:
        await asyncio.gather(perform(phone, actions), host.run(4.0))

    loop.run_until_complete(live())
    assert [m["what"] for m in phone.timeline] == ["lifted", "pressed", "says", "hung_up"]
    assert not phone.off_hook
    with pytest.raises(SimulatorError, match="lift it first"):
        phone.press("1")


@pytest.mark.parametrize(
    "actions", [None, [], [["dance"]], [["press"]], [["wait", "x"]], [["say", "/nowhere.wav"]]]
)
def test_wrong_actions_are_refused(actions: object) -> None:
    with pytest.raises(SimulatorError):
        parse_actions(actions)


def test_unknown_names_are_refused_with_what_there_is(network: SimulatedNetwork) -> None:
    with pytest.raises(SimulatorError, match="landline"):
        network.call("nope", CallScript("1"))
    with pytest.raises(SimulatorError, match="11, 12"):
        network.phone("99")
    with pytest.raises(LineFault):
        network.open_pipe("/nowhere")
    network.line("landline").unplug()
    with pytest.raises(LineFault, match="unplugged"):
        network.open_pipe(str(network.config.lines[0].path))


def test_unanswered_call_through_the_network(loop: VirtualLoop, network: SimulatedNetwork) -> None:
    moments: list[object] = []
    caller = network.call(
        "landline", CallScript("0917", give_up_after_s=10), lambda m: moments.append(m["what"])
    )
    loop.run_until_complete(caller.done)
    assert moments == ["dialled", "ringing", "ringing", "gave_up", "hung_up"]
    assert caller.result()["outcome"] == "unanswered"


def test_missing_card_is_explained(loop: VirtualLoop, tmp_path: Path) -> None:
    config = NetworkConfig(
        hats=(HatConfig("hat0", tmp_path / "hat0", binary=tmp_path / "nothing"),)
    )
    with pytest.raises(SimulatorError, match="make -C firmware"):
        SimulatedNetwork(loop, config).start()


def test_modem_states_are_a_closed_table() -> None:
    rng = random.Random(1)
    events = sorted({event for _, event in MODEM_TABLE})
    state, seen = State.IDLE, {State.IDLE}
    for _ in range(2000):
        state = MODEM_TABLE.get((state, rng.choice(events)), state)
        seen.add(state)
    assert seen == set(State)


TOML = """
[network]
country = "US"
seed = 7
[[line]]
name = "landline"
port = "devices/line0"
profile = "conexant"
ppm = 100
far_end_gone = "tone"
ring = [[1.5, 3.5]]
faults = { late_connect_s = 2.0 }
[[hat]]
name = "hat0"
port = "/tmp/hat0"
fxs = [1, 2]
[[phone]]
extension = "11"
hat = "hat0"
socket = 1
[[far_end]]
number = "09XXXXXXXXX"
rings = 3
says = "hello.wav"
hang_up_after_s = 5
[[far_end]]
number = "1800."
behaviour = "busy"
"""


def test_network_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "network.toml"
    path.write_text(TOML)
    write_wav(tmp_path / "hello.wav", b"\xff" * 800)
    config = read_network(path, tmp_path)
    person, busy = config.far_ends
    assert (person.rings, person.says) == (3, str(tmp_path / "hello.wav"))
    assert (busy.behaviour, busy.matches("18001")) == ("busy", True)
    line = config.lines[0]
    assert line.path == tmp_path / "devices/line0"
    assert (line.profile, line.ppm, line.faults.late_connect_s) == ("conexant", 100.0, 2.0)
    assert (line.habits.country, line.habits.ring) == ("US", ((1.5, 3.5),))
    assert config.hats[0].path == Path("/tmp/hat0")
    assert config.phones == (PhoneConfig("11", "hat0", 1),)
    assert config.seed == 7


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"lines": []}, "lines"),
        ({"line": [{"name": "a"}]}, "port"),
        ({"line": [{"name": "a", "port": "x", "ppm": "fast"}]}, "ppm"),
        ({"line": [{"name": "a", "port": "x", "colour": 1}]}, "colour"),
        ({"line": [{"name": "a", "port": "x", "faults": {"dance": True}}]}, "dance"),
        ({"phone": {"extension": "11"}}, "two brackets"),
        ({"far_end": [{"number": "1", "behaviour": "sings"}]}, "sings"),
        ({"far_end": [{"number": "1", "says": "nowhere.wav"}]}, "nowhere.wav"),
        ({"far_end": [{"behaviour": "busy"}]}, "far_end"),
    ],
)
def test_wrong_toml_names_the_key(data: dict[str, object], named: str, tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match=named):
        parse_network(data, tmp_path)


def test_default_network_is_whole(tmp_path: Path) -> None:
    config = default_config(tmp_path)
    assert [line.name for line in config.lines] == ["landline"]
    assert [phone.extension for phone in config.phones] == ["11", "12", "13"]
