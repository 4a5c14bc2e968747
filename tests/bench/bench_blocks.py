"""What each block of the audio loop costs: instructions for 20 ms of one port."""

from tests.cost import BUDGET_MARGIN, HARD_LIMITS, blocks, budget, machine


def rows() -> list[tuple[str, str, str]]:
    """(figure, measured, bar)."""
    known, shown = budget(), []
    for name, spent in blocks().items():
        bars = [f"<= {known[name] * BUDGET_MARGIN:,.0f}"] if name in known else []
        bars += [f"never above {HARD_LIMITS[name]:,}"] if name in HARD_LIMITS else []
        shown.append((name, f"{spent:,.0f}", ", ".join(bars) or f"no budget for {machine()}"))
    return shown
