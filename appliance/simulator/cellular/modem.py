"""An emulated GSM or LTE modem on a serial port: power, command line, answers and notices.

What it knows of calls, texts and sound is in the command tables (at_*.py); here is how it speaks.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from appliance.simulator.at_line import RESULT_NUMBERS, AtLine, split_commands
from appliance.simulator.cellular.at_answer import Answer, Refused, Unit, parse
from appliance.simulator.cellular.at_basic import BasicCommands
from appliance.simulator.cellular.at_calls import CallCommands
from appliance.simulator.cellular.at_general import PLAIN, GeneralCommands
from appliance.simulator.cellular.at_sound import SoundCommands
from appliance.simulator.cellular.at_texts import TextCommands
from appliance.simulator.cellular.attachment import Attachment
from appliance.simulator.cellular.calls import Call, Calls
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.cellular.inbox import Inbox
from appliance.simulator.cellular.power import TRANSITIONS, Power
from appliance.simulator.cellular.profiles import CellularProfile
from appliance.simulator.cellular.sim_card import Sim
from appliance.simulator.cellular.sound import CallSound
from appliance.simulator.cellular.ussd import UssdAnswer
from appliance.simulator.pipes import DevicePort, Outlet
from appliance.simulator.timers import Timers

CTRL_Z, ESC = 0x1A, 0x1B
_TRANSCRIPT = 2000


class CellularModem:
    """One modem. ``audio``: usb_sound, serial_pcm or sound_card. ``ussd_form``: "" as +CSCS says.

    ``transcript``: each command line, and each text typed after ``> ``, as it came.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        port: DevicePort,
        profile: CellularProfile,
        sim: Sim,
        *,
        attachment: Attachment,
        calls: Calls,
        sound: CallSound,
        rng: random.Random,
        utc: Callable[[], float],
        audio: str,
        codes: dict[str, UssdAnswer],
        ussd_form: str = "",
        splits: bool = True,
    ) -> None:
        self.profile = profile
        self.power = Power.OFF
        self.restarts = 0
        self.on_ports: Callable[[bool], None] = lambda _: None  # its USB devices come and go
        self.transcript: deque[str] = deque(maxlen=_TRANSCRIPT)
        self.unit = Unit(
            loop, profile, sim, attachment, rng, Timers(loop), utc, self.notify, CellularFaults()
        )
        self.calls = calls
        self.sound = sound
        self.texts = TextCommands(
            self.unit,
            Inbox(profile.memories, profile.first_index, profile.default_memory),
            codes,
            ussd_form,
        )
        self._sound_commands = SoundCommands(self.unit, calls, sound, audio)
        self._call_commands = CallCommands(self.unit, calls)
        self._general = GeneralCommands(self.unit, self.restart, self.switch_off, self._sim_answers)
        self._basic = BasicCommands(self.unit, self._forget_settings)
        self._handlers = self._general.handlers() | self._call_commands.handlers()
        self._handlers |= self.texts.handlers() | self._sound_commands.handlers()
        self._port, self._port_is_open, self._has_lead = port, False, True
        self._outlet = Outlet(loop, port, rng, splits)
        self._timers = Timers(loop)
        self._at_line = AtLine()
        self._busy = False
        self._held = b""
        self._waiting: list[str] = []  # notices, until the answer is out
        self._text: bytearray | None = None  # being typed after the prompt
        self._typed: Callable[[bytes | None], Answer] | None = None
        self._sim_refusals = 0
        self.call_rings = self._call_commands.call_rings
        self.call_waits = self._call_commands.call_waits
        self.key_heard = self._call_commands.key_heard
        attachment.on_change = self._attachment_changed
        calls.listener = self
        calls.reachable = lambda: self.power is Power.ON and attachment.is_registered
        self._forget_settings()

    # Power

    def switch_on(self, at_once: bool = False) -> None:
        """Feed it; ``at_once``: it has been running for long already."""
        if not self._enter("switch_on"):
            return
        self.unit.sim.restart()
        self._boot(at_once)

    def restart(self) -> None:
        """A reset command."""
        if not self._enter("restart"):
            return
        self.restarts += 1
        self._go_silent()
        self.unit.sim.restart()
        self._boot(False)

    def switch_off(self) -> None:
        """Power is gone, or it was told to."""
        if self._enter("switch_off"):
            self._go_silent()

    def _go_silent(self) -> None:
        self.calls.lose_all()
        self.sound.follow_calls()
        self.sound.stop()
        self.unit.timers.cancel_all()
        self._timers.cancel_all()
        self.unit.attachment.leave()
        self._forget_input()
        self._forget_settings()
        if self.profile.usb_up_s[1] > 0:
            self._take_ports_away()
        if self.unit.faults.wedged:
            self.unit.faults = replace(self.unit.faults, wedged="")

    def _take_ports_away(self) -> None:
        if self._port_is_open:
            self._port_is_open = False
            self._port.close()
            self.on_ports(False)
        self.sound.unplug()

    def _boot(self, at_once: bool) -> None:
        if at_once:
            self._ports_up(True)
            return
        is_uart = self.profile.usb_up_s[1] == 0
        span_s = (2.0, 3.0) if is_uart else self.profile.usb_up_s
        wait_s = self.unit.faults.reset_s or self.unit.rng.uniform(*span_s)
        if is_uart and not self._port_is_open:
            self._open_ports()
        self._timers.set("boot", wait_s, partial(self._ports_up, False))

    def _ports_up(self, at_once: bool) -> None:
        self._open_ports()
        self._enter("started")
        self._sim_refusals = self.unit.faults.sim_busy
        self._sound_commands.restarted()
        for delay_s, line in () if at_once else self.profile.boot:
            self._timers.set(f"boot {line}", delay_s, partial(self._boot_line, line))
        if self.unit.sim.is_ready:
            self.unit.attachment.search(at_once)

    def _boot_line(self, line: str) -> None:
        if line.startswith("+CPIN") and not self.unit.sim.is_ready:
            state = self.unit.sim.state
            line = f"+CPIN: {state}" if state.startswith("SIM") else "+CPIN: NOT INSERTED"
        self.notify(line)

    def _open_ports(self) -> None:
        if self._has_lead and not self._port_is_open:
            self._port.open(self._receive)
            self._port_is_open = True
            self.on_ports(True)
            self.sound.plug_in()

    def _forget_settings(self) -> None:
        self.unit.settings.clear()
        self.unit.settings.update(PLAIN)
        self.unit.settings.update(self.profile.settings)
        self._basic.restarted()

    @property
    def press_times_s(self) -> tuple[float, float]:
        """The least press of its power key that switches it on, and off."""
        return self.profile.on_press_s, self.profile.off_press_s

    @property
    def has_port(self) -> bool:
        """Whether its serial port is there to be opened."""
        return self._port_is_open

    def unplug(self) -> None:
        """The USB lead alone: the port vanishes, the modem and its calls live on."""
        self._has_lead = False
        self._take_ports_away()
        self._timers.cancel("busy")
        self._forget_input()

    def _forget_input(self) -> None:
        self._outlet.clear()
        self._busy, self._held, self._text = False, b"", None
        self._waiting.clear()
        self._at_line.forget()

    def replug(self) -> None:
        """The lead is back."""
        self._has_lead = True
        if self.power is Power.ON:
            self._open_ports()

    def reopened(self) -> None:
        """The host opened the port anew."""
        if self.unit.faults.wedged == "reopen":
            self.unit.faults = replace(self.unit.faults, wedged="")

    def misbehave(self, faults: CellularFaults) -> None:
        """From now on."""
        self.unit.faults = self.calls.faults = self.sound.faults = faults

    def _sim_answers(self) -> bool:
        self._sim_refusals -= 1
        return self._sim_refusals < 0

    # From the host

    def _receive(self, data: bytes) -> None:
        if self.power is not Power.ON or self._is_silent:
            return
        if self._busy:
            self._held += data
            return
        while data and not self._busy:
            data = self._take(data)
        self._held += data

    @property
    def _is_silent(self) -> bool:
        return self.unit.faults.wedged in ("reopen", "power_key", "supply")

    def _take(self, data: bytes) -> bytes:
        for index, byte in enumerate(data):
            if self._basic.echo:
                self._outlet.send(bytes([byte]))
            if self._text is not None:
                if self._take_typed(byte):
                    return data[index + 1 :]
                continue
            body = self._at_line.feed(byte)
            if body is not None:
                self._after(self.unit.rng.uniform(0.005, 0.08), partial(self._run, body))
                return data[index + 1 :]
        return b""

    def _take_typed(self, byte: int) -> bool:
        """One byte after the prompt; True when it was the last."""
        text, typed = self._text, self._typed
        if text is None or typed is None:
            return False
        if byte not in (CTRL_Z, ESC):
            text.append(byte)
            return False
        self._text = None
        self.transcript.append(text.decode("latin-1") + ("" if byte == CTRL_Z else " (cancelled)"))
        content = bytes(text) if byte == CTRL_Z else None
        self._after(0.02, lambda: self._answer(self._guarded(lambda: typed(content))))
        return True

    def _run(self, body: str) -> None:
        self.transcript.append("AT" + body)
        lines: list[str] = []
        answer, delay_s = Answer(), 0.0
        for command in split_commands(body):
            answer = self._guarded(partial(self._obey, command))
            lines += answer.lines
            delay_s += answer.delay_s
            if answer.result != "OK":
                break
        self._answer(replace(answer, lines=tuple(lines), delay_s=delay_s))

    def _guarded(self, work: Callable[[], Answer]) -> Answer:
        try:
            return work()
        except Refused as refusal:
            return Answer(result=refusal.final(self.unit.settings["+CMEE"]))

    def _obey(self, text: str) -> Answer:
        name = text[:1].upper()
        command = parse(text)
        if self.unit.faults.wedged == "reset" and not self._is_reset(text):
            return Answer(result="ERROR")
        if text.upper() in self.profile.refuses:
            return Answer(result=self.profile.refuses[text.upper()])
        if name == "D":
            return self._call_commands.dial(text[1:])
        if command.name in self._handlers:
            return self._handlers[command.name](command)
        if command.name in self.unit.settings:
            answer = self._general.plain(command)
            self.unit.settings[f"{command.name} told"] = "1"
            return answer
        return self._basic.obey(text.upper())

    def _is_reset(self, text: str) -> bool:
        return text.upper() in ("+CFUN=1,1", *self.profile.resets)

    # To the host

    def _answer(self, answer: Answer) -> None:
        if answer.prompt is not None:
            self._typed, self._text = answer.prompt, bytearray()
            self._outlet.send(b"\r\n> ")
            self._busy = False
            self._resume()
            return
        gap_s = self.unit.rng.uniform(0.005, 0.04) if self.unit.faults.interleaved else 0.0
        self._then(answer.delay_s, lambda: self._say_lines(answer, gap_s))

    def _say_lines(self, answer: Answer, gap_s: float) -> None:
        if answer.lines:
            head = "\r\n" if self._basic.verbose else ""
            self._send("".join(f"{head}{line}\r\n" for line in answer.lines))
        self._then(gap_s, lambda: self._finish(answer))

    def _finish(self, answer: Answer) -> None:
        if answer.result is not None and not self._basic.quiet:
            if self._basic.verbose:
                self._send(f"\r\n{answer.result}\r\n")
            else:
                self._send(f"{RESULT_NUMBERS.get(answer.result, 4)}\r")
        if answer.then is not None:
            answer.then()
        self._busy = False
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self.notify(line)
        self._resume()

    def _resume(self) -> None:
        held, self._held = self._held, b""
        if held:
            self._receive(held)

    def notify(self, line: str) -> None:
        """Say something unasked; held back while an answer is on its way, unless interleaved."""
        if self.power is not Power.ON or self._is_silent or not self._port_is_open:
            return
        if (self._busy or self._text is not None) and not self.unit.faults.interleaved:
            self._waiting.append(line)
            return
        self._send(f"\r\n{line}\r\n")

    def _send(self, text: str) -> None:
        if not self._is_silent:
            self._outlet.send(text.encode("utf-8", "replace"))

    def _then(self, delay_s: float, action: Callable[[], None]) -> None:
        if delay_s:
            self._after(delay_s, action)
        else:
            action()

    def _after(self, delay_s: float, action: Callable[[], None]) -> None:
        self._busy = True
        self._timers.set("busy", delay_s, action)

    # What the network does (calls.CallListener), and what follows for the sound

    def call_moved(self, call: Call) -> None:
        self._call_commands.call_moved(call)
        self.sound.follow_calls()
        if self.unit.faults.brown_out:
            self._timers.set("brown_out", 0.2, self._brown_out)

    def call_ended(self, call: Call, cause: int, by_host: bool) -> None:
        self._call_commands.call_ended(call, cause, by_host)
        self.sound.follow_calls()
        if not self.calls.there:
            self._sound_commands.calls_over()

    def _brown_out(self) -> None:
        self.unit.faults = replace(self.unit.faults, brown_out=False)
        self.switch_off()
        self.switch_on()

    def _attachment_changed(self) -> None:
        self._general.registration_changed()
        if self.unit.attachment.is_registered:
            self.texts.retry()
        elif self.calls.there and self.power is Power.ON:
            for call in list(self.calls.there):
                self.calls.drop(call)

    def _enter(self, event: str) -> bool:
        after = TRANSITIONS.get((self.power, event))
        if after is None:
            return False
        self.power = after
        return True
