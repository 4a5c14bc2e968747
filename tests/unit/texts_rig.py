"""A modem's memories and network, answering AT commands in virtual time; a line's texts on it."""

from concurrent.futures import Future

from appliance.interfaces import ReceivedText
from appliance.lines.cellular.texts import CellularTexts
from appliance.loop import VirtualLoop
from appliance.modem.at import CommandQueue, Finished, Send, Unsolicited
from tests.unit import sms_rig

REPLY_S = 0.02
NENA = "+639171234567"


class Modem:
    """Answers as 3GPP TS 27.005 says. ``sends``: what becomes of each AT+CMGS, in turn."""

    def __init__(self, loop):
        self.loop = loop
        self.say = lambda data: None
        self.memories = {"ME": {}, "SM": {}}
        self.sizes = {"ME": 20, "SM": 10}
        self.read_from = "ME"
        self.keep_in = "ME"
        self.known = True  # AT+CPMS=? is
        self.bad = set()  # (memory, index) of what can't be read: a listing with it fails
        self.tells_places = True
        self.not_ready = 0  # so many AT+CMGF=0 fail
        self.sends = []
        self.reference = 0
        self.sent = []  # PDUs
        self.log = []
        self.ussd = []  # lines in answer to AT+CUSD=1
        self.data_length = None

    def store(self, pdu, notice=True, memory=None, status=0):
        memory = memory or self.keep_in
        store = self.memories[memory]
        if len(store) >= self.sizes[memory]:
            return None
        index = next(i for i in range(99) if i not in store)
        store[index] = (status, *pdu)
        if notice:
            self.tell(f'+CMTI: "{memory}",{index}')
        return index

    def tell(self, *lines):
        self.say("".join(f"\r\n{line}\r\n" for line in lines).encode())

    def take(self, data):
        text = data.decode()
        if text.endswith("\x1a") and self.data_length is not None:
            self._take_text(text[:-1])
        elif text.endswith("\r"):
            self.log.append(text[:-1])
            self._command(text[:-1])

    def _command(self, text):
        name, _, rest = text.removeprefix("AT").partition("=")
        handler = {"+CPMS": self._cpms, "+CMGL": self._cmgl, "+CMGD": self._cmgd,
                   "+CMGR": self._cmgr, "+CMGS": self._cmgs,
                   "+CMGF": self._cmgf, "+CUSD": self._cusd}  # fmt: skip
        lines = handler.get(name, lambda rest: ["OK"])(rest)
        self.loop.call_later(REPLY_S, self.tell, *lines)

    def _cmgf(self, rest):
        self.not_ready -= 1
        return ["+CMS ERROR: 314"] if self.not_ready >= 0 else ["OK"]

    def _cpms(self, rest):
        names = ",".join(f'"{m}"' for m in self.memories)
        if rest == "?":
            return [f"+CPMS: ({names}),({names}),({names})", "OK"] if self.known else ["ERROR"]
        wanted = [m.strip('"') for m in rest.split(",")]
        if not set(wanted) <= set(self.memories):
            return ["+CMS ERROR: 302"]
        self.read_from = wanted[0]
        if len(wanted) == 3:
            self.keep_in = wanted[2]
        used = f"{len(self.memories[self.read_from])},{self.sizes[self.read_from]}"
        return [f"+CPMS: {used},{used},{used}", "OK"]

    def _cmgl(self, rest):
        lines = []
        for index, (status, pdu, length) in sorted(self.memories[self.read_from].items()):
            if (self.read_from, index) in self.bad:
                return [*lines, "+CMS ERROR: 500"]
            lines += [f"+CMGL: {index},{status},,{length}", pdu]
        return [*lines, "OK"]

    def _cmgr(self, rest):
        there = self.memories[self.read_from].get(int(rest))
        if there is None or (self.read_from, int(rest)) in self.bad:
            return ["+CMS ERROR: 321" if there is None else "+CMS ERROR: 500"]
        status, pdu, length = there
        return [f"+CMGR: {status},,{length}", pdu, "OK"]

    def _cmgd(self, rest):
        if rest == "?":
            taken = ",".join(map(str, sorted(self.memories[self.read_from])))
            return [f"+CMGD: ({taken}),(0-4)", "OK"] if self.tells_places else ["ERROR"]
        gone = self.memories[self.read_from].pop(int(rest), None)
        return ["OK"] if gone else ["+CMS ERROR: 321"]

    def _cmgs(self, rest):
        if self.sends and self.sends[0] == "no prompt":
            self.sends.pop(0)
            return []
        self.data_length = int(rest)
        self.loop.call_later(REPLY_S, self.say, b"\r\n> ")
        return []

    def _take_text(self, pdu):
        fate = self.sends.pop(0) if self.sends else "OK"
        assert self.data_length == len(pdu) // 2 - 1 - int(pdu[:2], 16)
        self.data_length = None
        if fate in ("OK", "lost"):
            self.sent.append(pdu)
            self.reference = (self.reference + 1) % 256
        if fate == "OK":
            self.loop.call_later(3.0, self.tell, f"+CMGS: {self.reference}", "OK")
        elif fate != "lost":
            self.loop.call_later(3.0, self.tell, fate)

    def _cusd(self, rest):
        if rest.startswith("1"):
            self.loop.call_later(2.0, self.tell, *self.ussd)
        return ["OK"]


