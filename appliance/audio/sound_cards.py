"""The sound cards of the configuration in force: made, kept in step with it, shown."""

from collections.abc import Sequence
from typing import Any

from appliance.audio.card_ports import CardPorts
from appliance.audio.sound_card import CardNeeds, SoundCard
from appliance.errors import AudioError
from appliance.settings import SoundCardSettings

SHOWN_PPM = 10  # the drift is shown in such steps: a page need not hear of each ppm


class SoundCards:
    """Main thread only. With no card in the configuration nothing is started at all."""

    def __init__(self, ports: CardPorts, needs: CardNeeds) -> None:
        self._ports = ports
        self._needs = needs
        self._wanted: tuple[SoundCardSettings, ...] = ()
        self._cards: dict[str, SoundCard] = {}
        self._troubles: dict[str, str] = {}

    def want(self, settings: Sequence[SoundCardSettings]) -> None:
        """From now on be like ``settings``; a card in use is changed once its port is closed."""
        self._wanted = tuple(settings)
        self._settle()

    def poll(self) -> None:
        """About once a second."""
        for card in self._cards.values():
            card.poll()
        self._settle()

    def stop(self) -> None:
        """End every process. Idempotent."""
        self._wanted = ()
        for name in list(self._cards):
            self._end(name)

    def status(self, utc_offset_s: float) -> list[dict[str, Any]]:
        """For the status snapshot (docs/control-api.md); ``utc_offset_s``: UTC minus loop time."""
        return [self._shown(card, utc_offset_s) for _, card in sorted(self._cards.items())]

    @property
    def problems(self) -> tuple[str, ...]:
        """A sentence for each thing that is wrong; said once where all cards share it."""
        away = [card for card in self._cards.values() if card.state == "away"]
        systems = {c.reason for c in away if c.reason.startswith("no sound system")}
        others = [
            f"sound card {card.settings.name}: {card.reason}"
            for card in away
            if card.reason not in systems
        ]
        return (*sorted(systems), *others, *self._troubles.values())

    def _settle(self) -> None:
        wanted = {settings.name: settings for settings in self._wanted}
        for name, card in list(self._cards.items()):
            if wanted.get(name) != card.settings and self._ports.port_of(name) is None:
                self._end(name)
        for name, settings in wanted.items():
            if name not in self._cards:
                self._make(settings)

    def _make(self, settings: SoundCardSettings) -> None:
        try:
            card = SoundCard(settings, self._needs)
        except AudioError as error:
            self._troubles[settings.name] = f"sound card {settings.name}: {error}"
            return
        self._troubles.pop(settings.name, None)
        self._cards[settings.name] = card
        self._ports.add(settings.name, card.memory)
        card.start()

    def _end(self, name: str) -> None:
        self._ports.remove(name)
        self._cards.pop(name).stop()

    def _shown(self, card: SoundCard, utc_offset_s: float) -> dict[str, Any]:
        drift_ppm = self._ports.drift_ppm(card.settings.name)
        return {
            "name": card.settings.name,
            "device": card.settings.device,
            "state": card.state,
            "since": card.since + utc_offset_s,
            "reason": card.reason,
            "sound_system": card.sound_system,
            "rate_hz": card.rate_hz,
            "xruns": card.memory.figures().xruns,
            "drift_ppm": None if drift_ppm is None else round(drift_ppm / SHOWN_PPM) * SHOWN_PPM,
        }
