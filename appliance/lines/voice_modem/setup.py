"""From a voice modem in any state to one idle and known: wake, identify, initialise."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from appliance.lines.voice_modem import scripts as modem_scripts
from appliance.lines.voice_modem.dialogue import Results
from appliance.lines.voice_modem.profiles import GENERIC, ModemProfile, named_profile, recognise
from appliance.modem.at import Command, Result
from appliance.modem.voice_formats import find_ulaw, parse_formats
from appliance.settings import LineSettings

Runner = Callable[[Iterable[Command], Callable[[Results], object]], None]
_MAX_ANSWER = 120  # characters of one answer that are worth a technician's reading
_ASKED = {
    "ATI0": "its product code",
    "ATI3": "its firmware",
    "AT+GMI": "its maker",
    "AT+GMM": "its model",
    "AT+GMR": "its revision",
    "AT+FCLASS=?": "its classes (8 is voice)",
    "AT+VSM=?": "its sound formats",
    "AT+VLS=?": "its routes",
}


@dataclass(frozen=True, slots=True)
class KnownModem:
    """``ulaw_id``: None when the modem lists its formats and µ-law is not among them.

    ``probe``: what was found, in sentences for a technician. ``flow_control``: RTS/CTS is agreed.
    """

    profile: ModemProfile
    ulaw_id: int | None
    probe: tuple[str, ...]
    flow_control: bool = False


class ModemSetup:
    """One run of the dialogue. ``run`` carries out a script and passes its results on success."""

    def __init__(
        self, run: Runner, settings: LineSettings, on_known: Callable[[KnownModem], object]
    ) -> None:
        self._run = run
        self._settings = settings
        self._profile = named_profile(settings.model)
        self._how = f"Its profile is the configured one, {settings.model}."
        self._on_known = on_known
        self._asked: Results = []

    def start(self) -> None:
        self._run(modem_scripts.wake(), self._awake)

    def found(self, last: Iterable[Result], reason: str) -> tuple[str, ...]:
        """What was found of a modem that could not be made ready, and why it could not."""
        return (*probe_sentences([*self._asked, *last]), f"Then {reason}.")

    def _awake(self, results: Results) -> None:
        self._asked += results[-1:]
        if self._profile is None:
            self._recognised(recognise(results[-1].lines))
        if self._profile is not None:
            self._initialise(self._profile)
        else:
            self._run(modem_scripts.identify(), self._identified)

    def _recognised(self, profile: ModemProfile | None) -> None:
        self._profile = profile
        if profile is not None:
            self._how = f"It was recognised as {profile.title}."

    def _identified(self, results: Results) -> None:
        self._asked += results
        self._recognised(recognise(x for r in results for x in r.lines))
        if self._profile is not None:
            self._initialise(self._profile)
        else:
            self._run(modem_scripts.probe(), self._probed)

    def _probed(self, results: Results) -> None:
        self._asked += results
        self._how = "It is of no known family: V.253's own commands are used."
        self._initialise(GENERIC)

    def _initialise(self, profile: ModemProfile) -> None:
        self._profile = profile
        script = modem_scripts.initialise(
            profile,
            self._settings.country,
            distinctive_ring=self._settings.distinctive_ring,
            ask_routes=profile is GENERIC,
        )
        self._run(script, self._initialised)

    def _initialised(self, results: Results) -> None:
        profile = self._profile or GENERIC
        formats = parse_formats(x for r in results if r.text == "AT+VSM=?" for x in r.lines)
        ulaw = find_ulaw(formats)
        ulaw_id = ulaw.id if ulaw else None if formats else profile.ulaw_id
        self._asked += results
        agreed = any(r.ok and r.command.text in profile.flow_control[:1] for r in results)
        sentences = (*probe_sentences(self._asked), self._how, _about_ulaw(ulaw_id, bool(ulaw)))
        self._on_known(KnownModem(profile, ulaw_id, sentences, agreed))


def probe_sentences(results: Iterable[Result]) -> list[str]:
    """What a modem answered to each question about itself; ERROR is an answer as well."""
    sentences = []
    for result in results:
        asked = _ASKED.get(result.text)
        if asked is not None:
            said = " | ".join(result.lines)[:_MAX_ANSWER] or result.final or "nothing"
            shown = "".join(c if c.isprintable() else "?" for c in said)
            sentences.append(f"{result.text} ({asked}): {shown}")
    return sentences


def _about_ulaw(ulaw_id: int | None, is_listed: bool) -> str:
    if ulaw_id is None:
        return "It lists its sound formats, and µ-law is not among them."
    where = "it lists it so" if is_listed else "it lists no formats by name: its family's number"
    return f"µ-law is its format {ulaw_id} ({where})."
