"""Speaks what is missing: the prompts of a configuration, and the voices of the demo's people."""

from collections.abc import Callable
from pathlib import Path

from appliance.audio import speech
from appliance.audio.prompts import PromptLibrary
from appliance.settings import Settings, resolve_audio
from appliance.storage.config_store import ConfigStore
from appliance.storage.state_folder import StateFolder

DEMO_VOICES = {
    "caller": "Good morning! I would like two dozen pan de sal, and one banana loaf, please.",
    "shop": "Good morning, this is the bakery. What can I bake for you today?",
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
    return PromptLibrary(folder.prompts, language, texts, audio)


def make_prompts(state: Path, progress: Callable[[str], None]) -> None:
    """``counterbell prompt make``. Raises PromptError, StorageError, StateFolderLocked."""
    with StateFolder(state) as folder:
        library = prompt_library(folder, ConfigStore(folder.path).current.settings)
        library.prepare(lambda done, total, name: progress(f"prompt {done}/{total}: {name}"))


def make_demo_voices(folder: Path) -> dict[str, Path]:
    """WAV files of what the demo's caller and shop say, kept in ``folder``. Raises PromptError."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    for person, text in DEMO_VOICES.items():
        files[person] = folder / f"{person}.wav"
        if not files[person].exists():
            files[person].write_bytes(speech.speak(speech.voice_for("en"), text))
    return files
