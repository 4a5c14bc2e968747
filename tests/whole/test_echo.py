"""The echo of what a handset says, through line, hybrid and bridge, is not heard at the handset."""

import math

import pytest

from appliance.simulator.codec import mean_power, ulaw_encode
from tests.whole.conftest import OpenShop

LINE_LOSS_DB = 12.0  # of the emulated modem's hybrid
WANTED_DB = 25.0  # ITU-T G.168: what the canceller takes away of it
TALK_S = 6


@pytest.mark.parametrize(
    ("modem_ppm", "hat_ppm"), [(0, 0), (100, -100), (-1000, 1000)], ids=["equal", "100", "1000"]
)
def test_who_speaks_does_not_hear_himself(
    open_shop: OpenShop, modem_ppm: int, hat_ppm: int
) -> None:
    shop = open_shop(line={"ppm": modem_ppm}, hat={"clock_ppm": hat_ppm})
    shop.answer_with("11", 1.0)
    shop.ring(("1",))
    shop.until(lambda: shop.phone("11").off_hook)
    phrase = ulaw_encode(shop.box.prompts.clip("welcome").samples)
    said = (phrase * (TALK_S * 8000 // len(phrase) + 1))[: TALK_S * 8000]
    shop.pass_s(2.0)
    shop.phone("11").say(said)
    shop.pass_s(TALK_S - 0.5)
    last = bytes(shop.phone("11").heard)[-3 * 8000 :]
    spoken = mean_power(said[-3 * 8000 :])
    echo_db = 10 * math.log10(spoken / max(mean_power(last), 1e-3))
    assert echo_db >= LINE_LOSS_DB + WANTED_DB
    figures = (shop.box.audio.port_stats(port) for port in range(32))
    line = max(figures, key=lambda figure: figure.echo_removed_db)
    assert line.echo_removed_db > 10  # of the last half second, silent parts of words too
    assert abs(line.echo_loss_db - LINE_LOSS_DB) < 2
    assert 20 <= line.echo_delay_ms <= 320
    shop.phone("11").hang_up()
    shop.until_ready()
    caller = shop.last_call()["quality"]["caller"]
    assert abs(caller["echo_return_loss_db"] - LINE_LOSS_DB) < 2
    assert caller["echo_removed_db"] > 10
