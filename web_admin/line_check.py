"""The line check: what ordinary calls have shown of each line, and what the owner may change."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse
from werkzeug.wsgi import wrap_file

from web_admin.visitor import client

pages = Blueprint("line_check", __name__)

WIDTH, HEIGHT = 320, 120  # of the plot, in its own units
LOUDEST_DBM0, QUIETEST_DBM0 = 0.0, -70.0
MEASURES = {
    "noise_dbm0": ("Noise while nobody speaks", "dBm0"),
    "speech_dbm0": ("Callers' voices", "dBm0"),
    "hum_dbm0": ("Mains hum", "dBm0"),
    "hum_hz": ("Mains frequency of the hum", "Hz"),
    "echo_return_loss_db": ("Echo is weaker by", "dB"),
    "echo_delay_ms": ("Echo comes after", "ms"),
    "ring_period_s": ("From ring to ring", "s"),
}


@dataclass(frozen=True, slots=True)
class Plot:
    """The level over time as points of an SVG polyline; ``bursts``: x and width of each burst."""

    points: str
    bursts: tuple[tuple[float, float], ...]
    seconds: float


def make_plot(plot: Mapping[str, Any]) -> Plot | None:
    """A proposal's plot in drawing units; None when there is nothing to draw."""
    levels, step_ms = plot["level_dbm0"], plot["step_ms"]
    if len(levels) < 2 or step_ms <= 0:
        return None
    whole_ms = len(levels) * step_ms
    points = " ".join(
        f"{(n + 0.5) * WIDTH / len(levels):.1f},{_height(level):.1f}"
        for n, level in enumerate(levels)
    )
    bursts = tuple(
        (round(begin * WIDTH / whole_ms, 1), round((end - begin) * WIDTH / whole_ms, 1))
        for begin, end in plot["bursts_ms"]
    )
    return Plot(points, bursts, whole_ms / 1000)


def use_text(use: Mapping[str, Any]) -> str:
    """What went out today: "3 calls of 20, 12 min of 60"; a begun minute counts."""
    calls, minutes = use["calls"], math.ceil(use["seconds"] / 60)
    most, longest = use["calls_a_day"], use["minutes_a_day"]
    told = f"{calls} call{'s' * (calls != 1)}{f' of {most}' if most else ''}"
    return f"{told}, {minutes} min{f' of {longest}' if longest else ''}"


def _height(level_dbm0: float) -> float:
    level = min(LOUDEST_DBM0, max(QUIETEST_DBM0, level_dbm0))
    return HEIGHT * (LOUDEST_DBM0 - level) / (LOUDEST_DBM0 - QUIETEST_DBM0)


@pages.get("/lines")
def lines() -> str:
    status = client().call("status.get")
    return render_template(
        "line_check.html",
        lines=client().call("line_doctor.list")["lines"],
        outgoing=client().call("outgoing.show"),
        done=request.args.get("done", ""),
        status=status,
        by_name={line["name"]: line for line in status["lines"]},
        measures=MEASURES,
        make_plot=make_plot,
        used=use_text,
        width=WIDTH,
        height=HEIGHT,
    )


@pages.post("/lines/<proposal_id>")
def decide(proposal_id: str) -> BaseResponse:
    decision = "apply" if request.form.get("decision") == "apply" else "dismiss"
    client().call(f"line_doctor.{decision}", proposal_id=proposal_id)
    return redirect(url_for("line_check.lines", done=decision))


@pages.get("/lines/<proposal_id>.wav")
def clip(proposal_id: str) -> Response:
    """The tone that the proposal was learned from."""
    info, descriptor = client().open_file("line_doctor.clip", proposal_id=proposal_id)
    file = os.fdopen(descriptor, "rb")
    response = Response(
        wrap_file(request.environ, file), mimetype="audio/wav", direct_passthrough=True
    )
    response.content_length = info["bytes"]
    response.headers["Cache-Control"] = "private, no-store"
    return response
