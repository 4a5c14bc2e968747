"""A box that was claimed, for tests in which its first day is over."""

from pathlib import Path

from argon2 import PasswordHasher

from appliance.loop import VirtualClock
from appliance.storage.accounts import Accounts, has_owner


def give_owner(state: Path) -> None:
    """As after the claim; the password is nobody's."""
    if not has_owner(state):
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        Accounts(state, VirtualClock(), hasher=hasher).add("Nena", "pan de sal 5", "owner")
