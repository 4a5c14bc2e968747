"""Speaks what is missing: the prompts of a configuration, and the voices of the demo's people."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from appliance.audio import speech
from appliance.audio.prompts import PromptLibrary
from appliance.errors import PromptError
from appliance.machine import ClosableWorker
from appliance.settings import Settings, resolve_audio
from appliance.storage.config_store import ConfigStore
from appliance.storage.state_folder import StateFolder
from appliance.welcome import spoken_host

INSTALLED_PROMPTS = Path(__file__).parents[1] / "build" / "prompts"
DEMO_VOICES = {
    "caller": "Good morning! I would like two dozen pan de sal, and one banana loaf, please.",
    "shop": "Good morning, this is the bakery. What can I bake for you today?",
    "message": "Hello, this is Maria from the school. Please call me back about the birthday cake.",
    "mill": "Hello, this is the flour mill, Marites speaking. How many sacks?",
    "kitchen": "Good morning, this is the bakery. Ten sacks for tomorrow, please. Thank you!",
}


def prompt_library(folder: StateFolder, settings: Settings) -> PromptLibrary:
    """The prompts of ``settings`` in the shop's language."""
    language = settings.shop.language
    texts: dict[str, str] = {}
    audio: dict[str, Path] = {}
    for prompt in settings.prompts:
        spoken = prompt.text.get(language)
        recorded = prompt.audio.get(language)
        if recorded:
            audio[prompt.name] = resolve_audio(folder.path, recorded)
        if spoken:
            texts[prompt.name] = spoken
    host = {"claim_host": spoken_host(os.uname().nodename)}
    return PromptLibrary(
        folder.prompts, language, texts, audio, own_defaults=host, made_before=INSTALLED_PROMPTS
    )


async def speak_missing(
    folder: StateFolder,
    settings: Settings,
    worker: ClosableWorker,
    progress: Callable[[str], None] = lambda _line: None,
) -> PromptLibrary:
    """Have ``worker`` speak what is missing; ``problems`` names what can't be made.

    The attention tone stands in for that.
    """
    library = prompt_library(folder, settings)

    def prepare() -> None:
        library.prepare(lambda done, total, name: progress(f"prompt {done}/{total}: {name}"))

    with suppress(PromptError):
        await asyncio.wrap_future(worker.submit(prepare))
    return library


def make_installed_prompts() -> None:
    """Make the default prompts and the music once, at install, for every state folder.

    Raises PromptError.
    """
    INSTALLED_PROMPTS.mkdir(parents=True, exist_ok=True)
    PromptLibrary(INSTALLED_PROMPTS).prepare()


def make_prompts(state: Path, progress: Callable[[int, int, str], None]) -> int:
    """``counterbell prompt make``: how many there are. ``progress``: done, of how many, which.

    Raises PromptError, StorageError, StateFolderLocked.
    """
    with StateFolder(state) as folder:
        return make_prompts_in(folder, ConfigStore(folder.path).current.settings, progress)


def make_prompts_in(
    folder: StateFolder, settings: Settings, progress: Callable[[int, int, str], None]
) -> int:
    """As `make_prompts`, in a folder that is locked already. Raises PromptError."""
    library = prompt_library(folder, settings)
    library.prepare(progress)
    return len(library.names)


def demo_voices(folder: Path) -> dict[str, Path]:
    """Where `make_demo_voices` keeps what the demo's people say."""
    return {person: folder / f"{person}.wav" for person in DEMO_VOICES}


def make_demo_voices(folder: Path) -> None:
    """Speak those that are missing. Raises PromptError, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for person, path in demo_voices(folder).items():
        if not path.exists():
            making = folder / f".{person}.making"
            making.write_bytes(speech.speak(speech.voice_for("en"), DEMO_VOICES[person]))
            making.rename(path)
