"""A line that is away for a while: told on the status, kept in the history, gone when it works."""

from appliance.line_watch import NOTED_AFTER_S, TOLD_AFTER_S
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop


def troubles(shop: Shop) -> list[dict[str, object]]:
    reading = shop.box.reader_worker.submit(lambda: shop.box.text_reader.list_troubles("landline"))
    return list(reading.result())


def test_a_modem_that_was_unplugged_for_some_minutes(open_shop: OpenShop) -> None:
    shop = open_shop()
    assert shop.status["lines"][0]["problem"] is None
    assert shop.status["problems"] == []
    unplugged = shop.box.machine.clock.utc()
    shop.network.lines["landline"].unplug()
    shop.pass_s(NOTED_AFTER_S + 5)
    assert [one["ended_at"] for one in troubles(shop)] == [None]
    assert shop.status["lines"][0]["problem"] is None  # it may be back soon
    shop.pass_s(TOLD_AFTER_S)
    told = shop.status["lines"][0]["problem"]
    assert told["text"].startswith("line landline: ")
    assert abs(told["since"] - unplugged) < 5
    assert shop.status["problems"] == [f"{told['text']}: {told['advice']}"]
    shop.network.lines["landline"].plug_in()
    shop.until(lambda: shop.line_state == "ready")
    shop.pass_s(3)
    assert shop.status["problems"] == []
    (kept,) = troubles(shop)
    assert kept["reason"]
    assert kept["ended_by"] == "line"
    assert abs(float(str(kept["began_at"])) - unplugged) < 5


def test_the_texts_of_an_earlier_run_are_looked_at_once(open_shop: OpenShop) -> None:
    """A whole daemon with a text under way that the box's end left uncertain."""
    shop = open_shop()
    tell = shop.box.history.remember_fact
    tell("text_queued", {"text_id": "t1", "line": "landline", "number": "0918", "text": "Hi"})
    tell("text_state", {"text_id": "t1", "state": "sending", "reason": ""}).result()
    shop.kill_box()
    shop.restart_box()
    shop.pass_s(3)
    reader = shop.box.text_reader
    found = shop.box.reader_worker.submit(lambda: reader.get_text("t1")).result()
    assert found is not None
    assert found["state"] == "perhaps_sent"
    assert shop.status["texts_revision"] >= 1
    assert shop.status["lines"][0]["facts"]["texts"] is False
