"""A handset's hook switch: contact bounce, flash and hanging up, told apart by length; pure."""

from enum import Enum

DEBOUNCE_S = 0.03  # a contact chatters for up to 10 ms, worn ones for 20
FLASH_S = (0.08, 0.8)  # a shorter break is a knock at the fork, a longer one hangs up


class HookState(Enum):
    ON_HOOK = "on_hook"
    OFF_HOOK = "off_hook"
    BROKEN = "broken"  # off-hook, and the contact is open: a flash, or the end


class HookNews(Enum):
    LIFTED = "lifted"
    FLASHED = "flashed"
    HUNG_UP = "hung_up"


class _Input(Enum):
    CLOSED = "closed"  # steadily
    OPENED = "opened"
    TIME_UP = "time up"


_S = HookState

# What is not in the table changes nothing.
HOOK_TABLE: dict[tuple[HookState, _Input], HookState] = {
    (_S.ON_HOOK, _Input.CLOSED): _S.OFF_HOOK,
    (_S.OFF_HOOK, _Input.OPENED): _S.BROKEN,
    (_S.BROKEN, _Input.CLOSED): _S.OFF_HOOK,
    (_S.BROKEN, _Input.TIME_UP): _S.ON_HOOK,
}


class HookSwitch:
    """Feed it each edge, and `tick` at `deadline`."""

    def __init__(self, is_lifted: bool) -> None:
        self.state = _S.OFF_HOOK if is_lifted else _S.ON_HOOK
        self._contact = self._steady = is_lifted
        self._moved_s = 0.0
        self._broken_s = 0.0

    @property
    def deadline(self) -> float | None:
        """When tick() must be called, or None."""
        if self._contact is not self._steady:
            return self._moved_s + DEBOUNCE_S
        return self._broken_s + FLASH_S[1] if self.state is _S.BROKEN else None

    def edge(self, is_lifted: bool, at_s: float) -> None:
        """The contact moved (closed: lifted)."""
        if is_lifted is not self._contact:
            self._contact, self._moved_s = is_lifted, at_s

    def tick(self, now: float) -> HookNews | None:
        """What has become certain."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return None
        if self._contact is self._steady:
            return self._move(_Input.TIME_UP)
        self._steady = self._contact
        return self._move(_Input.CLOSED if self._steady else _Input.OPENED)

    def _move(self, what: _Input) -> HookNews | None:
        old = self.state
        self.state = HOOK_TABLE.get((old, what), old)
        if (old, self.state) == (_S.ON_HOOK, _S.OFF_HOOK):
            return HookNews.LIFTED
        if (old, self.state) == (_S.BROKEN, _S.ON_HOOK):
            return HookNews.HUNG_UP
        if self.state is _S.BROKEN:
            self._broken_s = self._moved_s
        elif old is _S.BROKEN and self._moved_s - self._broken_s >= FLASH_S[0]:
            return HookNews.FLASHED
        return None
