"""The telephony service dies at a stroke, and answers again."""

from appliance.simulator.caller import CallScript
from tests.guest.box import SERVICES, Box
from tests.guest.conftest import Tell
from tests.guest.line import Network
from tests.guest.test_calls import until_answered, until_heard

MOST_S = 15.0


def test_a_killed_service_answers_again(shop: Box, network: Network, tell: Tell) -> None:
    shop.until_ready("landline")
    shop.ask(f"systemctl kill --kill-whom=main --signal=KILL {SERVICES[0]}")
    call = network.call("landline", CallScript("09170000002"))
    answered_s = until_answered(call)
    tell(f"killed: the next ring is answered {answered_s:.1f} s later")
    until_heard(call, shop.prompts["welcome"], "the greeting")
    call.hang_up()
    assert shop.properties(SERVICES[0], "NRestarts") == {"NRestarts": "1"}
    assert shop.until_history("09170000002")["disposition"] == "answered"
    assert answered_s <= MOST_S
