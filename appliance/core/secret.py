"""Whether a caller's keys are a secret now: a menu may ask for it, and so may the shop."""

from appliance.core.commands import SetSecretDigits
from appliance.core.desk import Desk
from appliance.core.plan import Plan

HIDDEN_DIGIT = "•"  # stands for a key that is not kept


def asks_for_secret(plan: Plan, destination: str) -> bool:
    """Whether this destination is a menu whose keys are a secret."""
    kind, _, name = destination.partition(":")
    menu = plan.menus.get(name) if kind == "menu" else None
    return menu is not None and menu.secret


class SecretDigits:
    """For one call. While either asks, what the caller keys in is recorded nowhere."""

    def __init__(self, desk: Desk, call_id: str, endpoint: str) -> None:
        self._desk = desk
        self._call_id = call_id
        self._endpoint = endpoint
        self._by_menu = False
        self._by_shop = False

    @property
    def on(self) -> bool:
        return self._by_menu or self._by_shop

    def shown(self, digit: str) -> str:
        """A key as it may be kept."""
        return HIDDEN_DIGIT if self.on else digit

    def menu(self, on: bool) -> None:
        """A menu that asks for a secret begins or is left."""
        was, self._by_menu = self.on, on
        self._tell(was)

    def shop(self, on: bool) -> None:
        """Somebody at the shop asked for it, or ended it."""
        if on is self._by_shop:
            return
        was, self._by_shop = self.on, on
        text = "Secret digits asked for: touch tones are kept out of the recording from here"
        self._desk.note(self._call_id, text if on else "Secret digits are over")
        self._tell(was)

    def follow(self, endpoint: str) -> None:
        """What is recorded is this one's sound from here on."""
        if endpoint != self._endpoint and self.on:
            self._desk.emit(SetSecretDigits(self._endpoint, False))
            self._desk.emit(SetSecretDigits(endpoint, True))
        self._endpoint = endpoint

    def end(self) -> None:
        """The call is over."""
        was, self._by_menu, self._by_shop = self.on, False, False
        self._tell(was)

    def _tell(self, was: bool) -> None:
        if was is not self.on:
            self._desk.emit(SetSecretDigits(self._endpoint, self.on))
