"""The box itself: its power, card, clock, heat, services and timers, each in a sentence."""

from flask import Blueprint, render_template

from web_admin.visitor import client

KINDS = {
    "power": "Power",
    "temperature": "Heat",
    "clock": "Clock",
    "watchdog": "Watchdog",
}
NAMES = {
    ("card", "space"): "Room on the card",
    ("card", "wear"): "Age of the card",
    ("card", "root"): "System on the card",
    ("service", "counterbell-telephony.service"): "Telephone service",
    ("service", "counterbell-web.service"): "This page",
    ("service", "counterbell-web.socket"): "This page's address",
    ("service", "counterbell-backup.service"): "Saving the shop",
    ("service", "counterbell-maintenance.service"): "Upkeep",
}
VERDICTS = {
    "well": ("Well", "good"),
    "trouble": ("Needs a step", "bad"),
    "unknown": ("Not known", "wait"),
}

pages = Blueprint("box", __name__)


@pages.get("/box")
def page() -> str:
    """What this machine does not have is left out."""
    found = client().call("box.show")["readings"]
    shown = [one for one in found if one["verdict"] in VERDICTS]
    return render_template("box.html", readings=shown, verdicts=VERDICTS, label=_label)


def _label(kind: str, name: str) -> str:
    return NAMES.get((kind, name)) or KINDS.get(kind) or name
