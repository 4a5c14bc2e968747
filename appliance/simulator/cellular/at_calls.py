"""Commands and notices of calls: dialling, answering, +CLCC, +CHLD, and what is said unasked."""

from datetime import UTC, datetime

from appliance.errors import SimulatorError
from appliance.simulator.cellular.at_answer import (
    NO_CARRIER,
    Answer,
    Command,
    Handler,
    Refused,
    Unit,
)
from appliance.simulator.cellular.calls import CAUSES, Call, Calls, Stat

_EMERGENCY = ("112", "911", "999", "08", "000", "110", "118", "119")  # 3GPP TS 22.101 §10.1.1
_KEYS = "0123456789*#ABCD"
_BUSY_CAUSE, _NO_ANSWER_CAUSES = 17, (18, 19)


class CallCommands:
    """A ``calls.CallListener`` too. ``on_digit_wanted`` is the modem's DTMF switch."""

    def __init__(self, unit: Unit, calls: Calls) -> None:
        self._unit = unit
        self._calls = calls
        self._own_words: list[str] | None = None  # of a command under way: they precede its OK

    def handlers(self) -> dict[str, Handler]:
        table: dict[str, Handler] = {
            "A": self._answer,
            "H": self._hang_up,
            "H0": self._hang_up,
            "H1": self._hang_up,
            "+CHUP": self._hang_up,
            "+CHLD": self._hold,
            "+CLCC": self._list,
            "+CEER": self._cause,
            "+VTS": self._send_key,
            "+CPAS": self._activity,
            self._unit.profile.digit_switch: self._digit_switch,
        }
        if self._unit.profile.dsci:
            table["^DSCI"] = self._dsci
        return table

    # Commands

    def dial(self, text: str) -> Answer:
        """``text``: all after ATD."""
        unit = self._unit
        number = text.rstrip().removesuffix(";")
        if number.lower().endswith("i"):
            number = number[:-1]
        if unit.faults.dial_error:
            return Answer(result=unit.faults.dial_error, delay_s=0.3)
        if not text.rstrip().endswith(";"):
            return Answer(result=NO_CARRIER, delay_s=2.0)  # a data call, which nobody takes
        digits = number.removeprefix("+")
        if not digits or any(char not in _KEYS for char in digits):
            raise Refused("+CME", 50)
        if number not in _EMERGENCY:
            unit.need_sim()
            if not unit.attachment.is_registered:
                raise Refused("+CME", 30)
        try:
            self._calls.dial(number)
        except SimulatorError as error:
            raise Refused("+CME", 3) from error
        return Answer()

    def _answer(self, _: Command) -> Answer:
        if not any(call.stat in (Stat.INCOMING, Stat.WAITING) for call in self._calls.there):
            return Answer(result=NO_CARRIER)
        unit = self._unit
        delay_s = unit.rng.uniform(*unit.profile.answers_late)
        words: list[str] = []
        self._own_words = words
        self._calls.accept()
        self._own_words = None
        return Answer(tuple(words), delay_s=delay_s)

    def _hang_up(self, command: Command) -> Answer:
        if command.form == "test":
            return Answer()
        words: list[str] = []
        self._own_words = words
        self._calls.hang_up()
        self._own_words = None
        return Answer(tuple(words), delay_s=self._unit.rng.uniform(0.02, 0.3))

    def _hold(self, command: Command) -> Answer:
        if command.form != "set":
            return Answer(("+CHLD: (0,1,1x,2,2x,3)",))
        if not self._calls.hold(command.argument(0)):
            raise Refused("+CME", 3)
        return Answer(delay_s=self._unit.rng.uniform(0.05, 0.3))

    def _list(self, command: Command) -> Answer:
        if command.form == "set" and self._unit.profile.call_list_notice:
            self._unit.settings["+CLCC"] = command.argument(0)
            return Answer()
        if command.form == "read" and self._unit.profile.call_list_notice:
            return Answer((f"+CLCC: {self._unit.settings.get('+CLCC', '0')}",))
        if command.form != "run":
            if command.form == "test":
                return Answer()
            raise Refused("+CME", 50)
        calls = tuple(self._listed(call, int(call.stat)) for call in self._calls.there)
        return Answer((*self._data_call(), *calls))

    def _data_call(self) -> tuple[str, ...]:
        attachment = self._unit.attachment
        is_up = attachment.habits.data_call and attachment.is_registered
        return ('+CLCC: 1,1,0,1,0,"",128',) if is_up else ()

    def _listed(self, call: Call, stat: int) -> str:
        line = f"+CLCC: {call.index},{int(call.is_incoming)},{stat},0,{int(call.in_conference)}"
        number = self._shown(call)
        return line + f',"{number}",{self._unit.number_kind(number)}' + (',""' if number else "")

    def _shown(self, call: Call) -> str:
        return call.number if call.presentation == "allowed" else ""

    def _cause(self, command: Command) -> Answer:
        if command.form == "test":
            return Answer()
        cause = self._calls.last_cause
        text = CAUSES.get(cause, "Unspecified")
        return Answer((self._unit.profile.cause.format(cause=cause, text=text),))

    def _send_key(self, command: Command) -> Answer:
        key = command.argument(0)
        if command.form == "test":
            return Answer(("+VTS: (0-9,A-D,*,#)",))
        if len(key) != 1 or key not in _KEYS:
            raise Refused("+CME", 50)
        if not self._calls.send_key(key):
            raise Refused("+CME", 3)
        return Answer(delay_s=0.1)

    def _activity(self, _: Command) -> Answer:
        stats = {call.stat for call in self._calls.there}
        if stats & {Stat.INCOMING, Stat.WAITING}:
            return Answer(("+CPAS: 3",))
        return Answer(("+CPAS: 4",) if stats else ("+CPAS: 0",))

    def _digit_switch(self, command: Command) -> Answer:
        name = self._unit.profile.digit_switch
        if command.form == "read":
            return Answer((f"{name}: {self._unit.settings.get(name, '0')}",))
        if command.form == "set":
            if command.argument(0) not in ("0", "1"):
                raise Refused("+CME", 50)
            self._unit.settings[name] = command.argument(0)
        return Answer()

    def _dsci(self, command: Command) -> Answer:
        if command.form == "set":
            self._unit.settings["^DSCI"] = command.argument(0)
        return Answer()

    # calls.CallListener

    def call_rings(self, call: Call) -> None:
        unit = self._unit
        if unit.chance(unit.faults.lost_ring):
            return
        self._calls.rings_told += 1
        unit.tell("+CRING: VOICE" if unit.settings["+CRC"] == "1" else "RING")
        first = call.rings == 1 and not unit.attachment.habits.clip_on_first_ring
        if unit.settings["+CLIP"] == "1" and not first:
            number = self._shown(call)
            validity = {"allowed": 0, "private": 1}.get(call.presentation, 2)
            kind = unit.number_kind(number) if number else 128
            unit.tell(unit.profile.caller_id.format(number=number, kind=kind, validity=validity))

    def call_waits(self, call: Call) -> None:
        if self._unit.settings["+CCWA"].split(",")[0] == "1":
            number = self._shown(call)
            kind = self._unit.number_kind(number) if number else 128
            self._unit.tell(f'+CCWA: "{number}",{kind},1')

    def call_moved(self, call: Call) -> None:
        self._notify_list(call, int(call.stat))
        unit, profile = self._unit, self._unit.profile
        early = call.stat is Stat.ALERTING and unit.faults.early_begin
        told = "begin told" in call.history
        if not (early or call.stat is Stat.ACTIVE) or told:
            return
        call.history.append("begin told")
        if profile.begin and not unit.chance(unit.faults.lost_begin):
            self._notice(profile.begin)
        if not call.is_incoming and unit.settings["+COLP"] == "1":
            unit.tell(f'+COLP: "{call.number}",{unit.number_kind(call.number)},,,""')

    def call_ended(self, call: Call, cause: int, by_host: bool) -> None:
        unit, profile = self._unit, self._unit.profile
        self._notify_list(call, 6)
        missed = call.stat in (Stat.INCOMING, Stat.WAITING) and not by_host
        if unit.chance(unit.faults.lost_end):
            return
        if missed and profile.missed:
            number = self._shown(call)
            at = datetime.fromtimestamp(unit.utc(), UTC)
            self._notice(profile.missed.format(time=f"{at:%I:%M%p}", number=number))
        if profile.end and not missed:
            since_s = unit.loop.time() - (call.connected_s or unit.loop.time())
            words = profile.end.format(seconds=int(since_s))
            self._notice(words)
        if not by_host and call.stat is not Stat.WAITING:
            self._notice(self._final_words(call, cause))

    def _final_words(self, call: Call, cause: int) -> str:
        if not self._unit.profile.says_busy or call.is_incoming:
            return NO_CARRIER
        if cause == _BUSY_CAUSE:
            return "BUSY"
        return "NO ANSWER" if cause in _NO_ANSWER_CAUSES else NO_CARRIER

    def key_heard(self, key: str) -> None:
        unit, profile = self._unit, self._unit.profile
        if unit.settings.get(profile.digit_switch, "0") == "1":
            words = profile.digit_report.format(key=key, code=ord(key))
            for _ in range(2 if unit.faults.repeated_digits else 1):
                unit.tell(words)

    def _notice(self, words: str) -> None:
        """A notice that may come late."""
        unit = self._unit
        if self._own_words is not None and not unit.faults.late_notice_s:
            self._own_words.append(words)
        elif unit.faults.late_notice_s > 0:
            name = f"notice {unit.loop.time()} {words}"
            unit.timers.set(name, unit.faults.late_notice_s, lambda: unit.tell(words))
        else:
            unit.tell(words)

    def _notify_list(self, call: Call, stat: int) -> None:
        unit = self._unit
        if unit.settings.get("+CLCC", "0") == "1":
            unit.tell(self._listed(call, stat))
        if unit.settings.get("^DSCI", "0") == "1":
            number = self._shown(call)
            kind = unit.number_kind(number)
            unit.tell(f"^DSCI: {call.index},{int(call.is_incoming)},{stat},0,{number},{kind}")
