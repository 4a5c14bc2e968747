"""A box without an owner: whoever lifts a handset hears how to claim it, until it is claimed."""

from pathlib import Path

from appliance.simulator.line_habits import LineHabits
from appliance.welcome import BEFORE_CODE, spoken_host
from tests.whole.conftest import OpenShop
from tests.whole.shop import Shop
from tests.whole.sound import linear, loudest_at
from tests.whole.test_restarts import control

PERSON = {"name": "Nena", "password": "pan de sal 1"}


def clips(shop: Shop, *names: str) -> list[list[int]]:
    return [list(shop.box.prompts.clip(name).samples) for name in names]


def likeness(heard: list[int], meant: list[int], at: int) -> float:
    """How like two sounds are, from -1 to 1; every third sample tells."""
    end = min(len(meant), len(heard) - at)
    pieces = [(heard[at + n], meant[n]) for n in range(0, end, 3) if at + n >= 0]
    both = sum(a * b for a, b in pieces)
    size = (sum(a * a for a, _ in pieces) * sum(b * b for _, b in pieces)) ** 0.5
    return both / size if size else 0.0


def place_of(heard: list[int], meant: list[int]) -> int:
    """Where in ``heard`` the sound ``meant`` begins."""
    about = first_loud(heard) - first_loud(meant)
    return max(range(about - 40, about + 41), key=lambda at: likeness(heard, meant[:6000], at))


def first_loud(samples: list[int]) -> int:
    return next(n for n, sample in enumerate(samples) if abs(sample) > 600)


def digits_heard(shop: Shop, heard: list[int]) -> str:
    """The code as it is said in ``heard``: at each place, the digit that the sound is most like."""
    before = [sample for clip in clips(shop, *BEFORE_CODE) for sample in clip]
    place = place_of(heard, before) + len(before)
    spoken = {digit: clips(shop, f"digit_{digit}")[0] for digit in "0123456789"}
    said = ""
    for _ in range(8):
        found = {digit: likeness(heard, clip, place) for digit, clip in spoken.items()}
        digit = max(found, key=lambda one: found[one])
        assert found[digit] > 0.8, found
        said += digit
        place += len(spoken[digit])
    return said


def hears_dial_tone(shop: Shop, extension: str) -> bool:
    phone = shop.phone(extension)
    phone.clear()
    shop.pass_s(0.6)
    heard = bytes(phone.heard)
    return loudest_at(heard, 440) + loudest_at(heard, 350) > 0.8


def test_the_code_is_said_until_the_box_has_an_owner(open_shop: OpenShop) -> None:
    shop = open_shop(owner=False)
    code = (shop.state / "claim-code").read_text().strip()
    welcome = clips(shop, *BEFORE_CODE, *(f"digit_{digit}" for digit in code))
    length_s = sum(map(len, welcome)) / 8000
    phone = shop.phone("11")
    phone.lift()
    shop.pass_s(0.3)
    assert hears_dial_tone(shop, "11"), "whoever wants to dial can"
    shop.pass_s(3.15)
    phone.clear()
    shop.pass_s(length_s + 1.5)
    heard = linear(bytes(phone.heard))
    start = place_of(heard, welcome[0])
    assert likeness(heard, welcome[0], start) > 0.8, "the first sentence"
    assert digits_heard(shop, heard) == code
    shop.pass_s(length_s - 1.0)
    assert not hears_dial_tone(shop, "11"), "said again"
    shop.pass_s(length_s + 1.0)
    assert hears_dial_tone(shop, "11"), "three times are enough"
    phone.hang_up()
    assert not any(code in note for note in shop.box_story())

    assert "result" in control(shop, "auth.claim", code=code, **PERSON)
    shop.pass_s(2.0)
    phone.lift()
    shop.pass_s(0.3)
    assert hears_dial_tone(shop, "11")
    phone.hang_up()
    shop.until(lambda: shop.station_state("11") == "idle")
    shop.stop_box()
    shop.restart_box()
    phone.lift()
    shop.pass_s(0.3)
    assert hears_dial_tone(shop, "11"), "no more after a restart either"


def test_the_first_key_ends_it_and_calls_go_on(open_shop: OpenShop) -> None:
    shop = open_shop(owner=False)
    phone = shop.phone("11")
    phone.lift()
    shop.pass_s(6.0)
    phone.press("1")
    shop.pass_s(0.5)
    phone.clear()
    shop.pass_s(0.5)
    assert max(map(abs, linear(bytes(phone.heard)))) < 200, "quiet after the key"
    phone.press("2")
    shop.until(lambda: shop.phone("12").ringing)
    shop.phone("12").lift()
    shop.until(lambda: shop.station_state("12") == "talking")
    shop.phone("12").hang_up()
    phone.hang_up()
    shop.until(lambda: shop.station_state("11") == "idle")


def test_an_emergency_call_is_not_kept_waiting(open_shop: OpenShop) -> None:
    shop = open_shop(owner=False, line={"habits": LineHabits()})
    phone = shop.phone("11")
    phone.lift()
    shop.pass_s(6.0)
    phone.press("911")
    shop.until(lambda: shop.line_state == "in_call", limit_s=5.0)


def test_a_handset_that_is_rung_hears_the_caller(open_shop: OpenShop) -> None:
    shop = open_shop(owner=False)
    shop.answer_with("11", after_s=0.5)
    caller = shop.ring(press=("1",), press_after_s=2.0, hang_up_after_s=8.0)
    shop.until(lambda: shop.station_state("11") == "talking")
    assert shop.phone("11").off_hook
    shop.until(caller.done.done)


def test_the_address_is_said_by_its_name(tmp_path: Path) -> None:
    assert spoken_host("counterbell") == "counterbell dot local."
    assert spoken_host("Nena-2.lan") == "nena hyphen 2 dot local."
