"""How hot the processor is, and whether it is slowed down for it."""

from appliance.box.power import HOT_NOW, HOT_SEEN, SLOW_NOW, throttled
from appliance.box.reading import TROUBLE, UNUSED, Look, Reading

TOO_HOT_C = 80.0  # a Raspberry Pi slows down from here on
_SENSIBLE_C = (-40.0, 130.0)
_STEP = "give the box air, or a case with a heat sink or fan; keep it out of the sun"
_PROCESSOR = ("cpu", "soc", "pkg", "x86")


def heat_reading(look: Look) -> Reading:
    """The hottest sensor of the processor; of all, where none says that it is the processor's."""
    hottest = _hottest(look)
    flags = throttled(look) or 0
    if hottest is None:
        return Reading("temperature", "processor", "this machine has no sensor", UNUSED)
    celsius, sensor = hottest
    what = f"{celsius:.0f} °C"
    facts = {"celsius": round(celsius, 1), "sensor": sensor, "slowed": bool(flags & SLOW_NOW)}
    if flags & HOT_NOW or celsius >= TOO_HOT_C:
        reason = f"the processor is too hot, {what}"
        if flags & (SLOW_NOW | HOT_NOW):
            reason += ", and slowed down for it"
        notice = f"the box is too hot, {what}: {_STEP}"
        return Reading("temperature", "processor", what, TROUBLE, reason, _STEP, facts, notice)
    if flags & HOT_SEEN:
        reason = "it was too hot since the start"
        return Reading("temperature", "processor", what, TROUBLE, reason, _STEP, facts)
    return Reading("temperature", "processor", what, facts=facts)


def _hottest(look: Look) -> tuple[float, str] | None:
    """Linux Documentation/driver-api/thermal/sysfs-api.rst: temp in thousandths of a degree."""
    found: list[tuple[float, str]] = []
    for folder in sorted((look.root / "sys/class/thermal").glob("thermal_zone*")):
        inside = str(folder.relative_to(look.root))
        kind, text = look.text(f"{inside}/type"), look.text(f"{inside}/temp")
        try:
            celsius = int(text) / 1000
        except ValueError:
            continue
        if _SENSIBLE_C[0] < celsius < _SENSIBLE_C[1]:
            found.append((celsius, kind))
    ours = [one for one in found if any(word in one[1].lower() for word in _PROCESSOR)]
    return max(ours or found, default=None)
