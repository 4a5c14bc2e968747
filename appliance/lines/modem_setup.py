"""From a voice modem in any state to one idle and known: wake, identify, initialise."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from appliance.lines import modem_scripts
from appliance.lines.profiles import GENERIC, ModemProfile, named_profile, recognise
from appliance.modem.at import Command, Result
from appliance.modem.voice_formats import find_ulaw, parse_formats

Results = list[Result]
Runner = Callable[[Iterable[Command], Callable[[Results], object]], None]


@dataclass(frozen=True, slots=True)
class KnownModem:
    """``ulaw_id``: None when the modem lists its formats and µ-law is not among them."""

    profile: ModemProfile
    ulaw_id: int | None


class ModemSetup:
    """One run of the dialogue. ``run`` carries out a script and passes its results on success."""

    def __init__(
        self, run: Runner, model: str, country: str, on_known: Callable[[KnownModem], object]
    ) -> None:
        self._run = run
        self._profile = named_profile(model)
        self._country = country
        self._on_known = on_known

    def start(self) -> None:
        self._run(modem_scripts.wake(), self._awake)

    def _awake(self, results: Results) -> None:
        profile = self._profile or recognise(results[-1].lines)
        if profile is not None:
            self._initialise(profile)
        else:
            self._run(modem_scripts.identify(), self._identified)

    def _identified(self, results: Results) -> None:
        self._initialise(recognise(x for r in results for x in r.lines) or GENERIC)

    def _initialise(self, profile: ModemProfile) -> None:
        self._profile = profile
        self._run(modem_scripts.initialise(profile, self._country), self._initialised)

    def _initialised(self, results: Results) -> None:
        profile = self._profile or GENERIC
        formats = parse_formats(x for r in results if r.text == "AT+VSM=?" for x in r.lines)
        ulaw = find_ulaw(formats)
        ulaw_id = ulaw.id if ulaw else None if formats else profile.ulaw_id
        self._on_known(KnownModem(profile, ulaw_id))
