"""The AT command queue: one command at a time, its expected results, its time-out; no I/O.

The caller feeds bytes and the time, and carries out the outputs in order. A required command that
fails drops everything queued behind it: a script is a handful of commands that succeed together.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.modem.notices import NoticeJoiner, Unsolicited, is_notice
from appliance.modem.replies import (
    CALL_FINALS,
    CR,
    LF,
    NUMERIC_FINALS,
    Line,
    LineReader,
    ShieldedCode,
    error_code,
    final_of,
    is_unsolicited,
)

QUICK_S = 2.0  # settings: answered within 150 ms by every modem known; slow ones are given a margin
RESET_S = 5.0  # ATZ restores a stored profile first
SEIZE_S = 8.0  # +VLS=1 and +VTR: some firmware settles the line before it answers
CONNECT_LF_S = 0.02  # the LF of CONNECT<CR><LF> may come in another read; not waited for longer
PROMPT_S = 5.0  # until "> ": 3GPP TS 27.005 sets no limit; modems need a moment while they search
CANCEL_S = 1.0  # after ESC the modem may still say OK, which is not the next command's
ESC, CTRL_Z = b"\x1b", b"\x1a"  # 3GPP TS 27.005 3.5.1: cancels, and ends, what follows the prompt


@dataclass(frozen=True, slots=True)
class Command:
    """One command line (without CR); an empty text sends nothing and only awaits a final result.

    ``good``: finals that are success. ``alternatives``: texts tried in turn, each after
    ``retry_pause_s``, while the answer is not good. ``required``: its failure fails the script.
    ``may_time_out``: no answer is no failure. ``pause_s``: rest after it before the next is sent.
    ``prompt_data``: sent once the modem shows ``> ``, CTRL_Z at its end included; ``timeout_s``
    then counts from there, and ESC is sent at a time-out.
    ``prefixes``: how its information lines begin, ``""`` standing for lines that are no notice
    (an IMEI, a PDU); any other line in its answer is Unsolicited. None: every line is its own.
    ``takes_call_results``: NO CARRIER, BUSY, NO ANSWER and NO DIALTONE are its final result; False:
    they are Unsolicited, news about some call (cellular modems: all commands but ATD, ATA, ATH).
    """

    text: str
    good: tuple[str, ...] = ("OK",)
    timeout_s: float = QUICK_S
    required: bool = True
    may_time_out: bool = False
    alternatives: tuple[str, ...] = ()
    retry_pause_s: float = 0.0
    pause_s: float = 0.0
    prompt_data: bytes = b""
    prefixes: tuple[str, ...] | None = None
    takes_call_results: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended. ``final`` is "" when nothing came in time; ``text``: what was sent last.

    ``leftover``: for CONNECT, the bytes after its line end; they belong to the stream.
    ``error``: the line that ended it when ``final`` is ERROR, such as "+CMS ERROR: 38".
    ``prompt_answered``: the prompt data was sent, so that without a final nobody knows its fate.
    """

    command: Command
    text: str
    final: str
    lines: tuple[str, ...]
    leftover: bytes = b""
    error: str = ""
    prompt_answered: bool = False

    @property
    def error_code(self) -> int | None:
        """The number of +CME ERROR or +CMS ERROR (3GPP TS 27.007 9.2, 27.005 3.2.5), or None."""
        return error_code(self.error)

    @property
    def ok(self) -> bool:
        return self.final in self.command.good

    @property
    def timed_out(self) -> bool:
        return not self.final

    @property
    def failed(self) -> bool:
        """Whether the script can't go on."""
        if self.ok:
            return False
        return not self.command.may_time_out if self.timed_out else self.command.required


