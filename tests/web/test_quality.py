"""The sound of a call in one sentence."""

from typing import Any

from web_admin.quality import sentence


def quality(**more: Any) -> dict[str, Any]:
    side = {"level_dbm0": -20.0, "clipped_percent": 0.0, "talk_ms": 9000}
    good = {"ms": 30_000, "overtalk_ms": 0, "dead_air_ms": 0, "one_way": []}
    return {**good, "caller": side, "station": side, **more}


def side_with(**more: Any) -> dict[str, Any]:
    return {"level_dbm0": -20.0, "clipped_percent": 0.0, "talk_ms": 9000, **more}


def test_a_good_call_says_nothing() -> None:
    assert sentence(None) == ""
    assert sentence(quality()) == ""
    assert sentence(quality(caller=None, station=side_with(level_dbm0=None))) == ""


def test_the_worst_comes_first() -> None:
    one_way = [{"silent": "caller", "station": "11", "after_ms": 12_000, "ms": 3000, "over": False}]
    low = side_with(level_dbm0=-36.2)
    assert sentence(quality(one_way=one_way, caller=low)) == (
        "The caller could not be heard from 0:12 of the talk"
    )
    one_way[0]["silent"] = "far_end"
    assert sentence(quality(one_way=one_way)) == (
        "The other side could not be heard from 0:12 of the talk"
    )
    assert sentence(quality(caller=low)) == "Line level low (-36 dBm0)"
    assert sentence(quality(station=side_with(clipped_percent=2.0))) == (
        "Handset too loud: the sound was cut off"
    )
    assert sentence(quality(dead_air_ms=20_000)) == "Nobody spoke for 0:20 of it"
    assert sentence({"one_way": []}) == ""
