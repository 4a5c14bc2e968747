"""What a shop's daemon may tell: calls, messages, texts, lines, its status; tests change them."""

import struct
from collections.abc import Mapping
from typing import Any

from tests.control_fakes import (
    FACTS,
)
from tests.fake_texts import TEXT

SECONDS = 3.0  # each recording's length


def caller(number: str = "", name: str = "", presentation: str = "allowed") -> dict[str, str]:
    return {"number": number, "name": name, "presentation": presentation}


OUTSIDE = "09171234567"
ROSA = caller("09181112222", "ROSA DELA CRUZ")


def make_call(call_id: str, started_at: float, **more: Any) -> dict[str, Any]:
    """An answered call of 40 s: both handsets rang, Kitchen lifted; ``more`` changes it."""
    began = started_at
    states = {"ringing": 0, "menu": 4, "offered": 9, "talking": 15}
    call: dict[str, Any] = {
        "call_id": call_id,
        "direction": "inbound",
        "line": "landline",
        "station": "",
        "dials": [],
        "caller": ROSA,
        "started_at": began,
        "answered_at": began + 4,
        "ended_at": began + 40,
        "disposition": "answered",
        "ended_by": "caller",
        "digits": "1",
        "legs": [
            make_leg("line:landline", began, began + 40, states),
            make_leg("station:12", began + 15, began + 40, {"talking": 15}, began),
        ],
        "offers": [
            make_offer("11", began + 9, began + 15, "cancelled"),
            make_offer("12", began + 9, began + 15, "answered"),
        ],
        "recording": {"id": f"r-{call_id}", "ms": int(SECONDS * 1000)},
        "story": [
            {"at": began, "text": "Line landline rings", "figures": {}},
            {"at": began + 9, "text": "Pressed 1 in menu main: ring group orders", "figures": {}},
        ],
        "message": None,
    }
    return call | more


def make_leg(
    endpoint: str, began: float, ended: float | None, states: Mapping[str, float], zero: float = -1
) -> dict[str, Any]:
    zero = began if zero < 0 else zero
    return {
        "leg_id": f"leg-{endpoint}",
        "endpoint": endpoint,
        "began_at": began,
        "ended_at": ended,
        "reason": "",
        "states": [{"state": state, "at": zero + at} for state, at in states.items()],
    }


def make_offer(
    station: str, began: float, ended: float | None, outcome: str | None
) -> dict[str, Any]:
    return {
        "offer_id": f"offer-{station}",
        "station": station,
        "began_at": began,
        "ended_at": ended,
        "outcome": outcome,
    }


def make_dial(line: str, began: float, ended: float | None, outcome: str | None) -> dict[str, Any]:
    told = {"line": line, "number": OUTSIDE, "began_at": began}
    return told | {"ended_at": ended, "outcome": outcome}


def call_out(call_id: str, began: float, *outcomes: str, **more: Any) -> dict[str, Any]:
    """Counter calls a supplier; each line in turn is tried for 10 s, the last is answered or not.

    Answered, they talk for 2:03.
    """
    lines = ("landline", "globe")
    dials = [
        make_dial(line, began + 10 * n, began + 10 * n + 10, outcome)
        for n, (line, outcome) in enumerate(zip(lines, outcomes, strict=False))
    ]
    rung = began + 10 * len(dials)
    talked = outcomes[-1:] == ("answered",)
    end = rung + 123 if talked else rung
    legs = [
        make_leg(
            "station:11", began, end, {"offered": 0} | ({"talking": rung - began} if talked else {})
        )
    ]
    if talked:
        legs.append(make_leg(f"line:{dials[-1]['line']}", rung, end, {"talking": 0}))
    story = [{"at": began, "text": f"Calling {OUTSIDE} on line landline", "figures": {}}]
    told: dict[str, Any] = {
        "direction": "outbound",
        "station": "11",
        "caller": caller(OUTSIDE),
        "line": dials[-1]["line"] if dials else "",
        "answered_at": rung if talked else None,
        "ended_at": end,
        "disposition": "answered" if talked else "no_answer",
        "ended_by": "far_end" if talked else "box",
        "digits": "",
        "legs": legs,
        "offers": [],
        "dials": dials,
        "recording": None,
        "story": story,
    }
    return make_call(call_id, began, **(told | more))


