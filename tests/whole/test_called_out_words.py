"""A call out of a whole shop, told by the page's words from the real status and history."""

from appliance.control.schema_lines import OutgoingRules
from appliance.simulator.exchange import LineHabits
from appliance.simulator.far_end import FarEndConfig
from tests.whole.conftest import OpenShop
from web_admin import called_out, stories

NUMBER = "12125550123"


def test_a_busy_number_asked_for_on_the_page(open_shop: OpenShop) -> None:
    shop = open_shop(line={"habits": LineHabits("US", progress_codes=False)})
    shop.network.directory.add(FarEndConfig(NUMBER, "busy"))
    shop.until_ready()
    before = shop.status["today"]
    shop.box.outgoing.place_call("11", "1 (212) 555-0123")
    shop.until(lambda: shop.station_state("11") == "ringing", 5.0)
    status = shop.status
    (live,) = status["calls"]
    names = stories.station_names(status)
    assert (live["direction"], live["station"]) == ("outbound", "11")
    assert called_out.live_words(live, status) == "rings first: lift it to call"
    shop.phone("11").lift()
    shop.until(lambda: shop.last_call()["dials"], 20.0)
    (live,) = shop.status["calls"]
    assert called_out.live_words(live, shop.status) == "is calling"
    shop.until(lambda: not shop.status["calls"], 60.0)
    call = shop.last_call()
    by = names["11"]
    assert stories.summary(call, names, 0.0) == f"Called out by {by}: busy"
    assert stories.who(call, names) == NUMBER
    labels = [step.label for step in stories.steps(call, 0.0)]
    assert labels == ["Ringing the handset first", "Calling"]
    assert [one.line for one in called_out.tried(call, 0.0)] == ["landline"]
    assert shop.status["today"] == before  # figures of calls that came in
    rules = shop.box.outgoing.rules()
    assert rules.keys() == set(OutgoingRules.__struct_fields__)
    assert rules["shop"]["calls"] == 1
    shop.phone("11").hang_up()
