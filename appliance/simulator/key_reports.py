"""How an emulated modem reports a key it hears: one code, or a shielded run of them."""

from collections.abc import Callable

from appliance.simulator.timers import Timers


class KeyReports:
    """``form``: shielded (``/ d d ~``), bare (one code a key) or none. ``report``: takes a code."""

    def __init__(self, form: str, timers: Timers, report: Callable[[int], None]) -> None:
        self._form = form
        self._timers = timers
        self._report = report
        self._key: int | None = None

    def began(self, key: str) -> None:
        """A DTMF key began on the line; reported 40 ms later."""
        self._key = ord(key)
        self._timers.set("key", 0.04, self._tell)

    def ended(self) -> None:
        if self._key is not None and self._form == "shielded":
            self._timers.set("key", 0.03, lambda: self._report(ord("~")))
        self._key = None

    def _tell(self) -> None:
        if self._key is None or self._form == "none":
            return
        if self._form == "shielded":
            self._report(ord("/"))
            self._repeat()
        else:
            self._report(self._key)

    def _repeat(self) -> None:
        if self._key is not None:
            self._report(self._key)
            self._timers.set("key", 0.07, self._repeat)
