"""A cellular modem's driver as a machine: its table, its port, and what is done when it fails.

Theory of operation: `states` holds the only transition table; each state's entry starts
what that state waits for, always with a limit of time, so that no silence of the modem can hold the
line for ever. `cellular_trouble` decides what is done about a failure: the steps of `recovery`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from appliance.interfaces import AudioPorts, Clock, EventSink, PipeOpener, TextListener
from appliance.lines.cellular import scripts
from appliance.lines.cellular.at_desk import AtDesk, Results
from appliance.lines.cellular.power import ModemPower, PinMakers
from appliance.lines.cellular.profiles import GENERIC, CellularProfile
from appliance.lines.cellular.recovery import BY_WIRE, Step
from appliance.lines.cellular.sim_pin import PinStore
from appliance.lines.cellular.states import IDLE, PASSING, PHASES, TRANSITIONS, State, Trigger
from appliance.lines.cellular.trouble import Trouble
from appliance.lines.line_health import LineHealth, Phase
from appliance.lines.line_standing import LineStanding
from appliance.lines.modem_port import ModemPort, lost_reason
from appliance.lines.port_watch import PortWatch
from appliance.lines.timers import NamedTimers
from appliance.modem.at import AtOutput, Command, Finished, Result, Unsolicited
from appliance.settings import LineSettings

SILENT = 3  # commands in a row without an answer


@dataclass(frozen=True, slots=True)
class CellularNeeds:
    """What a line is made with. ``identify``: which device a path names now."""

    sink: EventSink
    audio: AudioPorts
    open_pipe: PipeOpener
    loop: asyncio.AbstractEventLoop
    clock: Clock
    identify: Callable[[str], object | None]
    gpio: PinMakers
    pins: PinStore
    texts: TextListener


class CellularMachine(ABC):
    """The states in which nothing is known of the SIM, and the way through the table."""

    def __init__(self, settings: LineSettings, needs: CellularNeeds) -> None:
        """``settings``: its paths already resolved."""
        self.name = settings.name
        self._settings = settings
        self._needs = needs
        self._sink = needs.sink
        self._loop = needs.loop
        self._health = LineHealth(needs.clock)
        self._standing = LineStanding(settings.name, needs.sink)
        self._path = PortWatch(settings.port, needs.identify)
        self._state = State.DOWN
        self._visit = 0  # counts the states entered: an answer to an earlier one is nobody's
        self._timers = NamedTimers(self._loop)  # of the state: a transition cancels them
        self._house = NamedTimers(self._loop)
        self._power = ModemPower(self._house, needs.gpio, settings)
        self._power_steps = {
            Step.RESET_LINE: (settings.reset_gpio, self._power.pull_reset),
            Step.POWER_KEY: (settings.power_gpio, self._power.press_key),
            Step.SUPPLY: (settings.supply_gpio, self._power.switch_supply),
        }
        self._trouble = Trouble(
            step for step, (gpio, _) in self._power_steps.items() if gpio is not None
        )
        self._profile: CellularProfile = GENERIC
        self._modem: ModemPort | None = None
        self._desk: AtDesk | None = None
        self._ring_waits = False
        self._entries = self._entry_table()

    def _entry_table(self) -> dict[State, Callable[[State], None]]:
        """What each state does on entry; it is given the state before."""
        return {
            State.OPENING: self._enter_opening,
            State.RESETTING: self._enter_resetting,
            State.POWERING: self._enter_powering,
            State.RETRYING: self._enter_retrying,
            State.DOWN: self._enter_down,
        }

    @abstractmethod
    def _end_call(self) -> None:
        """Whatever call there is, is over for us."""

    @abstractmethod
    def _on_line(self, notice: Unsolicited) -> None:
        """An unsolicited line, or several that belong together."""

    # --- the table -------------------------------------------------------------------------------

    def _fire(self, trigger: Trigger) -> bool:
        """Make the transition the table holds for ``trigger``; False when it holds none."""
        old = self._state
        new = TRANSITIONS.get((old, trigger))
        if new is None:
            return False
        self._timers.cancel_all()
        self._state = new
        self._visit += 1
        self._health.enter(PHASES.get(new, Phase.IN_CALL), new.value)
        self._entries[new](old)
        return True

    def _fault(self, reason: str, trigger: Trigger, slow: bool = False) -> None:
        """The line is unusable for now: tell the core once, and go the table's way out."""
        self._health.fault(reason, slow)
        self._standing.failed(reason, trigger in PASSING)
        self._fire(trigger)

    def _run(
        self,
        commands: Iterable[Command],
        on_done: Callable[[Results], object],
        *,
        urgent: bool = False,
    ) -> None:
        """For the state that is; a required command that fails is its fault."""
        visit = self._visit

        def done(results: Results) -> None:
            if visit != self._visit:
                return
            if results and results[-1].failed:
                self._silent(scripts.failure(results[-1]))
            else:
                on_done(results)

        self._open_desk().run(commands, done, urgent=urgent)

    # --- the port --------------------------------------------------------------------------------

    def _enter_opening(self, _old: State) -> None:
        self._path.opening()
        try:
            pipe = self._needs.open_pipe(self._path.path)
        except OSError as error:  # LineFault and LinkError are OSErrors
            self._no_port(lost_reason(error))
            return
        self._modem = ModemPort(self._loop, pipe, self._on_output, self._lost)
        self._desk = AtDesk(self._modem, self._house)
        is_reset = self._trouble.plan.step is Step.RESET
        self._fire(Trigger.RESET if is_reset else Trigger.OPENED)

    def _no_port(self, reason: str) -> None:
        now = self._loop.time()
        if self._path.is_there():
            told, slow = self._trouble.refused(reason)
        else:
            told, slow = self._trouble.absent(reason, now)
        self._fault(told, Trigger.LOST, slow)

    def _lost(self, reason: str) -> None:
        """The open port is gone."""
        told, slow = self._trouble.absent(reason, self._loop.time())
        self._fault(told, Trigger.LOST, slow)

    def _silent(self, reason: str) -> None:
        """The port is there; the modem behind it does not answer."""
        self._health.counters["silences"] += 1
        told, slow = self._trouble.silent(reason, self._loop.time())
        if slow and self._power.warning:
            told = f"{told}; {self._power.warning}"
        self._fault(told, Trigger.LOST, slow)

    def _looked(self, appeared: bool, lost: str) -> None:
        """At the path: plugged in again while retrying, or re-pointed while idle."""
        if self._state is State.RETRYING and appeared:
            self._trouble.came_back()
            self._fire(Trigger.RETRY)
        elif lost and self._state in IDLE and self._modem is not None:
            self._lost(lost)

    def _open_desk(self) -> AtDesk:
        assert self._desk is not None, "the table enters these states with an open port"
        return self._desk

    def _close_modem(self) -> None:
        self._end_call()
        if self._desk is not None:
            self._desk.close()
        if self._modem is not None:
            self._modem.close()
        self._desk = self._modem = None

    # --- bringing it back ------------------------------------------------------------------------

    def _enter_resetting(self, _old: State) -> None:
        self._health.counters["resets"] += 1
        self._end_call()
        self._run(scripts.restart(self._profile), self._reset_told)

    def _reset_told(self, results: Results) -> None:
        """What was refused or not heard restarts nothing: no time is lost with waiting for it."""
        self._restarted(any(result.ok for result in results))

    def _restarted(self, is_booting: bool = True) -> None:
        boot_s = self._profile.power.boot_s if is_booting else 0.0
        self._trouble.restarting(self._loop.time(), boot_s)
        self._fire(Trigger.DONE)

    def _enter_powering(self, _old: State) -> None:
        self._health.counters["resets"] += 1
        _gpio, take = self._power_steps[self._trouble.plan.step]
        take(self._profile.power, self._restarted)

    def _enter_retrying(self, _old: State) -> None:
        self._close_modem()
        self._ring_waits = False
        if self._standing.is_stopping:
            self._fire(Trigger.STOP)
            return
        plan = self._trouble.plan
        trigger = Trigger.POWER if plan.step in BY_WIRE else Trigger.RETRY
        self._timers.start("retry", plan.wait_s, lambda: self._fire(trigger))

    def _enter_down(self, _old: State) -> None:
        self._close_modem()
        self._power.close()
        self._house.cancel_all()
        self._standing.down()

    # --- what the modem says ---------------------------------------------------------------------

    def _on_output(self, output: AtOutput) -> None:
        if isinstance(output, Finished):
            self._on_finished(output.result)
        elif isinstance(output, Unsolicited):
            self._on_line(output)

    def _on_finished(self, result: Result) -> None:
        desk = self._open_desk()
        if result.timed_out:
            self._health.counters["at_timeouts"] += 1
        desk.finished(result)
        if desk is self._desk and desk.silent >= SILENT:
            self._silent("the modem does not answer")
