"""One AT dialogue at a time on a modem's port: a script, its results, what follows its end."""

from collections.abc import Callable, Iterable

from appliance.lines.modem_port import ModemPort
from appliance.modem.at import Command, Result

Results = list[Result]


class Dialogue:
    """Times and bytes are the port's; here is only which script runs and how far it is."""

    def __init__(self) -> None:
        self._script: tuple[Command, ...] = ()
        self._results: Results = []
        self._on_done: Callable[[Results], object] | None = None

    def run(
        self, port: ModemPort, commands: Iterable[Command], on_done: Callable[[Results], object]
    ) -> None:
        """Have ``commands`` sent; ``on_done`` hears their results once all have succeeded."""
        self._script, self._results, self._on_done = tuple(commands), [], on_done
        port.run(self._script)

    def finished(self, result: Result) -> None:
        """A command ended."""
        self._results.append(result)

    def end(self) -> None:
        """All commands have ended well: tell it, once."""
        done, self._on_done = self._on_done, None
        if done is not None:
            done(self._results)

    def forget(self) -> None:
        """Whatever ends from now on is nobody's."""
        self._on_done = None

    @property
    def results(self) -> tuple[Result, ...]:
        """Of the script that runs, or ran last."""
        return tuple(self._results)

    @property
    def outstanding(self) -> Command | None:
        """The command whose answer is awaited, in a script that goes on."""
        count = len(self._results)
        return self._script[count] if count < len(self._script) else None
