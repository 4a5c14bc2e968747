"""The one-letter commands of ITU-T V.250: echo, result codes, factory settings, information."""

from collections.abc import Callable

from appliance.simulator.cellular.at_answer import Answer, Unit


class BasicCommands:
    """``echo``, ``verbose`` and ``quiet`` are what ATE, ATV and ATQ have set."""

    def __init__(self, unit: Unit, forget_settings: Callable[[], None]) -> None:
        self._unit = unit
        self._forget_settings = forget_settings
        self.restarted()

    def restarted(self) -> None:
        self.echo, self.verbose, self.quiet = True, True, False

    def obey(self, text: str) -> Answer:
        """``text``: upper case; what is not known gets ERROR."""
        name, value = text[:1], text[1:]
        if name in ("E", "V", "Q") and value in ("", "0", "1"):
            self._switch(name, value == "1")
            return Answer()
        if text in ("Z", "Z0", "&F", "&F0"):
            self._forget_settings()
            return Answer()
        if name == "I" and value in ("", "0"):
            profile = self._unit.profile
            return Answer((profile.manufacturer, profile.model, f"Revision: {profile.revision}"))
        known = name in ("X", "L", "M", "&") or text in ("S3=13", "S4=10")
        return Answer(result="OK" if known else "ERROR")

    def _switch(self, name: str, on: bool) -> None:
        if name == "E":
            self.echo = on
        elif name == "V":
            self.verbose = on
        else:
            self.quiet = on
