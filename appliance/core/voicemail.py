"""The stage that takes a message: greeting, beep, the message itself, then thanks."""

from enum import Enum

from appliance.core.leg import LegInput
from appliance.core.machine import Machine
from appliance.core.plan import VoicemailPlan
from appliance.core.recording import Recording, RecordingState
from appliance.core.stage import ServedCall

SHORTEST_MESSAGE_S = 1.5  # below this it is a breath and a click, not a message
SAVING_LIMIT_S = 5.0  # how long the caller waits for the file to be closed when the card stalls


class VoicemailState(Enum):
    NEW = "new"
    GREETING = "greeting"
    RECORDING = "recording"
    SAVING = "saving"
    THANKING = "thanking"
    DONE = "done"


class VoicemailInput(Enum):
    BEGIN = "begin"
    FINISHED = "PlaybackFinished"
    HASH = "the # key"
    OTHER_KEY = "another key"
    SILENCE = "SpeechEnded"
    TIME_UP = "time up"
    CLOSED = "RecordingStopped"
    FAILED = "RecordingFailed"
    LEAVE = "leave"


_S, _I = VoicemailState, VoicemailInput
_ACTIVE = (_S.GREETING, _S.RECORDING, _S.SAVING, _S.THANKING)

VOICEMAIL_TABLE: dict[tuple[VoicemailState, VoicemailInput], VoicemailState] = {
    (_S.NEW, _I.BEGIN): _S.GREETING,
    **{(state, _I.HASH): state for state in _ACTIVE},
    **{(state, _I.OTHER_KEY): state for state in _ACTIVE},
    **{(state, _I.LEAVE): _S.DONE for state in (*_ACTIVE, _S.DONE)},
    (_S.GREETING, _I.FINISHED): _S.RECORDING,
    (_S.GREETING, _I.HASH): _S.RECORDING,
    (_S.RECORDING, _I.HASH): _S.SAVING,
    (_S.RECORDING, _I.SILENCE): _S.SAVING,
    (_S.RECORDING, _I.TIME_UP): _S.SAVING,
    (_S.RECORDING, _I.CLOSED): _S.THANKING,
    (_S.RECORDING, _I.FAILED): _S.THANKING,
    (_S.SAVING, _I.TIME_UP): _S.THANKING,
    (_S.SAVING, _I.CLOSED): _S.THANKING,
    (_S.SAVING, _I.FAILED): _S.THANKING,
    (_S.THANKING, _I.CLOSED): _S.THANKING,
    (_S.THANKING, _I.FAILED): _S.THANKING,
    (_S.THANKING, _I.FINISHED): _S.DONE,
    (_S.DONE, _I.CLOSED): _S.DONE,  # the caller hung up; the file is closed afterwards
    (_S.DONE, _I.FAILED): _S.DONE,
}


