"""Who may come in: the claim, passwords, sessions, and what guessing costs, in injected time."""

import errno
import stat
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import SignInLocked, SignInRefused
from appliance.loop import VirtualClock
from appliance.storage.accounts import SESSION_S, Accounts, Identity
from appliance.storage.disk import Disk
from appliance.storage.lockout import (
    FREE_FAILURES,
    FREE_FAILURES_IN_ALL,
    LONGEST_WAIT_IN_ALL_S,
    LONGEST_WAIT_S,
    Lockout,
)

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "pan de sal 5"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def accounts(tmp_path: Path, clock: VirtualClock) -> Accounts:
    return Accounts(tmp_path, clock, hasher=CHEAP)


def reopened(tmp_path: Path, clock: VirtualClock) -> Accounts:
    return Accounts(tmp_path, clock, hasher=CHEAP)


def test_a_box_is_claimed_once_with_the_code_on_it(
    tmp_path: Path, clock: VirtualClock, accounts: Accounts
):
    assert not accounts.claimed
    code = accounts.claim_code()
    assert len(code) == 8
    assert code == reopened(tmp_path, clock).claim_code()
    assert stat.S_IMODE((tmp_path / "claim-code").stat().st_mode) == 0o600
    session = accounts.claim(f"{code[:4]} - {code[4:]}\n", " Nena ", PASSWORD)
    assert session.identity == Identity("Nena", "owner")
    assert accounts.claimed
    assert accounts.claim_code() == ""
    assert not (tmp_path / "claim-code").exists()
    with pytest.raises(SignInRefused, match="has an owner already"):
        accounts.claim(code, "Mallory", PASSWORD)
    assert reopened(tmp_path, clock).who(session.token) == Identity("Nena", "owner")


def test_the_claim_code_can_not_be_guessed_by_trying(accounts: Accounts, clock: VirtualClock):
    wrong = "00000000" if accounts.claim_code() != "00000000" else "11111111"
    for _ in range(FREE_FAILURES):
        with pytest.raises(SignInRefused):
            accounts.claim(wrong, "Mallory", PASSWORD)
    with pytest.raises(SignInLocked):
        accounts.claim(accounts.claim_code(), "Nena", PASSWORD)
    clock.advance(31)
    assert accounts.claim(accounts.claim_code(), "Nena", PASSWORD).identity.role == "owner"


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("", PASSWORD),
        ("x" * 61, PASSWORD),
        ("a\nb", PASSWORD),
        ("Nena", "short"),
        ("Nena", "x" * 201),
        ("Nena", "aaaaaaaaaa"),
        ("longenough", "LongEnough"),
        ("Nena", "lone \ud800 surrogate"),
    ],
)
def test_a_name_or_password_that_will_not_do_is_told(accounts: Accounts, name: str, password: str):
    with pytest.raises(SignInRefused):
        accounts.claim(accounts.claim_code(), name, password)
    assert not accounts.claimed


def test_secrets_are_kept_as_hashes_only(tmp_path: Path, accounts: Accounts):
    session = accounts.claim(accounts.claim_code(), "Nena", PASSWORD)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert PASSWORD.encode() not in kept
    assert session.token.encode() not in kept
    assert b"$argon2id$" in kept


def test_a_session_ends_by_signing_out_by_time_or_with_its_person(
    tmp_path: Path, clock: VirtualClock, accounts: Accounts
):
    accounts.add("Nena", PASSWORD, "owner")
    accounts.add("Jun", PASSWORD, "staff")
    first, second = accounts.sign_in("Nena", PASSWORD), accounts.sign_in("Jun", PASSWORD)
    assert accounts.who(second.token) == Identity("Jun", "staff")
    accounts.sign_out(second.token)
    accounts.sign_out("never a token")
    assert accounts.who(second.token) is None
    assert accounts.who("") is None
    clock.advance(SESSION_S - 1)
    assert accounts.who(first.token) == Identity("Nena", "owner")
    clock.advance(1)
    assert accounts.who(first.token) is None
    assert reopened(tmp_path, clock).who(first.token) is None


def test_names_are_taken_once(accounts: Accounts):
    accounts.add("Jun", PASSWORD, "staff")
    with pytest.raises(SignInRefused, match="already"):
        accounts.add(" Jun ", PASSWORD, "owner")


@pytest.mark.parametrize("name", ["Jun", "Nobody"])
def test_guessing_waits_longer_each_time_whether_or_not_the_name_exists(
    accounts: Accounts, clock: VirtualClock, name: str
):
    accounts.add("Jun", PASSWORD, "staff")
    accounts.add("Nena", PASSWORD, "owner")
    waits = []
    for _ in range(FREE_FAILURES + 2):
        with pytest.raises(SignInRefused, match="do not belong together"):
            accounts.sign_in(name, "wrong wrong")
        try:
            accounts.sign_in(name, "wrong again")
        except SignInLocked as locked:
            waits.append(locked.retry_after_s)
            clock.advance(locked.retry_after_s)
        except SignInRefused:
            pass
    assert waits == sorted(waits)
    assert waits[0] == 30
    assert waits[-1] > waits[0]
    assert accounts.sign_in("Nena", PASSWORD).identity.name == "Nena"


def test_the_right_password_does_not_help_while_locked_out_and_does_after(
    accounts: Accounts, clock: VirtualClock
):
    accounts.add("Nena", PASSWORD, "owner")
    for _ in range(FREE_FAILURES):
        with pytest.raises(SignInRefused):
            accounts.sign_in("Nena", "wrong")
    with pytest.raises(SignInLocked):
        accounts.sign_in("Nena", PASSWORD)
    clock.advance(30)
    accounts.sign_in("Nena", PASSWORD)
    with pytest.raises(SignInRefused):  # forgiven: counting starts anew
        accounts.sign_in("Nena", "wrong")


class FullDisk(Disk):
    def write(self, fd: int, data: bytes | memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_card_does_not_keep_the_owner_out(tmp_path: Path, clock: VirtualClock):
    reopened(tmp_path, clock).add("Nena", PASSWORD, "owner")
    accounts = Accounts(tmp_path, clock, FullDisk(), CHEAP)
    session = accounts.sign_in("Nena", PASSWORD)
    assert accounts.who(session.token) == Identity("Nena", "owner")
    assert "until the next start" in accounts.problems[0]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 100)), max_size=120))
@settings(max_examples=50, deadline=None)
def test_the_waits_are_bounded_and_grow_with_failures(tries: list[tuple[str, float]]):
    now = 0.0
    lockout = Lockout(lambda: now)
    for failures, (name, pause_s) in enumerate(tries, start=1):
        now += pause_s
        lockout.failed(name)
        assert 0 <= lockout.wait_s(name) <= LONGEST_WAIT_S
        assert lockout.wait_s("a stranger") <= LONGEST_WAIT_IN_ALL_S
        if failures >= FREE_FAILURES_IN_ALL:
            assert lockout.wait_s("a stranger") > 0


def test_many_names_do_not_fill_the_memory():
    lockout = Lockout(lambda: 0.0)
    for number in range(3000):
        lockout.failed(f"name {number}")
    assert len(lockout._by_name) <= 1000
