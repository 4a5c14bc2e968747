"""What a lifted handset of a box without an owner says: how to claim it, and the code."""

from collections.abc import Callable

from appliance.core.events import Event, WelcomeTold
from appliance.storage.accounts import Accounts

BEFORE_CODE = ("claim_welcome", "claim_open", "claim_host", "claim_code")
SPELLED = {"-": "hyphen"}


class Welcome:
    """Tells the core, at each change. ``code``: of digits, "" once the box is claimed."""

    def __init__(self, accounts: Accounts, code: str, post: Callable[[Event], None]) -> None:
        self._accounts = accounts
        self._code = code
        self._post = post
        self._told: tuple[str, ...] = ()

    def look(self) -> None:
        """Main thread, about once a second: the claim itself happens elsewhere."""
        prompts: tuple[str, ...] = ()
        if self._code and not self._accounts.claimed:
            prompts = (*BEFORE_CODE, *(f"digit_{digit}" for digit in self._code))
        if prompts != self._told:
            self._told = prompts
            self._post(WelcomeTold(prompts))


def spoken_host(name: str) -> str:
    """A box's address as a voice says it: ``nena-2`` as "nena hyphen 2 dot local"."""
    own = name.partition(".")[0].lower()
    letters = "".join(f" {SPELLED[x]} " if x in SPELLED else x for x in own)
    return f"{' '.join(letters.split())} dot local."
