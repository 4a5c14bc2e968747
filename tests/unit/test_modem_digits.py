"""One key press, one digit, whoever reports it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.lines.digits import IN_BAND, MODEM, DigitMerger, ModemDigits


def modem(codes: list[tuple[str, float]]) -> str:
    digits = ModemDigits()
    return "".join(d for c, at in codes if (d := digits.code(ord(c), at)) is not None)


def test_both_report_forms():
    assert modem([("/", 0), ("5", 0), ("5", 0.07), ("5", 0.14), ("~", 0.2)]) == "5"
    assert modem([("5", 0), ("5", 0.1), ("#", 0.2)]) == "55#"
    assert modem([("/", 0), ("5", 0), ("~", 0.1), ("/", 0.2), ("5", 0.2), ("~", 0.3)]) == "55"


def test_a_lost_shield_end_swallows_nothing():
    assert modem([("/", 0), ("5", 0), ("5", 2.0), ("6", 2.2), ("6", 2.4)]) == "5566"
    assert modem([("/", 0), ("5", 0), ("6", 0.1)]) == "56"


def test_other_codes_are_no_digits():
    assert modem([(c, 0.0) for c in "qsbdl~R"]) == ""


PRESSES = st.lists(
    st.tuples(
        st.sampled_from("12*"),
        st.floats(0.08, 2.0),  # since the press before
        st.floats(0.0, 0.25),  # our detector's delay
        st.floats(0.0, 0.25),  # the modem's
    ),
    max_size=12,
)


def count(presses, sources) -> list[str]:
    reports, now = [], 0.0
    last = dict.fromkeys(sources, 0.0)
    for digit, gap, *delays in presses:
        now += gap
        for source, delay in zip((IN_BAND, MODEM), delays, strict=True):
            if source in sources:
                last[source] = max(last[source], now + delay)  # no watcher reports out of order
                reports.append((last[source], digit, source))
    merger = DigitMerger()
    return [d for at, d, s in sorted(reports, key=lambda r: r[0]) if merger.press(d, s, at)]


@settings(max_examples=300)
@given(PRESSES)
def test_each_press_counts_once_when_both_watchers_report(presses):
    assert sorted(count(presses, {IN_BAND, MODEM})) == sorted(p[0] for p in presses)


@settings(max_examples=100)
@given(PRESSES)
def test_each_press_counts_once_when_one_watcher_reports(presses):
    for source in (IN_BAND, MODEM):
        assert count(presses, {source}) == [p[0] for p in presses]


def test_a_second_press_after_the_window_counts():
    merger = DigitMerger()
    assert merger.press("5", IN_BAND, 0.0)
    assert not merger.press("5", MODEM, 0.6)
    assert merger.press("5", IN_BAND, 1.0)
    assert merger.press("5", MODEM, 1.61)
