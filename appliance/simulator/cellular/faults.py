"""How an emulated cellular modem and its network misbehave; on demand, or drawn from a seed."""

import random
from dataclasses import dataclass

WEDGES = ("", "reopen", "reset", "power_key", "supply")


@dataclass(frozen=True, slots=True)
class CellularFaults:
    """The default is a well modem. Chances are 0-1, counts are of attempts, times are in seconds.

    ``wedged``: what revives it: reopen (of the port; not told on a pty), reset (it answers ERROR to
    all but a reset command), power_key or supply (it is silent). ``sim_busy``: so many +CPIN? give
    +CME ERROR 14 after each start. ``interleaved``: URCs come amid an answer's lines.
    ``lost_ring``, ``lost_begin``, ``lost_end``, ``lost_text``: that a RING (with its caller ID),
    VOICE CALL: BEGIN, NO CARRIER and its like, +CMTI never come. ``late_notice_s``: those notices
    come so much later.
    ``early_begin``: BEGIN comes while the far telephone rings. ``stuck_call``: +CLCC keeps a call
    whose far end has gone: "" no, hang_up (until the host hangs up) or reset.
    ``pcm_never_starts``, ``pcm_stalls_after_s``: of each call's stream. ``pcm_errors``: so many
    +CPCMREG=1 of a call fail. ``second_call``: from the second call after a start: "" well, choppy
    or dead. ``repeated_digits``: each +DTMF comes twice. ``dial_error``: the answer to ATD.
    ``text_error``: +CMS ERROR to +CMGS; ``text_delay_s``: how long +CMGS takes; ``report_status``:
    of delivery reports, 23.040 §9.2.3.15. ``reset_s``: how long a restart takes, 0: 5 to 20 s.
    ``brown_out``: its supply breaks down when a call begins.
    """

    wedged: str = ""
    sim_busy: int = 0
    interleaved: bool = False
    lost_ring: float = 0.0
    lost_begin: float = 0.0
    lost_end: float = 0.0
    lost_text: float = 0.0
    late_notice_s: float = 0.0
    early_begin: bool = False
    stuck_call: str = ""
    pcm_never_starts: bool = False
    pcm_stalls_after_s: float = 0.0
    pcm_errors: int = 0
    second_call: str = ""
    repeated_digits: bool = False
    dial_error: str = ""
    text_error: int = 0
    text_delay_s: float = 0.0
    report_status: int = 0
    reset_s: float = 0.0
    brown_out: bool = False


def draw_faults(rng: random.Random) -> CellularFaults:
    """What may go wrong with one call, each rare enough that most calls are nearly well.

    Nothing is drawn that needs a person: wedges, power and the SIM are left to the test.
    """

    def chance(probability: float) -> bool:
        return rng.random() < probability

    return CellularFaults(
        interleaved=chance(0.3),
        lost_begin=1.0 if chance(0.15) else 0.0,
        lost_end=1.0 if chance(0.25) else 0.0,
        lost_text=1.0 if chance(0.1) else 0.0,
        late_notice_s=rng.uniform(0.1, 3.0) if chance(0.3) else 0.0,
        early_begin=chance(0.1),
        stuck_call="hang_up" if chance(0.1) else "",
        pcm_stalls_after_s=rng.uniform(1.0, 8.0) if chance(0.05) else 0.0,
        pcm_never_starts=chance(0.03),
        pcm_errors=rng.randrange(1, 4) if chance(0.2) else 0,
        second_call=rng.choice(("choppy", "dead")) if chance(0.1) else "",
        repeated_digits=chance(0.2),
    )
