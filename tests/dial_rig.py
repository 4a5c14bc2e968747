"""The real driver on an emulated modem and exchange, in virtual time; C is stood in for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.core.events import Event
from appliance.lines.voice_modem.line import VoiceModemLine
from appliance.loop import VirtualLoop
from appliance.settings import LineSettings
from appliance.simulator.far_end import FarEndConfig, Progress
from appliance.simulator.network import LineConfig, NetworkConfig, SimulatedNetwork
from tests.voice_modem_rig import FakeAudio

FAR_ENDS = (
    FarEndConfig("5550001"),
    FarEndConfig("5550002", "busy"),
    FarEndConfig("5550003", "no_answer"),
    FarEndConfig("5550004", rings=1, hang_up_after_s=4.0),
    FarEndConfig("0115.", rings=0),
)
PATH = Path("/emulated/line0")


class DialRig:
    """``line``: the driver; ``far``: who was reached last. ``events`` since the last ``take``."""

    def __init__(
        self,
        line: dict[str, Any] | None = None,
        seed: int = 1,
        **settings: Any,
    ) -> None:
        self.loop = VirtualLoop()
        config = LineConfig("landline", PATH, **(line or {}))
        self.network = SimulatedNetwork(
            self.loop, NetworkConfig((config,), far_ends=FAR_ENDS, seed=seed)
        )
        self.network.start()
        self.exchange = self.network.line("landline").exchange
        self.modem = self.network.line("landline").modem
        self.audio = FakeAudio(self.loop)
        self.events: list[Event] = []
        self.line = VoiceModemLine(
            LineSettings("front", "voice_modem", "menu:main", str(PATH), **settings),
            self.events.append,
            self.audio,
            self.network.open_pipe,
            self.loop,
            clock=self.loop.clock,
            identify=lambda path: path,
        )

    def __enter__(self) -> "DialRig":
        self.line.start()
        self.until(lambda: self.state == "ready")
        self.events.clear()
        return self

    def __exit__(self, *_error: object) -> None:
        self.loop.run_until_complete(self.line.stop())
        self.network.stop()
        self.loop.close()

    def run(self, seconds: float) -> None:
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()

    def until(self, wanted: Callable[[], object], limit_s: float = 60.0) -> float:
        begun = self.loop.time()
        while not wanted():
            assert self.loop.time() - begun < limit_s, f"in vain in {self.state}: {self.events}"
            self.run(0.01)
        return self.loop.time() - begun

    @property
    def state(self) -> str:
        return str(self.line.health["detail"])

    @property
    def progress(self) -> Progress | None:
        """How far the far end is that was dialled last."""
        return self.exchange.far.progress if self.exchange.far is not None else None

    @property
    def asked(self) -> list[str]:
        return self.modem.transcript

    def kinds(self) -> list[str]:
        """Names of the events so far."""
        return [type(event).__name__ for event in self.events]

    def release(self) -> None:
        """As the core does, until the line is ready again and on-hook."""
        before = self.kinds().count("LineReleased")
        self.line.release()
        self.until(lambda: self.kinds().count("LineReleased") > before, 15.0)
        assert self.state in ("ready", "ringing")
        assert not self.exchange.off_hook
