"""The control methods: every role, every wrong parameter, and the status board."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.control.methods import Methods, Peer, Refusal
from appliance.control.schema import METHODS, Code, Role
from appliance.control.status import StatusBoard
from tests.control_fakes import FakeConfigs, backend, json_values, turn

GOOD: dict[str, dict[str, Any]] = {
    "auth.claim": {"code": "1", "name": "Nena", "password": "right"},
    "auth.sign_in": {"name": "Nena", "password": "right"},
    "status.changes": {"since": 0, "wait_s": 0},
    "calls.get": {"call_id": "c1"},
    "calls.secret_digits": {"call_id": "c1", "on": True},
    "messages.mark": {"recording_id": "r1", "heard": True},
    "recordings.open": {"recording_id": "r1"},
    "config.check": {"toml": "", "name": "f"},
    "config.import": {"toml": "", "name": "f"},
    "config.draft": {"toml": "", "name": "f"},
    "line_doctor.show": {"proposal_id": "p1"},
    "line_doctor.apply": {"proposal_id": "p1"},
    "line_doctor.dismiss": {"proposal_id": "p1"},
    "line_doctor.clip": {"proposal_id": "p1"},
    "texts.send": {"line": "globe", "number": "0918", "text": "Ready"},
    "texts.mark_read": {"text_id": "t1"},
    "texts.delete": {"text_id": "t1"},
    "line.show": {"line": "globe"},
    "linecard.lend": {"reason": "its firmware is being updated"},
    "linecard.take_back": {"linecard": "hat0"},
    "line.ussd": {"line": "globe", "code": "*143#"},
    "backup.make": {"passphrase": "pan de sal", "recordings": True},
    "network.join": {"ssid": "Nena", "password": "pan de sal", "country": "PH"},
    "backup.restore": {"passphrase": "right one"},
    "update.install": {"source": "upload"},
    "calls.place": {"station": "11", "number": "09181112222"},
}
PEERS = {
    "stranger": (Peer(False, None), Role.ANYONE),
    "false token": (Peer(True, "made up"), Role.ANYONE),
    "staff": (Peer(False, "staff-token"), Role.STAFF),
    "owner": (Peer(False, "owner-token"), Role.OWNER),
    "local": (Peer(True, None), Role.OWNER),
}


@pytest.mark.parametrize("who", PEERS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_opens_to_its_roles_and_to_no_other(method: str, who: str):
    peer, role = PEERS[who]
    work = Methods(backend()).call(method, GOOD.get(method, {}), peer)
    if role >= METHODS[method].role:
        reply = asyncio.run(work)
        msgspec.convert(reply.result, METHODS[method].result)
        if reply.fd is not None:
            os.close(reply.fd)
        assert (reply.fd is not None) == METHODS[method].sends_file
        return
    with pytest.raises(Refusal) as refused:
        asyncio.run(work)
    code = Code.ROLE_TOO_LOW if role is Role.STAFF else Code.NOT_SIGNED_IN
    assert refused.value.code is code


def test_the_table_of_the_document_is_the_table_of_the_code():
    text = (Path(__file__).parents[2] / "docs" / "control-api.md").read_text()
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    roles = {"anyone": Role.ANYONE, "any token": Role.STAFF, "staff": Role.STAFF}
    told = {row[1].strip(" `"): roles.get(row[2].strip(), Role.OWNER) for row in rows}
    assert told == {name: method.role for name, method in METHODS.items()}


def test_who_changes_the_configuration_is_noted():
    made = backend()
    methods, owner = Methods(made), PEERS["owner"][0]
    asked = [
        ("config.import", {"toml": "", "force": True}),
        ("config.apply", {"confirm_within_s": 90}),
        ("config.confirm", {"generation": 3}),
        ("config.revert", {}),
        ("config.revert", {"generation": 7}),
    ]
    for method, params in asked:
        asyncio.run(methods.call(method, params, owner))
    asyncio.run(methods.call("config.draft", {"toml": ""}, PEERS["local"][0]))
    assert isinstance(made.configs, FakeConfigs)
    assert made.configs.asked == [
        ("import", "Nena", "import", True),
        ("apply", 90.0, "Nena"),
        ("confirm", 3, "Nena"),
        ("revert", None, "Nena"),
        ("revert", 7, "Nena"),
        ("draft", "local"),
    ]


def test_settings_on_trial_refuse_in_words():
    made = backend()
    assert isinstance(made.configs, FakeConfigs)
    made.configs.refusal = "settings are on trial"
    with pytest.raises(Refusal, match="settings are on trial") as refused:
        asyncio.run(Methods(made).call("config.import", {"toml": ""}, PEERS["owner"][0]))
    assert refused.value.code is Code.REFUSED


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("calls.list", {"limit": 0}, Code.PARAMS),
        ("calls.list", {"limit": "5"}, Code.PARAMS),
        ("calls.list", {"day": "today"}, Code.PARAMS),
        ("calls.list", {"days": "2026-01-01"}, Code.PARAMS),
        ("calls.list", [1], Code.PARAMS),
        ("calls.list", {"before": "x"}, Code.REFUSED),
        ("calls.get", {"call_id": "none"}, Code.NOT_FOUND),
        ("messages.mark", {"recording_id": "none", "heard": True}, Code.NOT_FOUND),
        ("recordings.open", {"recording_id": "../x"}, Code.NOT_FOUND),
        ("auth.sign_in", {"name": "locked", "password": ""}, Code.LOCKED_OUT),
        ("auth.sign_in", {"name": "Nena", "password": "bad"}, Code.REFUSED),
        ("config.import", {"toml": "[x]", "name": "f"}, Code.REFUSED),
        ("config.draft", {"toml": "[x]", "name": "f"}, Code.REFUSED),
        ("config.apply", {"confirm_within_s": 0}, Code.PARAMS),
        ("config.apply", {"confirm_within_s": 86_401}, Code.PARAMS),
        ("config.apply", {"confirm_within_s": "10m"}, Code.PARAMS),
        ("config.revert", {"generation": 0}, Code.PARAMS),
        ("status.changes", {"since": 0, "wait_s": 1e9}, Code.PARAMS),
        ("texts.send", {"line": "globe", "number": "", "text": "x"}, Code.PARAMS),
        ("texts.send", {"line": "globe", "number": "1", "text": ""}, Code.PARAMS),
        ("texts.send", {"line": "globe", "number": "1", "text": "x" * 2001}, Code.PARAMS),
        ("texts.list", {"before": "x"}, Code.REFUSED),
        ("texts.mark_read", {"text_id": "none"}, Code.REFUSED),
        ("line.show", {"line": "none"}, Code.NOT_FOUND),
        ("linecard.lend", {"linecard": "hat7", "reason": "so"}, Code.NOT_FOUND),
        ("no.such", {}, Code.METHOD),
    ],
)
def test_what_is_wrong_has_its_code(method: str, params: Any, code: Code):
    with pytest.raises(Refusal) as refused:
        asyncio.run(Methods(backend()).call(method, params, Peer(True, None)))
    assert refused.value.code is code
    assert str(refused.value)


def test_a_few_sign_ins_at_once_are_enough():
    async def crowd() -> list[object]:
        methods = Methods(backend())
        peer = Peer(False, None)
        return await asyncio.gather(
            *(methods.call("auth.sign_in", GOOD["auth.sign_in"], peer) for _ in range(8)),
            return_exceptions=True,
        )

    refused = [answer for answer in asyncio.run(crowd()) if isinstance(answer, Refusal)]
    assert len(refused) == 4


@given(
    st.sampled_from(sorted(METHODS)),
    st.dictionaries(
        st.sampled_from(["limit", "before", "day", "call_id", "since", "wait_s", "toml", "name"]),
        json_values,
        max_size=4,
    ),
)
@settings(max_examples=150, deadline=None)
def test_no_parameters_get_past_the_schema(method: str, params: dict[str, Any]):
    async def call() -> None:
        call = Methods(backend()).call(method, {**params, "wait_s": 0} if params else {}, PEER)
        try:
            reply = await call
        except Refusal:
            return
        if reply.fd is not None:
            os.close(reply.fd)

    asyncio.run(call())


PEER = Peer(True, None)


# --- the status board ------------------------------------------------------------------------


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    async def awaited() -> Any:
        return await work()

    return asyncio.run(awaited())


def test_the_board_counts_changes_only():
    board = StatusBoard(7)
    first = dict(board.snapshot)
    assert not board.publish({**first, "at": 99.0})
    assert board.snapshot["revision"] == 7
    assert board.publish({**first, "shop": "x", "at": 100.0})
    assert (board.snapshot["revision"], board.snapshot["at"]) == (8, 100.0)


def test_all_who_wait_are_woken_and_a_foreign_revision_is_answered_at_once():
    async def work() -> None:
        board = StatusBoard(7)
        waiting = [asyncio.ensure_future(board.newer(7, 1000)) for _ in range(3)]
        await turn()
        assert not any(task.done() for task in waiting)
        board.publish({**board.snapshot, "shop": "x"})
        assert {answer["shop"] for answer in await asyncio.gather(*waiting)} == {"x"}
        assert (await board.newer(5000, 1000))["revision"] == 8
        cancelled = asyncio.ensure_future(board.newer(8, 1000))
        await turn()
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        assert not board._waiters

    run(work)
