"""How a call went, in one word for the history."""

from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """What has happened to the caller so far."""

    offers: int = 0
    talked: bool = False
    message_taken: bool = False
    prompt_heard: bool = False  # a destination, to its end, and no ringing since
    all_busy: bool = False  # no station of the last try was free
    tone_s: float = 0.0  # at its end: how long there has been but the exchange's tone


def disposition(progress: Progress, ended_by: str, failed: bool) -> str:
    """answered, voicemail, failed, abandoned, busy or no_answer; the first that fits."""
    outcomes = (
        ("answered", progress.talked),
        ("voicemail", progress.message_taken),
        ("failed", failed),
        ("answered", progress.prompt_heard),
        ("abandoned", ended_by == "caller"),
        ("busy", progress.all_busy),
    )
    return next((word for word, fits in outcomes if fits), "no_answer")
