"""Line-in to handset-out by marker, in real time on ptys and over ten virtual minutes."""

from tests.bench.audio_path import RATE, AudioPath, percentile

MS = 1000 / RATE
REAL_S = 30.0
VIRTUAL_S = 600.0
SETTLED_S = 60.0  # the loop knows both clocks
BAR = "p95 <= 60 ms (480 samples)"


def ms(samples: float) -> str:
    return f"{samples * MS:.1f} ms ({samples:.0f} samples)"


def real() -> list[tuple[str, str, str]]:
    """The loop in its own thread, line and HAT on ptys."""
    with AudioPath(virtual=False) as path:
        path.run(2.0)
        path.run(REAL_S)
        ways = path.ways(from_s=path.marks[4])
        line, handset, loop = path.figures()
    late = f"{loop.late_ticks} of {loop.ticks} over 5 ms late, "
    late += f"worst {loop.worst_late_us / 1000:.1f} ms"
    troubles = (
        f"{line.underruns}/{line.overruns} line, {handset.underruns}/{handset.overruns} handset"
    )
    return [
        ("real time: median", ms(percentile(ways, 0.5)), "-"),
        ("real time: p95", ms(percentile(ways, 0.95)), BAR),
        ("real time: most", f"{ms(max(ways))} of {len(ways)} markers", "-"),
        ("real time: ticks", late, "-"),
        ("real time: under/overruns", f"{troubles}, lost frames {handset.lost_frames}", "-"),
    ]


def virtual(modem_ppm: float, hat_ppm: float) -> list[tuple[str, str, str]]:
    """Ten minutes in lock-step with clocks that differ."""
    with AudioPath(virtual=True, modem_ppm=modem_ppm, hat_ppm=hat_ppm) as path:
        begun = path.loop.time()
        path.run(SETTLED_S)
        settled = path.figures()
        path.run(VIRTUAL_S - SETTLED_S)
        end = path.figures()
        first = path.ways(begun + 5.0, begun + SETTLED_S)
        last = path.ways(begun + VIRTUAL_S - SETTLED_S)
        ways = path.ways(begun + 5.0)
    troubles = [
        after.underruns + after.overruns - before.underruns - before.overruns
        for before, after in zip(settled[:2], end[:2], strict=True)
    ]
    name = f"modem {modem_ppm:+.0f}, HAT {hat_ppm:+.0f} ppm"
    grown = percentile(last, 0.95) - percentile(first, 0.95)
    return [
        (f"{name}: p95", f"{ms(percentile(ways, 0.95))} of {len(ways)} markers", BAR),
        (f"{name}: last minute less the first", f"{grown * MS:+.1f} ms (p95)", "<= 10 ms"),
        (f"{name}: under/overruns once settled", f"line {troubles[0]}, handset {troubles[1]}", "0"),
        (f"{name}: found", f"{end[0].drift_ppm:+d}, {end[1].drift_ppm:+d} ppm", "-"),
    ]


def rows() -> list[tuple[str, str, str]]:
    """(figure, measured, bar)."""
    return [*real(), *virtual(1000, -1000), *virtual(-1000, 1000)]
