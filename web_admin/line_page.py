"""One line: its network and its SIM card, when it did not work, and asking for the balance."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from appliance.control.schema import Code
from appliance.errors import ControlError, PermissionDenied
from web_admin.visitor import client, new_client
from web_admin.words import sentence_text

NETWORK_S = 65.0  # the daemon gives the network 50 s for its answer
DETAILS = {
    "imei": "IMEI of the modem",
    "iccid": "ICCID of the SIM",
    "imsi": "IMSI",
    "number": "Own number",
    "firmware": "Modem's software",
}
COUNTERS = {
    "resets": "Modem started anew",
    "errors": "Problems",
    "crc_errors": "Damaged data",
    "overruns": "Sound came too fast",
    "underruns": "Sound came too late",
    "stuck_calls_freed": "Stuck calls freed",
}

pages = Blueprint("line_page", __name__)


@pages.get("/line")
def line() -> str:
    return _page(request.args.get("name", ""))


@pages.post("/line/ask")
def ask() -> BaseResponse | tuple[str, int]:
    """Asks the network, which may take its time; the answer stays on the line's page."""
    name, code = request.form.get("name", ""), request.form.get("code", "").strip()
    try:
        with new_client(NETWORK_S) as patient:
            patient.call("line.ussd", line=name, code=code)
    except PermissionDenied:
        raise
    except ControlError as error:
        if error.code not in (Code.REFUSED, Code.PARAMS):
            raise
        reason = str(error) if error.code == Code.REFUSED else "write a code such as *123#"
        return _page(name, sentence_text(reason), code), 400
    return redirect(url_for("line_page.line", name=name, _anchor="balance"))


def _page(name: str, problem: str = "", code: str = "") -> str:
    status = client().call("status.get")
    shown = client().call("line.show", line=name)
    found = next((one for one in status["lines"] if one["name"] == name), None)
    if found is None:
        abort(404)
    return render_template(
        "line.html",
        line=found,
        shown=shown,
        problem=problem,
        code=code or (shown["answer"] or {}).get("code", ""),
        details=DETAILS,
        counters=COUNTERS,
        status=status,
    )
