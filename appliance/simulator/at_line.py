"""The command line of an emulated modem: collects characters, echoes, splits chained commands."""

CR, LF, BACKSPACE = 0x0D, 0x0A, 0x08
_MAX_LINE = 240

# ITU-T V.250 table 1: numeric result codes for V0.
RESULT_NUMBERS = {
    "OK": 0,
    "CONNECT": 1,
    "RING": 2,
    "NO CARRIER": 3,
    "ERROR": 4,
    "NO DIALTONE": 6,
    "BUSY": 7,
    "NO ANSWER": 8,
}


class AtLine:
    """Collects one command line; hunts for "AT" as ITU-T V.250 5.2.1 has it."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._last = ""

    def feed(self, byte: int) -> str | None:
        """Take one byte; the text after "AT" when it closes a command line, else None."""
        if byte == CR:
            text = self._line.decode("ascii", "replace")
            self._line.clear()
            return self._body(text)
        if byte == BACKSPACE:
            del self._line[-1:]
        elif byte >= 0x20 and len(self._line) < _MAX_LINE:
            self._line.append(byte)
        if self._line[-2:].upper() == b"A/":
            self._line.clear()
            return self._last
        return None

    def _body(self, text: str) -> str | None:
        start = text.upper().find("AT")
        if start < 0:
            return None
        self._last = text[start + 2 :]
        return self._last

    def forget(self) -> None:
        self._line.clear()


def split_commands(body: str) -> list[str]:
    """The commands of one line, in order: ``"E0V1+VCID=1;-STE=3"`` → four of them."""
    commands = []
    position = 0
    while position < len(body):
        if body[position] in " ;":
            position += 1
            continue
        end = _command_end(body, position)
        commands.append(body[position:end].strip())
        position = end
    return commands


def _command_end(body: str, start: int) -> int:
    first = body[start].upper()
    if first == "D":
        return len(body)
    if first in "+-#*^$":
        quoted = False
        for position in range(start, len(body)):
            if body[position] == '"':
                quoted = not quoted
            elif body[position] == ";" and not quoted:
                return position
        return len(body)
    if first == ":":  # a register of the chip: AT:U4F,0258
        return len(body)
    position = start + (2 if first in "&%\\" else 1)
    while position < len(body) and body[position].isdigit():
        position += 1
    if first == "S" and position < len(body) and body[position] in "=?":
        position += 1
        while position < len(body) and body[position].isdigit():
            position += 1
    return min(position, len(body))
