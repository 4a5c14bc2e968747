"""What a HAT does with its telephones' sockets: current, ringing together, lifelines, the codec."""

from itertools import pairwise

import pytest

from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop

LIFELINES = {"fxo": (5, 6)}


class Notes:
    """A listener of one socket: every event of it."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, list[str]]] = []

    def card_event(self, what: str, words: list[str]) -> None:
        self.heard.append((what, words))


def hook_seen(shop: Shop, socket: int) -> str:
    """What the card makes of a handset: ``on`` or ``off`` the hook."""
    notes = Notes()
    hat = shop.network.hats["hat0"]
    before = hat._listeners.get(socket)
    hat.listen(socket, notes)
    hat.command("state")
    shop.pass_s(0.05)
    if before is not None:
        hat.listen(socket, before)
    (words,) = (words for what, words in notes.heard if what == "state")
    (hook,) = (word for word in words if word.startswith("hook="))
    return hook.removeprefix("hook=")


def test_a_socket_without_a_handset_in_the_configuration_has_no_current(
    open_shop: OpenShop,
) -> None:
    shop = open_shop()
    for extension in ("11", "13"):
        shop.phone(extension).lift()
    shop.pass_s(1.0)
    assert hook_seen(shop, 1) == "off"
    assert hook_seen(shop, 3) == "on"
    for extension in ("11", "13"):
        shop.phone(extension).hang_up()
    shop.pass_s(2.0)
    added = '[[station]]\nextension = "13"\nname = "Yard"\ndriver = "linecard_fxs"\n'
    added += 'linecard = "hat0"\nsocket = 3\n'
    shop.run(shop.box.configs.import_text(shop.toml + added, "test.toml"))
    shop.until(lambda: shop.station_state("13") == "idle", 20.0)
    shop.phone("13").lift()
    shop.pass_s(0.5)
    assert hook_seen(shop, 3) == "off"
    assert shop.station_state("13") != "idle"


@pytest.mark.parametrize(("at_once", "overlap"), [(1, False), (2, True)])
def test_how_many_telephones_ring_together(
    open_shop: OpenShop, at_once: int, overlap: bool
) -> None:
    hat = 'port = "devices/hat0"'
    shop = open_shop(toml=TOML.replace(hat, f"{hat}\nring_at_once = {at_once}"))
    ringing: dict[str, bool] = {}
    both_s: list[float] = [0.0]
    since_s: list[float] = []
    for extension in ("11", "12"):
        phone = shop.phone(extension)

        def rung(burst: bool, extension: str = extension) -> None:
            ringing[extension] = burst
            if sum(ringing.values()) == 2:
                since_s.append(shop.loop.time())
            elif since_s:
                both_s.append(shop.loop.time() - since_s.pop())

        phone._rung = rung  # type: ignore[method-assign]
    shop.ring(press=("1",), press_after_s=2.0)
    shop.pass_s(20.0)
    assert set(ringing) == {"11", "12"}
    if overlap:
        assert max(both_s) > 0.9
    else:
        assert max(both_s) <= 0.03  # RM outlasts the current by 12 ms


def test_the_link_s_codec_and_a_talk_over_it(open_shop: OpenShop) -> None:
    shop = open_shop()
    health = shop.box.fleet.linecards["hat0"].health
    assert (health["protocol"], health["codec"]) == (2, "linear")


@pytest.mark.parametrize("puts_down", [True, False])
def test_a_handset_that_talks_on_its_lifeline_at_boot(open_shop: OpenShop, puts_down: bool) -> None:
    """It is joined to the exchange's line until that is idle: nobody can ring it meanwhile."""
    shop = open_shop(hat=LIFELINES, phones=lambda shop: (shop.phone("11").lift(), shop.pass_s(0.5)))
    assert shop.station_state("11") == "off_hook"
    assert shop.station_state("12") == "idle"
    shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=8.0)
    shop.until(lambda: shop.phone("12").ringing, 40.0)
    shop.pass_s(1.0)
    assert not shop.phone("11").ringing
    assert shop.station_state("11") == "off_hook"
    if not puts_down:
        return
    shop.phone("11").hang_up()
    shop.until(lambda: shop.station_state("11") == "idle", 3.0)
    shop.until_ready()
    shop.pass_s(30.0)
    shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=8.0)
    shop.until(lambda: shop.phone("11").ringing, 60.0)
    told = [one["what"] for one in shop.phone("11").timeline]
    assert all(pair != ("ringing", "ringing") for pair in pairwise(told))
