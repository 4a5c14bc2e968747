"""From a cellular modem in any state to one known and set up: wake, identity, SIM, settings."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future

from appliance.lines.cellular import scripts
from appliance.lines.cellular.at_desk import Results
from appliance.lines.cellular.profiles import GENERIC, CellularProfile, named_profile, recognise
from appliance.lines.cellular.service import CellularService
from appliance.lines.cellular.sim_pin import PinStore, is_of, may_give, note
from appliance.lines.timers import NamedTimers
from appliance.modem.at import Command
from appliance.modem.mobile_calls import CurrentCall, read_current_calls
from appliance.modem.mobile_identity import (
    SimState,
    all_pin_tries,
    is_sim_waiting,
    read_iccid,
    read_identity,
    read_imei,
)

LATE_S = 0.4  # answers to the knocks, and to a daemon that was killed, come within this
SIM_AGAIN_S = 1.0
SIM_WAITS = 20  # a SIM is busy for 5-20 s after a start
ABSENT_WAITS = 3  # some firmware says "no SIM" before it has looked
_ABSENT = (10, 13)

Runner = Callable[[Iterable[Command], Callable[[Results], object]], None]
OnDone = Callable[[CellularProfile, tuple[CurrentCall, ...]], object]


class CellularSetup:
    """One run of the dialogue; fills ``service``. Its timer is cancelled with the driver's state.

    ``on_main``: calls back on the main thread, for the PIN store's futures.
    """

    def __init__(
        self,
        run: Runner,
        timers: NamedTimers,
        service: CellularService,
        store: PinStore,
        *,
        line: str,
        model: str,
        pin: str,
        on_main: Callable[[Callable[[], object]], object],
        on_done: OnDone,
    ) -> None:
        self._run = run
        self._timers = timers
        self._service = service
        self._store = store
        self._line, self._pin = line, pin
        self._named = named_profile(model)
        self._profile = self._named or GENERIC
        self._on_main = on_main
        self._on_done = on_done
        self._asked_sim = 0
        self._tries: int | None = None

    def start(self) -> None:
        self._run(scripts.knock(), lambda _: self._timers.start("wake", LATE_S, self._wake))

    def _wake(self) -> None:
        """No answer is on its way any more: from now on each belongs to its question."""
        self._run(scripts.wake(), lambda _: self._run(scripts.identify(), self._identified))

    def _identified(self, results: Results) -> None:
        model, about, maker, firmware, imei = (result.lines for result in results)
        self._profile = self._named or recognise((*model, *about, *maker)) or GENERIC
        service = self._service
        service.title = self._profile.title
        service.model = " ".join(x for x in (read_identity(maker), read_identity(model)) if x)
        service.firmware, service.imei = read_identity(firmware), read_imei(imei)
        self._ask_sim()

    def _ask_sim(self) -> None:
        self._run((scripts.SIM,), self._sim_told)

    def _sim_told(self, results: Results) -> None:
        answer = results[-1]
        state = self._service.take_sim(answer.lines, answer.error_code)
        self._asked_sim += 1
        waits = ABSENT_WAITS if answer.error_code in _ABSENT else SIM_WAITS
        is_coming = is_sim_waiting(answer.error_code) or answer.error_code in _ABSENT
        if state is None and answer.timed_out:
            is_coming, waits = True, ABSENT_WAITS
        if (is_coming or state is SimState.NOT_READY) and self._asked_sim < waits:
            self._timers.start("sim", SIM_AGAIN_S, self._ask_sim)
        elif state is SimState.PIN and not self._service.pin_refusal:
            self._run(scripts.sim_identity(self._profile), self._locked_sim_known)
        else:
            self._initialise()

    def _locked_sim_known(self, results: Results) -> None:
        self._service.iccid = read_iccid(x for result in results for x in result.lines)
        self._run(scripts.pin_tries(self._profile), self._tries_known)

    def _tries_known(self, results: Results) -> None:
        tries = self._tries = all_pin_tries(x for result in results for x in result.lines).pin
        iccid = self._service.iccid
        refusal = may_give(self._pin, iccid, tries, self._store.given(self._line))
        if refusal is not None:
            self._refuse(refusal.reason, refusal.state)
            return
        kept = self._store.keep(self._line, note(self._pin, iccid, tries))
        kept.add_done_callback(lambda done: self._on_main(lambda: self._noted(done)))

    def _noted(self, kept: "Future[None]") -> None:
        """The PIN is given only once it is written down that it was."""
        if kept.exception() is not None:
            self._refuse(
                "the SIM asks for its PIN, which is not given while the disk can't be written",
                "pin_wanted",
            )
        else:
            self._run((scripts.give_pin(self._pin),), self._pin_answered)

    def _pin_answered(self, results: Results) -> None:
        answer = results[-1]
        if answer.ok or is_sim_waiting(answer.error_code):
            self._store.keep(self._line, "")
            self._asked_sim = 0
            self._timers.start("sim", SIM_AGAIN_S / 2, self._ask_sim)
        elif answer.final:
            iccid = self._service.iccid
            refused = note(self._pin, iccid, self._tries, refused=True)
            self._store.keep(self._line, refused)
            self._refuse("the SIM refused the configured PIN: correct the line's pin", "pin_wrong")
        else:
            self._refuse("the SIM does not answer its PIN: restart the modem", "failed")

    def _refuse(self, reason: str, sim: str) -> None:
        self._service.refuse_pin(reason, sim)
        self._initialise()

    def _initialise(self) -> None:
        self._run(scripts.initialise(self._profile), self._initialised)

    def _initialised(self, results: Results) -> None:
        *_, iccid, calls = results
        self._service.iccid = read_iccid(iccid.lines) or self._service.iccid
        given = self._store.given(self._line)
        if not self._service.sim_trouble and is_of(given, self._service.iccid):
            self._store.keep(self._line, "")  # this SIM is open: what was given is settled
        self._service.take(line for result in results for line in result.lines)
        self._on_done(self._profile, read_current_calls(calls.lines))
