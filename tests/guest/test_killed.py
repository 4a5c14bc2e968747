"""The telephony service dies at a stroke, and answers again."""

import os
import statistics
import subprocess
import sys

from appliance.simulator.caller import CallScript
from tests.guest.box import SERVICES, Box
from tests.guest.conftest import Tell
from tests.guest.line import Network
from tests.guest.test_calls import until_answered, until_heard

MOST_S, NATIVE_MOST_S = 15.0, 3.0
# What a service's start mostly does, by nothing of ours: Python starts and loads modules.
WORK = (
    "import asyncio, decimal, email.message, http.client, json, logging.handlers, sqlite3, tarfile"
)
TIMED = f"{{ time -p python3 -I -c '{WORK}'; }} 2>&1 | sed -n 's/^real //p'"


def times_slower(box: Box) -> float:
    """The guest's time on the wall for some work, over this machine's own processor time for it."""
    told = box.ask(f'bash -c "{TIMED}"')
    before = os.times()
    subprocess.run([sys.executable, "-I", "-c", WORK], check=True)
    after = os.times()
    spent_s = after.children_user - before.children_user
    spent_s += after.children_system - before.children_system
    return float(told) / spent_s


def test_a_killed_service_answers_again(landline: Box, network: Network, tell: Tell) -> None:
    shop = landline
    shop.until_ready("landline")
    kill = f"systemctl kill --kill-whom=main --signal=KILL {SERVICES[0]}"
    killed_s = float(shop.ask(f"cut -d' ' -f1 /proc/uptime; {kill}"))
    call = network.call("landline", CallScript("09170000002"))
    answered_s = until_answered(call)
    began_s, ready_s = (
        int(shop.properties(SERVICES[0], name)[name]) / 1e6 - killed_s
        for name in ("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
    )
    tell(
        f"killed: a new daemon begins {began_s:.1f} s later and is ready after {ready_s:.1f} s, "
        f"a ring is answered after {answered_s:.1f} s"
    )
    until_heard(call, shop.prompts["welcome"], "the greeting")
    call.hang_up()
    assert shop.properties(SERVICES[0], "NRestarts") == {"NRestarts": "1"}
    assert shop.until_history("09170000002")["disposition"] == "answered"
    slower = statistics.median(times_slower(shop) for _ in range(5))
    tell(f"the emulated box is {slower:.0f} times slower than the machine that emulates it")
    assert answered_s <= max(MOST_S, NATIVE_MOST_S * slower)
