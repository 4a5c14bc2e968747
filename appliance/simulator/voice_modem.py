"""An emulated V.253 voice modem that answers and dials; extensions, distinctive ring."""

from typing import Any

from appliance.simulator.answering_modem import AnsweringModem
from appliance.simulator.at_dialect import Reply
from appliance.simulator.modem_dialler import ModemDialler
from appliance.simulator.modem_state import STREAMS, State

_WAIT_FOR_TONE_S = 5.0  # S7 and the like


class VoiceModem(AnsweringModem):
    """As AnsweringModem, and it calls out."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._dialler = ModemDialler(self)
        self._has_dialled = False
        super().__init__(*args, **options)

    # What the line does

    def extension(self, is_lifted: bool) -> None:
        """Another telephone on the line was lifted or put down; told in class 8 alone."""
        lifted, hung_up = self.profile.extension_codes
        if self._dialect.settings["+FCLASS"] == "8" and lifted:
            code = lifted if is_lifted else hung_up
            if self.state in STREAMS:
                self._codes.append(code)
            else:
                self._send(bytes([0x10, code]))

    def _say_ring(self) -> None:
        parts = self._rhythm() if self._tells_rhythm() else []
        self._inform_each(parts[:1])
        super()._say_ring()
        self._inform_each(parts[1:])

    def _tells_rhythm(self) -> bool:
        return self.faults.rhythm_always or self._dialect.settings["+VDR"].startswith("1")

    def _rhythm(self) -> list[str]:
        """DRON and DROF of each burst and pause, in 100 ms (V.253 +VDR)."""
        parts = []
        for on_s, off_s in self._line.ring:
            parts += [f"DRON={round(on_s * 10)}", f"DROF={round(off_s * 10)}"]
        return parts

    def _inform_each(self, lines: list[str]) -> None:
        for line in lines:
            self._inform((line,))

    # What commands do (at_dialect.ModemActions)

    def set_hook(self, off_hook: bool) -> None:
        if not off_hook:
            self._dialler.stop()
            self._has_dialled = False
            self._timers.cancel("late")
        super().set_hook(off_hook)

    def send_tone(self, ulaw: bytes) -> bool:
        self._has_dialled = True
        return super().send_tone(ulaw)

    def pulse(self, digit: str) -> None:
        self._line.pulsed(digit)

    def dial(self, text: str) -> Reply:
        """``text``: all after ATD. Answers when the digits are out, or at once when it refuses."""
        if self.faults.dial_result:
            return Reply(self.faults.dial_result)
        refusal = self.profile.refusal(self._dialect.settings) if self._line.in_use else ""
        if refusal and self.state is State.IDLE:
            return Reply(refusal)
        wait_s = 5.0 if self._dialect.waits_for_tone else 0.0
        self._has_dialled = True
        self._dialler.start(text, wait_s, self._dialled)
        return Reply(None, goes_on=True)

    def _dialled(self, result: str) -> None:
        if result == "OK":
            self._dialect.settings["+VLS"] = "1"
            if self.faults.no_carrier_after_s:
                self._timers.set("late", self.faults.no_carrier_after_s, self._carrier_lost)
            result = self.profile.dial_reply
        else:
            self._dialect.hang_up()
        self._finish(result)

    def _carrier_lost(self) -> None:
        """The modem ends the call by itself, in command mode or out of a stream."""
        if self.state in STREAMS:
            self._send(b"\x10\x03")
            self._port.pause_reading(False)
        if self._dialler.busy:  # in the middle of ATD: that is its answer
            self._stop_dialling()
            return
        self._dialect.hang_up()
        self._say("NO CARRIER")

    def _stop_dialling(self) -> None:
        self._dialler.stop()
        self._dialect.hang_up()
        self._held = b""
        self._finish("NO CARRIER")

    # From the host and the line

    def _receive(self, data: bytes) -> None:
        if not self._dialler.busy or self.faults.never_answers:
            super()._receive(data)
        elif self._dialler.can_be_stopped:
            self._stop_dialling()

    def _swallows(self, reply: Reply) -> bool:
        is_sound = reply.result == "CONNECT"
        return is_sound and self._has_dialled and self.faults.ignores_duplex_after_dial

    def _far_heard(self, far: bytes) -> None:
        self._dialler.tick(far)