def make_message(recording_id: str, left_at: float, **more: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "recording_id": recording_id,
        "call_id": "c-voicemail",
        "voicemail": "owner",
        "line": "landline",
        "caller": ROSA,
        "left_at": left_at,
        "ms": int(SECONDS * 1000),
        "heard": False,
    }
    return message | more


def mobile_line(now: float, **more: Any) -> dict[str, Any]:
    """A line with a SIM card in it; ``more`` changes its facts."""
    facts = {"operator": "Globe", "roaming": False, "signal_dbm": -71, "registration": "home"}
    return {
        "name": "globe",
        "driver": "cellular",
        "state": "ready",
        "since": now - 3600,
        "reason": "",
        "model": "Quectel EC25-E",
        "number_now": "",
        "facts": FACTS | facts | {"sim": "ready", "texts": True} | more,
        "problem": None,
    }


def make_text(text_id: str, at: float, text: str, **more: Any) -> dict[str, Any]:
    return TEXT | {"text_id": text_id, "text": text, "at": at, "sent_at": at - 2} | more


def sent_text(text_id: str, at: float, text: str, state: str, reason: str = "") -> dict[str, Any]:
    delivered_at = at + 5 if state == "delivered" else None
    sent_at = at + 2 if state in {"sent", "delivered"} else None
    out = {"direction": "out", "state": state, "reason": reason, "is_read": True, "author": "Nena"}
    times = {"delivered_at": delivered_at, "sent_at": sent_at}
    return make_text(text_id, at, text, number="09181112222", **out) | times


def make_status(now: float, **more: Any) -> dict[str, Any]:
    def station(extension: str, name: str, state: str = "idle", **more: Any) -> dict[str, Any]:
        told = {"extension": extension, "name": name, "state": state, "since": now - 60}
        return {**told, "reason": "", "peer": "", **more}

    status: dict[str, Any] = {
        "at": now,
        "shop": "Aling Nena's Bakery",
        "lines": [
            {
                "name": "landline",
                "driver": "voice_modem",
                "state": "ready",
                "since": now - 60,
                "reason": "",
                "model": "USRobotics USR5637",
                "number_now": "",
                "facts": FACTS,
                "problem": None,
            },
            mobile_line(now),
        ],
        "stations": [
            station("11", "Counter"),
            station("12", "Kitchen"),
            station("13", "Office", "off_hook", reason="left off the hook, it gets no calls"),
        ],
        "calls": [],
        "today": {"calls": 4, "answered": 1, "missed": 2, "messages_new": 1, "texts_new": 2},
        "storage": {"free_bytes": 10**10, "recording": "announce", "problem": ""},
        "problems": [],
    }
    return status | more


def live_call(now: float, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "call_id": "c-open",
        "line": "landline",
        "caller": ROSA,
        "state": "offered",
    }
    told |= {"direction": "inbound", "since": now - 12, "started_at": now - 75, "station": ""}
    return told | more


def live_call_out(now: float, **more: Any) -> dict[str, Any]:
    told = {"direction": "outbound", "station": "11", "caller": caller(OUTSIDE)}
    return live_call(now, **(told | more))


def mulaw_wav(seconds: float, channels: int) -> bytes:
    """A header and silence: format 7, 8000 Hz (ITU-T G.711 µ-law)."""
    data = b"\xff" * int(seconds * 8000 * channels)
    form = struct.pack("<HHIIHH", 7, channels, 8000, 8000 * channels, channels, 8)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data))
    return b"RIFF" + struct.pack("<I", len(body) + len(data)) + body + data
