"""What hangs on the emulated machine's GPIO header and sound cards: boards and handsets.

For virtual time alone: the header and the cards are in the daemon's own process, by the seams of
its machine (``gpio``, ``launch_sound_card``, ``sound_cards_now``).
"""

import asyncio
import random
from collections.abc import Callable, Sequence

from appliance.simulator.exchange import ExchangeLine
from appliance.simulator.far_end import Directory
from appliance.simulator.gpio_board import GpioLineBoard, GpioLineConfig
from appliance.simulator.phones import Phone, PhoneConfig
from appliance.simulator.pins import EmulatedPins
from appliance.simulator.sound_card import SoundCards
from appliance.simulator.sound_handset import SoundHandset, SoundHandsetConfig


class GpioDevices:
    """``pins`` and ``cards`` are the machine's; ``boards`` by line, ``handsets`` by extension."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        lines: Sequence[GpioLineConfig],
        handsets: Sequence[SoundHandsetConfig],
        seed: int,
        utc: Callable[[], float],
        *,
        directory: Directory,
        cards: SoundCards,
    ) -> None:
        self.pins = EmulatedPins(loop)
        self.cards = cards
        self.boards: dict[str, GpioLineBoard] = {}
        self.handsets: dict[str, SoundHandset] = {}
        self.phones: dict[str, Phone] = {}
        for line in lines:
            rng = random.Random(f"{seed} {line.name}")
            exchange = ExchangeLine(loop, line.name, line.habits, rng, utc, directory=directory)
            board = self.boards[line.name] = GpioLineBoard(loop, line, self.pins, exchange)
            self.cards.add(line.device, board, line.ppm)
        for config in handsets:
            handset = SoundHandset(loop, config, self.pins)
            self.handsets[config.extension] = handset
            self.phones[config.extension] = Phone(
                loop, handset, PhoneConfig(config.extension, config.device, 1)
            )
            self.cards.add(config.device, handset, config.ppm)

    def exchange(self, line: str) -> ExchangeLine | None:
        """The exchange's end of a line on a board; None: it is no such line."""
        board = self.boards.get(line)
        return board.exchange if board is not None else None

    def stop(self) -> None:
        """Idempotent."""
        for board in self.boards.values():
            board.exchange.stop()
            board.stop()
        for handset in self.handsets.values():
            handset.stop()
