"""What is told when nothing is heard of one who takes part in a talk."""

from appliance.core.desk import Desk


class OneWay:
    """For one talk that began at ``began``; ``trouble`` is what is wrong at this moment, or ""."""

    def __init__(self, desk: Desk, call_id: str, began: float) -> None:
        self._desk = desk
        self._call_id = call_id
        self._began = began
        self._dead: dict[str, str] = {}  # endpoint -> what is wrong, shortly

    @property
    def trouble(self) -> str:
        return next(iter(self._dead.values()), "")

    def heard(self, endpoint: str, ms: int, over: bool) -> None:
        """``ms``: for how long nothing came from ``endpoint``."""
        kind, _, name = endpoint.partition(":")
        is_line = kind == "line"
        seconds = ms / 1000
        if over:
            self._dead.pop(endpoint, None)
            who = "The caller" if is_line else f"Station {name}"
            text = f"{who} is heard again after {seconds:.1f} s"
        elif is_line:
            self._dead[endpoint] = "the caller can't be heard"
            text = f"The shop can't hear the caller: nothing has come in for {seconds:.1f} s"
        else:
            self._dead[endpoint] = f"station {name} can't be heard"
            text = f"The others can't hear station {name}: it has sent nothing for {seconds:.1f} s"
        silent = "caller" if is_line else "station"
        self._desk.note(self._call_id, text, seconds=round(seconds, 2), silent=silent)
        self._desk.fact(
            self._call_id,
            "trouble",
            what="one_way",
            silent=silent,
            station="" if is_line else name,
            over=over,
            ms=ms,
            after_ms=max(0, round((self._desk.now - self._began) * 1000) - ms),
        )
