"""What a cellular modem and its network say of themselves, gathered; whether the line is served."""

from collections.abc import Iterable

from appliance.modem.mobile_identity import SimState, cme_sentence, read_sim_state
from appliance.modem.mobile_network import (
    Registration,
    read_operator,
    read_registration,
    read_signal,
)

_WHY_NOT = (  # of a SIM that is in order, the first that fits
    ("denied", "the network refuses this SIM: is it active, and is its credit not used up?"),
    ("emergency_only", "the network allows emergency calls only: is the SIM active?"),
    ("searching", "the modem is searching for a network: check its aerial and the reception"),
    ("idle", "the modem finds no network: check its aerial and the reception"),
    ("unknown", "the modem has lost its network: check its aerial and the reception"),
)
# What line_watch and the page know a SIM's state by (docs/control-api.md); "": not known yet.
_SIM_STATES = {
    SimState.READY: "ready",
    SimState.PIN: "pin_wanted",
    SimState.PUK: "puk_wanted",
    SimState.PIN2: "pin_wanted",
    SimState.PUK2: "puk_wanted",
    SimState.LOCKED: "failed",
    SimState.ABSENT: "missing",
    SimState.NOT_READY: "",
}
_SIM_ERRORS = {  # +CME ERROR, 3GPP TS 27.007 9.2; every other one: failed
    10: "missing",
    11: "pin_wanted",
    12: "puk_wanted",
    14: "",
    16: "pin_wrong",
    17: "pin_wanted",
    18: "puk_wanted",
}
_NO_NETWORK = ("idle", "unknown")
_SIM_TROUBLE = {
    SimState.PIN: "the SIM asks for its PIN",
    SimState.PUK: cme_sentence(12),
    SimState.PIN2: "the SIM asks for its PIN2: enter it with the SIM in a telephone",
    SimState.PUK2: cme_sentence(18),
    SimState.LOCKED: cme_sentence(40),
    SimState.ABSENT: cme_sentence(10),
    SimState.NOT_READY: cme_sentence(14),
}


class CellularService:
    """Facts as they come in. ``sim_trouble``: "" while the SIM can be used."""

    def __init__(self) -> None:
        self.title = self.model = self.firmware = self.imei = self.iccid = ""
        self.operator = self.technology = ""
        self.signal_dbm: int | None = None
        self.bars = 0
        self.sim = ""  # as _SIM_STATES has them
        self.sim_trouble = ""
        self.pin_refusal = ""  # why the configured PIN is not given to this SIM
        self._refused_sim = ""  # and what it is then, as _SIM_STATES has them
        self._registrations: dict[str, Registration] = {}

    def forget_network(self) -> None:
        """The modem has restarted."""
        self._registrations.clear()
        self.operator, self.signal_dbm, self.bars = "", None, 0

    def take(self, lines: Iterable[str]) -> bool:
        """Answers and notices; whether any of them was about the registration."""
        about = False
        for line in lines:
            registration = read_registration(line)
            if registration is not None:
                self._registrations[registration.domain] = registration
                self.technology = registration.technology or self.technology
                about = True
            signal, operator = read_signal(line), read_operator(line)
            if signal is not None:
                self.signal_dbm, self.bars = signal.dbm, signal.bars
            if operator is not None:
                self.operator = operator.name or operator.code
        return about

    def take_sim(self, lines: Iterable[str], error: int | None) -> SimState | None:
        """The answer to AT+CPIN?: its state, None when it said nothing of the kind."""
        state = next((s for s in map(read_sim_state, lines) if s is not None), None)
        if state is SimState.PIN and self.pin_refusal:
            self.sim, self.sim_trouble = self._refused_sim, self.pin_refusal
        elif state is not None:
            self.sim = _SIM_STATES[state]
            self.sim_trouble, self.pin_refusal = _SIM_TROUBLE.get(state, ""), ""
        elif error is not None:
            self.sim = _SIM_ERRORS.get(error, "failed")
            self.sim_trouble = cme_sentence(error)
        return state

    def refuse_pin(self, reason: str, sim: str) -> None:
        """The configured PIN is not given to this SIM. ``sim``: its state then."""
        self.pin_refusal = self.sim_trouble = reason
        self.sim = self._refused_sim = sim

    @property
    def registered(self) -> bool:
        """Either the circuit-switched network (+CREG) or LTE (+CEREG) carries calls."""
        return any(r.is_registered and not r.texts_only for r in self._carriers())

    @property
    def has_network(self) -> bool:
        """For texts at least."""
        return any(r.is_registered for r in self._carriers())

    @property
    def registration(self) -> str:
        """home, roaming, searching, denied, emergency_only, or none."""
        return "none" if self._standing in _NO_NETWORK else self._standing

    @property
    def _standing(self) -> str:
        """As 27.007 7.2 has it: idle and unknown are told apart."""
        states = [r.state for r in self._carriers()]
        if any(r.is_registered for r in self._carriers()):
            return "roaming" if "roaming" in states else "home"
        return next((state for state, _ in _WHY_NOT if state in states), "unknown")

    @property
    def trouble(self) -> str:
        """Why the line is not served, for the owner; "" when it is."""
        if self.sim_trouble:
            return self.sim_trouble
        if self.registered:
            return ""
        if any(r.is_registered for r in self._carriers()):
            return "the network carries short messages for this SIM, but no calls"
        return dict(_WHY_NOT)[self._standing]

    @property
    def needs_person(self) -> bool:
        """Whether waiting alone won't help."""
        return bool(self.sim_trouble) or self.registration in ("denied", "emergency_only")

    def figures(self) -> dict[str, object]:
        """For the line's health."""
        return {
            "sim": self.sim,
            "imei": self.imei,
            "iccid": self.iccid,
            "firmware": self.firmware,
            "operator": self.operator,
            "technology": self.technology,
            "registration": self.registration,
            "roaming": self.registration == "roaming",
            "signal_dbm": self.signal_dbm,
            "signal_bars": self.bars,
        }

    def _carriers(self) -> list[Registration]:
        return [r for domain, r in self._registrations.items() if domain in ("CREG", "CEREG")]
