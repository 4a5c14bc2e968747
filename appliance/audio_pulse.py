"""The audio loop's pulse: while it beats the watchdog is fed; its trouble is told, and its end."""

from collections.abc import Callable

from appliance.watchdog import Watchdog


class AudioPulse:
    """Main thread. ``tell``: one sentence for the box's story."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._is_told = False
        self.watchdog = Watchdog()
        self.trouble = ""

    def on_trouble(self, sentence: str) -> None:
        """What the engine says is wrong."""
        self.trouble = sentence
        self._is_told = False
        self._tell(sentence)

    def beat(self, ticks: int) -> None:
        """``ticks``: of the loop so far. Trouble is over at the second beat that finds it alive."""
        is_alive = self.watchdog.feed(ticks)
        if self.trouble and is_alive and self._is_told:
            self.trouble = ""
            self._tell("The audio loop is at work again")
        self._is_told = bool(self.trouble)
