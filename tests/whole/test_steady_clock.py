"""Devices that keep our time are believed to: no drift is found, and nothing is resampled."""

from tests.whole.conftest import OpenShop


def test_no_drift_is_found_where_there_is_none(open_shop: OpenShop) -> None:
    shop = open_shop()
    handset = shop.box.fleet.stations["11"].port
    assert handset is not None
    shop.pass_s(2.0)
    shop.answer_with("11", after_s=0.5)
    shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=20.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    line = shop.box.fleet.lines["landline"].port
    assert line is not None
    for _ in range(10):
        shop.pass_s(1.0)
        for port in (line, handset):
            stats = shop.box.audio.port_stats(port)
            assert abs(stats.drift_ppm) <= 20
            assert stats.underruns == 0


def test_the_hats_own_clock_is_found(open_shop: OpenShop) -> None:
    shop = open_shop(hat={"clock_ppm": 1000.0})
    handset = shop.box.fleet.stations["11"].port
    assert handset is not None
    shop.pass_s(60.0)
    assert 700 < shop.box.audio.port_stats(handset).drift_ppm < 1300
