"""The telephony service dies at a stroke, and answers again."""

from appliance.simulator.caller import CallScript
from tests.guest.box import SERVICES, Box
from tests.guest.conftest import Tell
from tests.guest.line import Network
from tests.guest.test_calls import until_answered, until_heard

MOST_S = 15.0  # on a machine that has nothing else to do


def test_a_killed_service_answers_again(landline: Box, network: Network, tell: Tell) -> None:
    shop = landline
    shop.until_ready("landline")
    kill = f"systemctl kill --kill-whom=main --signal=KILL {SERVICES[0]}"
    waited_s = shop.guest.waited_s()
    killed_s = float(shop.ask(f"cut -d' ' -f1 /proc/uptime; {kill}"))
    call = network.call("landline", CallScript("09170000002"))
    answered_s = until_answered(call)
    waited_s = shop.guest.waited_s() - waited_s
    began_s, ready_s = (
        int(shop.properties(SERVICES[0], name)[name]) / 1e6 - killed_s
        for name in ("ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic")
    )
    tell(
        f"killed: a new daemon begins {began_s:.1f} s later and is ready after {ready_s:.1f} s, "
        f"a ring is answered after {answered_s:.1f} s, {waited_s:.1f} s of which "
        "the machine that emulates it did others' work"
    )
    until_heard(call, shop.prompts["welcome"], "the greeting")
    call.hang_up()
    assert shop.properties(SERVICES[0], "NRestarts") == {"NRestarts": "1"}
    assert shop.until_history("09170000002")["disposition"] == "answered"
    assert answered_s - waited_s <= MOST_S
