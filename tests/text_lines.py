"""A line that carries short messages, without a modem: what a test lets it say, it says."""

from concurrent.futures import Future

from appliance.errors import LineFault


class FakeTextLine:
    """Implements interfaces.LineDriver and interfaces.TextLine."""

    def __init__(self, name: str = "globe", state: str = "ready") -> None:
        self.name = name
        self.port = None
        self.silence_ms = 0
        self.told: dict[str, object] = {"state": state, "reason": "", "model": "Fake 4G"}
        self.given: list[tuple[str, str, str]] = []
        self.codes: list[str] = []
        self.answer: Future[str] = Future()
        self.fault = ""

    @property
    def health(self) -> dict[str, object]:
        return self.told

    def start(self) -> None: ...

    async def stop(self) -> None: ...

    def answer_call(self) -> None: ...

    def dial(self, number: str, insists: bool = False) -> None: ...

    def send_digit(self, digit: str) -> None: ...

    def flash(self) -> None: ...

    def release(self) -> None: ...

    def send_text(self, text_id: str, number: str, text: str) -> None:
        if self.fault:
            raise LineFault(self.fault)
        self.given.append((text_id, number, text))

    def ask_network(self, code: str) -> "Future[str]":
        self.codes.append(code)
        return self.answer
