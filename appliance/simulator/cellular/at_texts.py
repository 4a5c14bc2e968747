"""Commands of short messages and USSD, and the service centre behind them (3GPP TS 27.005)."""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.errors import SimulatorError
from appliance.simulator.cellular import sms_pdu, ussd
from appliance.simulator.cellular.at_answer import Answer, Command, Handler, Refused, Unit
from appliance.simulator.cellular.inbox import READ, UNREAD, Inbox
from appliance.simulator.cellular.ussd import Dialogue, UssdAnswer

_OPERATION_NOT_ALLOWED, _BAD_PDU, _BAD_INDEX, _UNKNOWN_MEMORY = 302, 304, 321, 302
_NO_SIM, _NO_NETWORK, _BAD_TEXT_MODE = 310, 331, 303
_USSD_PATIENCE_S = 30.0
_USSD_FORMS = {"UCS2": "ucs2", "GSM": "gsm"}  # by +CSCS, 3GPP TS 27.007 5.5


@dataclass(frozen=True, slots=True)
class SentText:
    """A message the modem gave to its network. ``reference``: what +CMGS said."""

    reference: int
    submit: sms_pdu.Submit


class TextCommands:
    """``sent``: all the network took, oldest first. ``ussd_form``: one of ussd.FORMS or ""."""

    def __init__(
        self, unit: Unit, inbox: Inbox, codes: dict[str, UssdAnswer], ussd_form: str = ""
    ) -> None:
        self.inbox = inbox
        self.sent: list[SentText] = []
        self.on_sent: Callable[[SentText], None] = lambda _: None
        self._unit = unit
        self._dialogue = Dialogue(codes)
        self._ussd_form = ussd_form
        self._reference = 0
        self._parts = unit.rng.randrange(256)

    def handlers(self) -> dict[str, Handler]:
        return {
            "+CMGF": self._format,
            "+CPMS": self._memories,
            "+CMGL": self._list,
            "+CMGR": self._read,
            "+CMGD": self._delete,
            "+CMGS": self._send,
            "+CNMA": lambda _: Answer(),
            "+CUSD": self._ussd,
        }

    # What people and the network send

    def deliver(
        self, text: sms_pdu.Text, order: tuple[int, ...] = (), repeats: tuple[int, ...] = ()
    ) -> int:
        """Send the modem a message; how many parts. ``order``: of the parts, from 1, when not
        their own; ``repeats``: parts that come twice. Raises SimulatorError."""
        self._parts += 1
        habits = self._unit.attachment.habits
        pdus = sms_pdu.deliver_pdus(
            text, self._parts, self._unit.utc(), habits.zone_quarters, habits.service_centre
        )
        for number in order or tuple(range(1, len(pdus) + 1)):
            if not 1 <= number <= len(pdus):
                raise SimulatorError(f"no part {number}; the message has {len(pdus)}")
            for _ in range(2 if number in repeats else 1):
                self.deliver_pdu(pdus[number - 1])
        return len(pdus)

    def deliver_pdu(self, pdu: bytes) -> None:
        """One PDU as it is, service centre first; kept at the centre while there is no way."""
        self.inbox.at_centre.append(pdu)
        self.retry()

    def retry(self) -> None:
        """Take what waits at the service centre, as far as there is place and network."""
        inbox, unit = self.inbox, self._unit
        while inbox.at_centre and unit.attachment.is_registered and unit.sim.is_ready:
            if not self._take(inbox.at_centre[0]):
                if unit.profile.full:
                    unit.tell(unit.profile.full.format(memory=inbox.receiving))
                return
            inbox.at_centre.popleft()
            inbox.received += 1

    def _take(self, pdu: bytes) -> bool:
        unit = self._unit
        mode, how, *_ = [*unit.settings["+CNMI"].split(","), "0"]
        if how in ("2", "3") and mode != "0":
            unit.tell(f"+CMT: ,{sms_pdu.tpdu_length(pdu)}\r\n{pdu.hex().upper()}")
            return True
        index = self.inbox.memory(self.inbox.receiving).keep(pdu)
        if index is None:
            return False
        if how == "1" and mode != "0" and not unit.chance(unit.faults.lost_text):
            unit.tell(f'+CMTI: "{self.inbox.receiving}",{index}')
        return True

    # The memories

    def _format(self, command: Command) -> Answer:
        if command.form == "set" and command.argument(0) != "0":
            raise Refused("+CMS", _BAD_TEXT_MODE)  # these modems are used in PDU mode
        return Answer(("+CMGF: 0",) if command.form == "read" else ())

    def _memories(self, command: Command) -> Answer:
        inbox = self.inbox
        self._need_sim()
        if command.form == "set" and not inbox.choose(list(command.args)):
            raise Refused("+CMS", _UNKNOWN_MEMORY)
        if command.form == "test":
            names = ",".join(f'"{name}"' for name in inbox.memories)
            return Answer((f"+CPMS: ({names}),({names}),({names})",))
        chosen = [inbox.memory(n) for n in (inbox.reading, inbox.writing, inbox.receiving)]
        if command.form == "read":
            shown = ",".join(f'"{m.name}",{m.used},{len(m.places)}' for m in chosen)
        else:
            shown = ",".join(f"{m.used},{len(m.places)}" for m in chosen)
        return Answer((f"+CPMS: {shown}",))

    def _list(self, command: Command) -> Answer:
        self._need_sim()
        if command.form == "test":
            return Answer(("+CMGL: (0-4)",))
        wanted = command.whole(0, UNREAD)
        lines: list[str] = []
        for index, kept in self.inbox.memory(self.inbox.reading).listed():
            if wanted in (4, kept.stat):
                length = sms_pdu.tpdu_length(kept.pdu)
                lines += [f"+CMGL: {index},{kept.stat},,{length}", kept.pdu.hex().upper()]
                kept.stat = READ if kept.stat == UNREAD else kept.stat
        return Answer(tuple(lines))

    def _read(self, command: Command) -> Answer:
        self._need_sim()
        try:
            kept = self.inbox.memory(self.inbox.reading).at(command.whole(0, -1))
        except IndexError as error:
            raise Refused("+CMS", _BAD_INDEX) from error
        if kept is None:
            return Answer()
        line = f"+CMGR: {kept.stat},,{sms_pdu.tpdu_length(kept.pdu)}"
        kept.stat = READ if kept.stat == UNREAD else kept.stat
        return Answer((line, kept.pdu.hex().upper()))

    def _delete(self, command: Command) -> Answer:
        self._need_sim()
        memory = self.inbox.memory(self.inbox.reading)
        kinds = {1: (1,), 2: (1, 3), 3: (1, 2, 3), 4: (0, 1, 2, 3)}
        flag = command.whole(1, 0)
        if command.form == "test":
            return Answer((f"+CMGD: ({memory.first}-{len(memory.places)}),(0-4)",))
        try:
            if flag == 0:
                memory.free(command.whole(0, -1))
        except IndexError as error:
            raise Refused("+CMS", _BAD_INDEX) from error
        for index, kept in memory.listed() if flag else ():
            if kept.stat in kinds.get(flag, ()):
                memory.free(index)
        self._unit.timers.set("memory free", self._unit.rng.uniform(1.0, 3.0), self.retry)
        return Answer(delay_s=0.05)

    def _need_sim(self) -> None:
        if not self._unit.sim.config.present:
            raise Refused("+CMS", _NO_SIM)
        if not self._unit.sim.is_ready:
            raise Refused("+CMS", 316 if self._unit.sim.state == "SIM PUK" else 311)

    # Sending

    def _send(self, command: Command) -> Answer:
        if command.form == "test":
            return Answer()
        self._need_sim()
        length = command.whole(0, 0)
        if not 8 <= length <= 164:
            raise Refused("+CMS", _BAD_PDU)
        return Answer(result=None, prompt=lambda typed: self._typed(length, typed))

    def _typed(self, length: int, typed: bytes | None) -> Answer:
        unit = self._unit
        if typed is None:
            return Answer()  # 27.005 §3.5.1: ESC cancels, and it is OK
        try:
            pdu = bytes.fromhex(typed.decode("ascii").strip())
            if sms_pdu.tpdu_length(pdu) != length:
                raise SimulatorError("the length is another one")
            submit = sms_pdu.read_submit(pdu)
        except (ValueError, SimulatorError) as error:
            raise Refused("+CMS", _BAD_PDU) from error
        if unit.faults.text_error:
            raise Refused("+CMS", unit.faults.text_error)
        if not unit.attachment.is_registered:
            raise Refused("+CMS", _NO_NETWORK)
        self._reference = (self._reference + 1) % 256
        sent = SentText(self._reference, submit)
        self.sent.append(sent)
        self.on_sent(sent)
        delay_s = unit.faults.text_delay_s or unit.rng.uniform(0.5, 4.0)
        then = None
        if submit.wants_report:
            after_s = delay_s + unit.rng.uniform(1.0, 6.0)
            unit.timers.set(f"report {sent.reference}", after_s, lambda: self._report(sent))
        return Answer((f"+CMGS: {sent.reference}",), delay_s=delay_s, then=then)

    def _report(self, sent: SentText) -> None:
        unit = self._unit
        habits = unit.attachment.habits
        pdu = sms_pdu.status_report(
            sent.reference,
            sent.submit.number,
            unit.utc(),
            habits.zone_quarters,
            status=unit.faults.report_status,
            smsc=habits.service_centre,
        )
        how = [*unit.settings["+CNMI"].split(","), *"0000"][3]
        if how == "1":
            unit.tell(f"+CDS: {sms_pdu.tpdu_length(pdu)}\r\n{pdu.hex().upper()}")
        elif how == "2":
            index = self.inbox.memory(self.inbox.receiving).keep(pdu)
            if index is not None:
                unit.tell(f'+CDSI: "{self.inbox.receiving}",{index}')

    # USSD

    def _ussd(self, command: Command) -> Answer:
        unit = self._unit
        if command.form == "read":
            return Answer((f"+CUSD: {unit.settings['+CUSD']}",))
        if command.form == "test":
            return Answer(("+CUSD: (0-2)",))
        mode = command.argument(0, "0")
        if mode == "2":
            self._dialogue.close()
            unit.timers.cancel("ussd")
            return Answer()
        unit.settings["+CUSD"] = mode
        if len(command.args) < 2:
            return Answer()
        unit.need_sim()
        if not unit.attachment.is_registered:
            raise Refused("+CME", 30)
        try:
            code = ussd.decode(command.argument(1), self._form())
        except SimulatorError as error:
            raise Refused("+CME", 50) from error
        self._ask(code)
        return Answer(delay_s=0.1)

    def _form(self) -> str:
        if self._ussd_form:
            return self._ussd_form
        return _USSD_FORMS.get(self._unit.settings["+CSCS"], "text")

    def _ask(self, code: str) -> None:
        answer = self._dialogue.ask(code)
        if answer is None:
            self._later(1.5, lambda: self._unit.tell(f"+CUSD: {ussd.NOT_SUPPORTED}"))
        elif answer.silent:
            self._later(_USSD_PATIENCE_S, lambda: self._unit.tell(f"+CUSD: {ussd.TIMED_OUT}"))
        else:
            self._later(answer.after_s, lambda: self._tell_ussd(answer))

    def _later(self, delay_s: float, action: Callable[[], None]) -> None:
        self._unit.timers.set("ussd", delay_s, action)

    def _tell_ussd(self, answer: UssdAnswer) -> None:
        if self._unit.settings["+CUSD"] != "1":
            return
        mode = ussd.REPLY_EXPECTED if answer.replies else ussd.DONE
        text, coding = ussd.encode(answer.text, self._form())
        self._unit.tell(f'+CUSD: {mode},"{text}",{coding}')