class VoicemailStage:
    """One caller at one mailbox."""

    leg_input = LegInput.TAKE_MESSAGE

    def __init__(self, call: ServedCall, mailbox: VoicemailPlan) -> None:
        self._call = call
        self._mailbox = mailbox
        self._machine = Machine(f"voicemail {mailbox.name}", VOICEMAIL_TABLE, VoicemailState.NEW)
        self._timer = call.desk.timer(f"call:{call.call_id}")
        self._message: Recording | None = None
        self._began = 0.0

    def begin(self) -> None:
        self._machine.move(VoicemailInput.BEGIN)
        self._call.stop_recording()
        greeting = (self._mailbox.greeting,)
        self._call.desk.play(
            self._call.endpoint, greeting, self._greeting_over, stop_on_digit=False
        )

    def digit(self, digit: str) -> None:
        old = self._machine.state
        new = self._machine.move(VoicemailInput.HASH if digit == "#" else VoicemailInput.OTHER_KEY)
        if new is VoicemailState.RECORDING and old is VoicemailState.GREETING:
            self._take_message()
        elif new is VoicemailState.SAVING and old is VoicemailState.RECORDING:
            self._save("ended with #")

    def leave(self) -> None:
        old = self._machine.state
        self._machine.move(VoicemailInput.LEAVE)
        self._timer.cancel()
        if old is VoicemailState.RECORDING:
            self._stop("the call is over")

    # --- the message ----------------------------------------------------------------------------

    def _greeting_over(self, reason: str) -> None:
        self._machine.move(VoicemailInput.FINISHED)
        self._take_message()

    def _take_message(self) -> None:
        desk, call = self._call.desk, self._call
        self._began = desk.now
        desk.beep(call.endpoint)
        self._message = Recording(
            desk,
            call.call_id,
            call.endpoint,
            "message",
            silence_limit_s=self._mailbox.silence_s,
            ended=self._closed,
            silent=self._silent,
        )
        desk.note(call.call_id, f"Taking a message for {self._mailbox.name}")
        self._timer.start(self._mailbox.max_message_s, self._time_up)

    def _silent(self) -> None:
        self._machine.move(VoicemailInput.SILENCE)
        self._save(f"{self._mailbox.silence_s:g} s of silence")

    def _time_up(self) -> None:
        self._machine.move(VoicemailInput.TIME_UP)
        self._save(f"the longest message is {self._mailbox.max_message_s:g} s")

    def _save(self, why: str) -> None:
        self._stop(why)
        self._timer.start(SAVING_LIMIT_S, self._saving_overdue)

    def _stop(self, why: str) -> None:
        tone_s = self._call.progress.tone_s
        seconds = max(0.0, self._call.desk.now - self._began - tone_s)
        self._call.progress.message_taken = seconds >= SHORTEST_MESSAGE_S
        text = f"The message ended after {seconds:.1f} s: {why}"
        figures = {"seconds": round(seconds, 3)}
        if tone_s > 0:
            text += f"; {tone_s:.1f} s of the exchange's tone are left out"
            figures["tone_s"] = round(tone_s, 3)
        self._call.desk.note(self._call.call_id, text, **figures)
        if self._message is not None:
            self._message.stop(round(tone_s * 1000))

    # --- afterwards -----------------------------------------------------------------------------

    def _closed(self, message: Recording) -> None:
        old = self._machine.state
        failed = message.state is RecordingState.FAILED
        self._machine.move(VoicemailInput.FAILED if failed else VoicemailInput.CLOSED)
        left = not failed and message.ms >= SHORTEST_MESSAGE_S * 1000
        if old in (VoicemailState.RECORDING, VoicemailState.SAVING):
            self._call.progress.message_taken = left
        if not failed:
            self._remember(message, left)
        if old not in (VoicemailState.RECORDING, VoicemailState.SAVING):
            return
        self._timer.cancel()
        if failed:
            self._thank(("cannot_record", "goodbye"), "the message could not be recorded")
        else:
            words = ("message_saved", "goodbye") if left else ("goodbye",)
            self._thank(words, "a message was left" if left else "an empty message was left")

    def _remember(self, message: Recording, left: bool) -> None:
        call, name = self._call, self._mailbox.name
        kind = "message_left" if left else "message_empty"
        call.desk.fact(
            call.call_id, kind, recording_id=message.recording_id, voicemail=name, ms=message.ms
        )
        if not left:
            call.desk.note(call.call_id, "Empty message dropped", ms=message.ms)

    def _saving_overdue(self) -> None:
        self._machine.move(VoicemailInput.TIME_UP)
        text = f"The message was not saved within {SAVING_LIMIT_S:g} s"
        self._call.desk.note(self._call.call_id, text, limit_s=SAVING_LIMIT_S)
        self._thank(("goodbye",), "a message was left")

    def _thank(self, words: tuple[str, ...], reason: str) -> None:
        endpoint = self._call.endpoint
        self._call.desk.play(endpoint, words, lambda _: self._thanked(reason))

    def _thanked(self, reason: str) -> None:
        self._machine.move(VoicemailInput.FINISHED)
        self._call.hang_up(reason)
