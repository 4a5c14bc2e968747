"""A shop that calls out: PH numbers, one or two lines, far ends, and what went on."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from appliance.simulator.exchange import LineHabits
from appliance.simulator.far_end import FarEnd, FarEndConfig, Progress
from tests.whole.conftest import OpenShop
from tests.whole.shop import TOML, Shop
from tests.whole.sound import linear

NUMBER = "09171234567"
RINGBACK_HZ = 425.0  # PH: 425 + 480 Hz, 1 s on, 4 s off
SECOND_LINE = """
[[line]]
name = "second"
driver = "voice_modem"
port = "devices/second"
answer = "menu:main"
"""
EAR_ALONE = LineHabits("PH", progress_codes=False)  # the modem reports nothing: our ear decides


def shop_out(
    open_shop: OpenShop,
    *far_ends: FarEndConfig,
    lines: int = 1,
    more: str = "",
    habits: LineHabits = EAR_ALONE,
    change: Callable[[str], str] = str,
    **options: Any,
) -> Shop:
    """The usual shop in the Philippines; its one or two landlines dial to ``far_ends``.

    ``change``: makes another shop of the usual TOML.
    """
    toml = change(TOML.replace('country = "US"', 'country = "PH"'))
    second = {"second": {"habits": EAR_ALONE}} if lines == 2 else {}
    shop = open_shop(
        toml=toml,
        more=(SECOND_LINE if second else "") + more,
        line={"habits": habits, **options.pop("line", {})},
        more_lines=second,
        far_ends=far_ends or (FarEndConfig(NUMBER),),
        **options,
    )
    shop.until(lambda: all(state == "ready" for state in states(shop).values()))
    return shop


def states(shop: Shop) -> dict[str, str]:
    """Of the lines, by name."""
    return {line["name"]: str(line["state"]) for line in shop.status["lines"]}


def dial(shop: Shop, keys: str, extension: str = "11") -> None:
    """Lift, wait for dial tone, press."""
    shop.phone(extension).lift()
    shop.pass_s(0.5)
    shop.phone(extension).press(keys)


def reached(shop: Shop, *, so_many: int = 1, limit_s: float = 40.0) -> FarEnd:
    """The far end, once the exchange has the number."""
    shop.until(lambda: len(shop.network.directory.calls) >= so_many, limit_s)
    return shop.network.directory.calls[-1]


def answered(shop: Shop, far: FarEnd) -> float:
    """Until the far end has lifted; when that was, by the history's clock."""
    shop.until(lambda: far.progress is Progress.ANSWERED, 60.0)
    return shop.loop.clock.utc()


def on_hook(shop: Shop, line: str = "landline") -> bool:
    return not shop.network.line(line).exchange.off_hook


def freed(shop: Shop, limit_s: float = 4.0) -> float:
    """Until every line is on the hook and ready again."""
    return shop.until(
        lambda: (
            all(state == "ready" for state in states(shop).values())
            and all(on_hook(shop, name) for name in shop.network.lines)
        ),
        limit_s,
    )


def levels(ulaw: bytes) -> list[int]:
    """The peak of each 10 ms."""
    return [max(map(abs, linear(ulaw[n : n + 80])), default=0) for n in range(0, len(ulaw), 80)]


def bursts(ulaw: bytes, quiet_ms: int = 200) -> list[tuple[int, int]]:
    """(begin, end) in ms of each sound; so long a quiet parts two of them."""
    loud = [n * 10 for n, peak in enumerate(levels(ulaw)) if peak > 300]
    if not loud:
        return []
    breaks = [(a, b) for a, b in pairwise(loud) if b - a > quiet_ms]
    begins = [loud[0], *(b for _, b in breaks)]
    ends = [*(a + 10 for a, _ in breaks), loud[-1] + 10]
    return list(zip(begins, ends, strict=True))
