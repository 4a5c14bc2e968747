"""The schema of what concerns the configuration: import, draft, trial, the way back."""

from typing import Annotated

from msgspec import Meta, Struct

from appliance.control.schema_base import Method, Params, Role, Short, Text

LONGEST_TRIAL_S = 86_400.0

GenerationNumber = Annotated[int, Meta(ge=1)]


class OnTrial(Struct, frozen=True):
    """Settings that somebody has to keep. ``until``: UTC seconds, when they are gone back from."""

    generation: int
    until: float
    by: str


# --- parameters --------------------------------------------------------------------------------


class ConfigText(Params, frozen=True):
    """``name``: what problems call the text, usually the file it came from."""

    toml: Text
    name: Short = "configuration"


class ConfigImport(ConfigText, frozen=True):
    """``force``: also while settings are on trial, which ends the trial."""

    force: bool = False


class ConfigApply(Params, frozen=True):
    confirm_within_s: Annotated[float, Meta(ge=1, le=LONGEST_TRIAL_S)] = 600.0


class ConfigConfirm(Params, frozen=True):
    """``generation``: only if this is what is on trial."""

    generation: GenerationNumber | None = None


class ConfigRevert(Params, frozen=True):
    """``generation``: to which; without one, from the trial to what was before."""

    generation: GenerationNumber | None = None


# --- results -----------------------------------------------------------------------------------


class Config(Struct, frozen=True):
    toml: str
    generation: int


class Problems(Struct, frozen=True):
    problems: list[str]


class Imported(Struct, frozen=True):
    generation: int
    changes: list[str]


class Drafted(Struct, frozen=True):
    changes: list[str]


class ConfigDiff(Struct, frozen=True):
    """``toml``: as `diff -u` writes it. ``generation``: what the draft is compared to."""

    changes: list[str]
    toml: str
    name: str
    by: str
    at: float
    generation: int


class Applied(Imported, frozen=True):
    until: float


class Confirmed(Struct, frozen=True):
    generation: int


class ConfigGeneration(Struct, frozen=True):
    generation: int
    at: float
    by: str
    how: str
    name: str
    changes: list[str]


class ConfigHistory(Struct, frozen=True):
    generations: list[ConfigGeneration]
    in_use: int
    on_trial: bool


METHODS: dict[str, Method] = {
    "config.get": Method(Role.OWNER, Params, Config),
    "config.check": Method(Role.OWNER, ConfigText, Problems),
    "config.import": Method(Role.OWNER, ConfigImport, Imported),
    "config.draft": Method(Role.OWNER, ConfigText, Drafted),
    "config.diff": Method(Role.OWNER, Params, ConfigDiff),
    "config.apply": Method(Role.OWNER, ConfigApply, Applied),
    "config.confirm": Method(Role.OWNER, ConfigConfirm, Confirmed),
    "config.revert": Method(Role.OWNER, ConfigRevert, Imported),
    "config.history": Method(Role.OWNER, Params, ConfigHistory),
}