@dataclass(frozen=True, slots=True)
class Send:
    """Write these bytes to the modem."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    result: Result


@dataclass(frozen=True, slots=True)
class Shielded:
    """A DLE code that came in command mode."""

    code: int


AtOutput = Send | Finished | Unsolicited | Shielded
__all__ = ["AtOutput", "Command", "CommandQueue", "Finished", "Result", "Send", "Shielded"]
__all__ += ["Unsolicited"]


class CommandQueue:
    """Sends queued commands one by one and sorts what comes back. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._reader = LineReader()
        self._notices = NoticeJoiner()
        self._waiting: deque[Command] = deque()
        self._current: Command | None = None
        self._text = ""
        self._remaining: tuple[str, ...] = ()
        self._lines: list[str] = []
        self._deadline: float | None = None  # of the current command, or of the pause
        self._resend: str | None = None
        self._connected_at: float | None = None
        self._awaits_prompt = False
        self._prompt_answered = False
        self.numeric = True  # until a verbose result shows that ATV1 is in force
        self.silences = 0  # texts sent that had no answer in time, ever

    @property
    def idle(self) -> bool:
        """Nothing is outstanding, waiting or pausing."""
        return self._current is None and not self._waiting

    @property
    def deadline(self) -> float | None:
        """When tick() must be called next, or None."""
        if self._connected_at is not None:
            return self._connected_at + CONNECT_LF_S
        times = [t for t in (self._deadline, self._notices.deadline) if t is not None]
        return min(times, default=None)

    def submit(self, commands: Iterable[Command], now: float) -> list[AtOutput]:
        """Queue commands behind what is there."""
        self._waiting.extend(commands)
        return self._send_next(now)

    def drop_waiting(self) -> None:
        """Forget what is not sent yet; the outstanding command keeps its turn."""
        self._waiting.clear()
        self._remaining = ()
        if self._current is None or self._resend is not None:
            self._current = self._deadline = self._resend = None

    def reset(self) -> None:
        """Forget everything, also half a line; the modem may be in any state."""
        self._waiting.clear()
        self._current = self._deadline = self._resend = self._connected_at = None
        self._remaining = ()
        self._lines.clear()
        self._reader.clear()
        self._notices.clear()
        self._awaits_prompt = self._prompt_answered = False
        self.numeric = True

    def feed(self, data: bytes, now: float) -> list[AtOutput]:
        """Take bytes from the modem. A Finished with CONNECT is the last output of its feed."""
        self._reader.feed(data)
        out: list[AtOutput] = []
        if self._connected_at is not None:
            return self._finish_connect(now)
        while (item := self._reader.next()) is not None:
            if isinstance(item, ShieldedCode):
                out.append(Shielded(item.code))
                continue
            out += self._take_line(item, now)
            if self._connected_at is not None or (out and _is_connect(out[-1])):
                break
        if self._awaits_prompt and self._reader.take_prompt():
            out += self._answer_prompt(now)
        return out

    def tick(self, now: float) -> list[AtOutput]:
        """Let time pass: time-outs, pauses, a CONNECT whose LF never comes."""
        if self._connected_at is not None:
            late = now >= self._connected_at + CONNECT_LF_S
            return self._finish_connect(now) if late else []
        return [*self._notices.tick(now), *self._tick_command(now)]

    def _tick_command(self, now: float) -> list[AtOutput]:
        if self._deadline is None or now < self._deadline:
            return []
        if self._resend is not None and self._current is not None:
            return self._transmit(self._resend, now)
        if self._current is None:
            self._deadline = None
            return self._send_next(now)
        self.silences += 1
        return self._settle("", now)

    def _send_next(self, now: float) -> list[AtOutput]:
        if self._current is not None or self._deadline is not None or not self._waiting:
            return []
        self._current = self._waiting.popleft()
        self._remaining = self._current.alternatives
        return self._transmit(self._current.text, now)

    def _transmit(self, text: str, now: float) -> list[AtOutput]:
        assert self._current is not None
        self._resend = None
        self._text = text
        self._lines.clear()
        self._prompt_answered = False
        self._awaits_prompt = bool(self._current.prompt_data)
        self._deadline = now + (PROMPT_S if self._awaits_prompt else self._current.timeout_s)
        return [Send(text.encode("ascii") + b"\r")] if text else []

    def _answer_prompt(self, now: float) -> list[AtOutput]:
        assert self._current is not None
        self._awaits_prompt, self._prompt_answered = False, True
        self._deadline = now + self._current.timeout_s
        return [Send(self._current.prompt_data)]

    def _take_line(self, line: Line, now: float) -> list[AtOutput]:
        text = line.text
        joined, is_taken = self._notices.line(text, now)
        if is_taken:
            return [*joined]
        return [*joined, *self._sort_line(line, now)]

    def _sort_line(self, line: Line, now: float) -> list[AtOutput]:
        text = line.text
        if self._current is None or self._resend is not None:
            return [*self._notices.begin(text, now)]
        if self._awaits_prompt and text == ">":
            return self._answer_prompt(now)
        if self._is_echo(text):
            return []
        final = final_of(text, self.numeric)
        if final is not None and (final not in CALL_FINALS or self._current.takes_call_results):
            return self._take_final(final, line, now)
        if is_unsolicited(text, self.numeric) or final is not None or not self._is_expected(text):
            return [*self._notices.begin(text, now)]
        self._lines.append(text)
        return []

    def _is_echo(self, text: str) -> bool:
        """The command, perhaps with noise before it, or its prompt data, before ATE0."""
        upper = text.upper()
        if self._text and upper.endswith(self._text.upper()):
            return True
        if not self._prompt_answered or self._current is None:
            return False
        echo = upper.lstrip("> ").rstrip("\x1a")
        sent = self._current.prompt_data.decode("latin-1").rstrip("\x1a").upper()
        return len(echo) >= min(8, len(sent)) and sent.endswith(echo)

    def _is_expected(self, text: str) -> bool:
        assert self._current is not None
        prefixes = self._current.prefixes
        if prefixes is None:
            return True
        upper = text.upper()
        if any(prefix and upper.startswith(prefix.upper()) for prefix in prefixes):
            return True
        return "" in prefixes and not is_notice(text)

    def _take_final(self, final: str, line: Line, now: float) -> list[AtOutput]:
        verbose = line.text not in NUMERIC_FINALS
        if verbose:
            self.numeric = False
        if final != "CONNECT":
            return self._settle(final, now, error=line.text if final == "ERROR" else "")
        if verbose and line.end == CR:
            self._connected_at = now
            return self._finish_connect(now) if self._reader.peek() is not None else []
        return self._settle(final, now, self._reader.take_rest())

    def _finish_connect(self, now: float) -> list[AtOutput]:
        if self._reader.peek() == LF:
            self._reader.skip()
        self._connected_at = None
        return self._settle("CONNECT", now, self._reader.take_rest())

    def _settle(
        self, final: str, now: float, leftover: bytes = b"", error: str = ""
    ) -> list[AtOutput]:
        command = self._current
        assert command is not None
        cancel: list[AtOutput] = [Send(ESC)] if not final and command.prompt_data else []
        was_answered, self._awaits_prompt, self._prompt_answered = (
            self._prompt_answered,
            False,
            False,
        )
        if final not in command.good and self._remaining:
            self._resend, self._remaining = self._remaining[0], self._remaining[1:]
            self._deadline = now + max(command.retry_pause_s, CANCEL_S if cancel else 0.0)
            return [*cancel, *self._tick_command(now)]
        lines = tuple(self._lines)
        result = Result(command, self._text, final, lines, leftover, error, was_answered)
        self._current = None
        self._lines.clear()
        self._deadline = None
        if result.failed:
            self._waiting.clear()
        elif command.pause_s > 0 and self._waiting:
            self._deadline = now + command.pause_s
        if cancel:
            self._deadline = now + CANCEL_S
        return [*cancel, Finished(result), *self._send_next(now)]


def _is_connect(output: AtOutput) -> bool:
    return isinstance(output, Finished) and output.result.final == "CONNECT"
