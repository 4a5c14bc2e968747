"""What an emulated modem is: its states as one table, its faults, its counters, its line."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Faults:
    """How a modem misbehaves; the default is a well one.

    ``stuck_streaming``: still in full duplex when the host opens it. ``errors_only``: ERROR to all
    commands. ``never_answers``: no reply to anything. ``silent_end``: leaves a stream without a
    word. ``ignores_end``: streams on. ``bare_end``: leaves full duplex with OK alone, no 10 03.
    ``samples_after_hang_up_ms``: goes on streaming for so long after the OK to ATH.
    ``late_connect_s``: CONNECT comes so much later. ``no_caller_id``: never reports one.
    ``false_dial_codes``: reports a dial tone (10 64) every second of a stream. ``spurious_codes``:
    each of these letters about once a second. ``rhythm_always``: DRON and DROF around RING though
    nobody asked. ``dial_result``: all it says to a dial command (ERROR, BUSY, BLACKLISTED ...).
    ``ignores_duplex_after_dial``: no answer to +VTR in a call it dialled. ``no_carrier_after_s``:
    so long after dialling it ends the call by itself. ``lost_notices``: the share of RINGs, caller
    IDs and codes that are never told; ``late_notices_s``: they come up to so much later.
    ``late_results_s``: so much does a result code. ``garbage``: so many random bytes come when it
    is plugged in and whenever it has left a stream.
    """

    stuck_streaming: bool = False
    errors_only: bool = False
    never_answers: bool = False
    silent_end: bool = False
    ignores_end: bool = False
    bare_end: bool = False
    samples_after_hang_up_ms: int = 0
    late_connect_s: float = 0.0
    no_caller_id: bool = False
    false_dial_codes: bool = False
    spurious_codes: str = ""
    rhythm_always: bool = False
    dial_result: str = ""
    ignores_duplex_after_dial: bool = False
    no_carrier_after_s: float = 0.0
    lost_notices: float = 0.0
    late_notices_s: float = 0.0
    late_results_s: float = 0.0
    garbage: int = 0


class State(Enum):
    IDLE = auto()
    RINGING = auto()
    OFF_HOOK = auto()
    VTX = auto()
    VRX = auto()
    VTR = auto()


STREAMS = (State.VTX, State.VRX, State.VTR)
HEARING = (State.VRX, State.VTR)

# (state, what happens) → state. What is not here does not happen.
TRANSITIONS: dict[tuple[State, str], State] = {
    (State.IDLE, "ring"): State.RINGING,
    (State.RINGING, "ring"): State.RINGING,
    (State.RINGING, "ring_stopped"): State.IDLE,
    (State.IDLE, "lift"): State.OFF_HOOK,
    (State.RINGING, "lift"): State.OFF_HOOK,
    (State.OFF_HOOK, "hang_up"): State.IDLE,
    (State.VTX, "hang_up"): State.IDLE,
    (State.VRX, "hang_up"): State.IDLE,
    (State.VTR, "hang_up"): State.IDLE,
    (State.OFF_HOOK, "VTX"): State.VTX,
    (State.OFF_HOOK, "VRX"): State.VRX,
    (State.OFF_HOOK, "VTR"): State.VTR,
    (State.VTX, "end"): State.OFF_HOOK,
    (State.VRX, "end"): State.OFF_HOOK,
    (State.VTR, "end"): State.OFF_HOOK,
}


class LineSide(Protocol):
    """The exchange's line, as the modem that hangs on it sees it."""

    def lifted(self) -> None: ...

    def released(self) -> None: ...

    def flashed(self) -> None: ...

    def pulsed(self, digit: str) -> None:
        """So many breaks of the loop, one digit (10 for 0); keys are heard in ``near_frame``."""

    @property
    def in_use(self) -> bool:
        """Another telephone has the line."""

    @property
    def ring(self) -> tuple[tuple[float, float], ...]:
        """(on_s, off_s) of the bell's bursts."""

    def far_frame(self) -> bytes:
        """The next 10 ms from the exchange, 80 µ-law bytes."""

    def near_frame(self, frame: bytes) -> None:
        """10 ms of what the modem put on the line."""


@dataclass(slots=True)
class ModemStats:
    """Counted since the start."""

    samples_in: int = 0  # from the host
    samples_out: int = 0  # to the host
    underruns: int = 0
    overruns: int = 0
    unknown_codes: int = 0
    commands: int = 0
    rings_told: int = 0