class Line:
    """The texts of a line, its modem, and who keeps and is told."""

    def __init__(self):
        self.loop = VirtualLoop()
        self.modem = Modem(self.loop)
        self.modem.say = lambda data: self.loop.call_later(REPLY_S, self._feed, data)
        self.queue = CommandQueue()
        self.scripts = []
        self.received: list[ReceivedText] = []
        self.told = []
        self.store_fails = 0
        self.store_hangs = []  # futures of a store that takes its time, when it is not None
        self.is_hanging = False
        self.is_dead = False
        self._handle = None
        self.texts = CellularTexts("sim", self._run, self.loop, self, first_reference=5)

    def text_received(self, line, text):
        assert line == "sim"
        future: Future[None] = Future()
        if self.is_hanging:
            self.store_hangs.append((future, text))
        elif self.store_fails > 0:
            self.store_fails -= 1
            future.set_exception(OSError("the disk is full"))
        else:
            self.received.append(text)
            future.set_result(None)
        return future

    def text_sent(self, line, text_id, state, reason):
        assert line == "sim"
        self.told.append((text_id, state, reason))

    @property
    def states(self):
        return [(text_id, state) for text_id, state, _ in self.told]

    def lose_modem(self):
        """The modem is gone, as at a power cut of it: what is under way is forgotten."""
        self.queue.reset()
        self.scripts.clear()
        self.modem.data_length = None
        self.texts.stop()

    def wait(self, seconds):
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()

    def _run(self, commands, on_done):
        commands = list(commands)
        self.scripts.append([len(commands), [], on_done])
        self._carry_out(self.queue.submit(commands, self.loop.time()))

    def _feed(self, data):
        self._carry_out(self.queue.feed(data, self.loop.time()))

    def _tick(self):
        self._carry_out(self.queue.tick(self.loop.time()))

    def _carry_out(self, outputs):
        for output in outputs:
            if isinstance(output, Send):
                if not self.is_dead:
                    self.loop.call_later(REPLY_S, self.modem.take, output.data)
            elif isinstance(output, Unsolicited):
                self.texts.notice(output)
            elif isinstance(output, Finished) and self.scripts:
                script = self.scripts[0]
                script[1].append(output.result)
                if len(script[1]) == script[0]:
                    self.scripts.pop(0)
                    script[2](script[1])
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        deadline = self.queue.deadline
        if deadline is not None:
            self._handle = self.loop.call_later(max(0, deadline - self.loop.time()), self._tick)


def started(line, seconds=5.0):
    line.texts.start()
    line.wait(seconds)
    return line


def part(number, total, text, **more):
    return sms_rig.deliver(NENA, text, udh=sms_rig.part(number, total, **more))
