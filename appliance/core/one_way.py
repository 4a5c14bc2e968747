"""What is told when nothing is heard of one who takes part in a talk."""

from appliance.core.desk import Desk

_OUTSIDE = {"caller": "the caller", "far_end": "the other side"}


class OneWay:
    """For one talk that began at ``began``; ``trouble`` is what is wrong at this moment, or "".

    ``caller``: the endpoint of who began the call; any other line was dialled.
    """

    def __init__(self, desk: Desk, call_id: str, began: float, caller: str) -> None:
        self._desk = desk
        self._call_id = call_id
        self._began = began
        self._caller = caller
        self._dead: dict[str, str] = {}  # endpoint -> what is wrong, shortly

    @property
    def trouble(self) -> str:
        return next(iter(self._dead.values()), "")

    def heard(self, endpoint: str, ms: int, over: bool) -> None:
        """``ms``: for how long nothing came from ``endpoint``."""
        kind, _, name = endpoint.partition(":")
        silent = "station" if kind == "station" else self._outside(endpoint)
        who = f"station {name}" if kind == "station" else _OUTSIDE[silent]
        seconds = ms / 1000
        if over:
            self._dead.pop(endpoint, None)
            text = f"{who[0].upper()}{who[1:]} is heard again after {seconds:.1f} s"
        else:
            self._dead[endpoint] = f"{who} can't be heard"
            if kind == "station":
                text = f"The others can't hear {who}: it has sent nothing for {seconds:.1f} s"
            else:
                text = f"The shop can't hear {who}: nothing has come in for {seconds:.1f} s"
        self._desk.note(self._call_id, text, seconds=round(seconds, 2), silent=silent)
        self._desk.fact(
            self._call_id,
            "trouble",
            what="one_way",
            silent=silent,
            station=name if kind == "station" else "",
            over=over,
            ms=ms,
            after_ms=max(0, round((self._desk.now - self._began) * 1000) - ms),
        )

    def _outside(self, line: str) -> str:
        return "caller" if line == self._caller else "far_end"
