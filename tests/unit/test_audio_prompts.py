"""Prompts: made once, kept, replaced by the shop's own; never dead air."""

import math
import shutil
import stat
from array import array
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from appliance.audio import speech
from appliance.audio.clips import decode_clip
from appliance.audio.loudness import active_level_dbm0, level_dbm0
from appliance.audio.music import attention_clip, music_clip
from appliance.audio.prompts import DEFAULT_TEXTS, PromptLibrary
from appliance.audio.tones import countries, tones_for
from appliance.audio.wav import pcm_wav
from appliance.errors import PromptError
from appliance.settings.defaults import DEFAULT_PROMPTS

Spoken = list[tuple[str, str]]


def tone(ms: int, rate_hz: int = 8000) -> bytes:
    count = ms * rate_hz // 1000
    samples = (round(5000 * math.sin(2 * math.pi * 500 * n / rate_hz)) for n in range(count))
    return pcm_wav(array("h", samples), rate_hz)


def fake_voice(spoken: Spoken) -> Callable[[str, str], bytes]:
    def speak(voice: str, text: str) -> bytes:
        spoken.append((voice, text))
        return tone(10 * len(text))

    return speak


@pytest.fixture(scope="module")
def kept_music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything was made once, so that no test makes the music again."""
    folder = tmp_path_factory.mktemp("prompts")
    PromptLibrary(folder, speak=fake_voice([])).prepare()
    return folder


@pytest.fixture
def folder(kept_music: Path, tmp_path: Path) -> Path:
    shutil.copytree(kept_music, tmp_path / "prompts")
    return tmp_path / "prompts"


def test_every_default_name_has_a_text() -> None:
    assert set(DEFAULT_TEXTS) == set(DEFAULT_PROMPTS)


def test_what_was_made_is_not_made_again(folder: Path) -> None:
    spoken: Spoken = []
    library = PromptLibrary(folder, speak=fake_voice(spoken))
    told: list[tuple[int, int, str]] = []
    library.prepare(lambda *step: told.append(step))
    assert spoken == []
    assert [name for _, _, name in told] == list(library.names)
    assert told[-1][0] == told[-1][1] == len(DEFAULT_TEXTS) + 1
    assert library.clip("goodbye").ms == 10 * len(DEFAULT_TEXTS["goodbye"])


def test_a_changed_text_or_language_is_spoken_anew(folder: Path) -> None:
    spoken: Spoken = []
    text = {"welcome": "Hello!", "hours": "We open at nine."}
    PromptLibrary(folder, "en", text, speak=fake_voice(spoken)).prepare()
    assert spoken == [("en-us", "We open at nine."), ("en-us", "Hello!")]
    spoken.clear()
    PromptLibrary(folder, "vi", {"welcome": "Hello!"}, speak=fake_voice(spoken)).prepare()
    assert spoken == [("vi", "Hello!")]  # and the English defaults stay


def test_an_audio_file_wins_over_a_text(folder: Path) -> None:
    own = folder / "own.wav"
    own.write_bytes(tone(700, 16000))
    spoken: Spoken = []
    library = PromptLibrary(folder, "en", {"a": "A"}, {"a": own}, speak=fake_voice(spoken))
    library.prepare()
    assert spoken == []
    assert library.clip("a").ms == 700
    assert active_level_dbm0(library.clip("a").samples) == pytest.approx(-16, abs=0.3)


def test_a_voice_that_fails_costs_its_prompt_alone(folder: Path) -> None:
    def speak(_voice: str, text: str) -> bytes:
        raise PromptError(f"no voice for {text}")

    library = PromptLibrary(folder, "en", {"news": "Sale!"}, speak=speak)
    with pytest.raises(PromptError, match=r"prompt news: no voice for Sale!"):
        library.prepare()
    assert list(library.problems) == ["news"]
    assert library.clip("news").name == "attention"
    assert library.clip("goodbye").name == "goodbye"
    with pytest.raises(PromptError, match="no prompt 'nonsense'"):
        library.clip("nonsense")


def test_loading_makes_nothing(tmp_path: Path) -> None:
    library = PromptLibrary(tmp_path / "empty", speak=fake_voice([]))
    library.load()
    assert "counterbell prompt make" in library.problems["welcome"]
    assert library.clip("welcome").name == "attention"
    assert library.music is None
    assert not (tmp_path / "empty").exists()


def test_a_missing_audio_file_is_named(folder: Path) -> None:
    library = PromptLibrary(folder, audio={"hours": folder / "gone.wav"}, speak=fake_voice([]))
    library.load()
    assert "gone.wav can't be read" in library.problems["hours"]


def test_a_file_that_can_not_be_kept_is_a_prompt_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    library = PromptLibrary(tmp_path / "file" / "prompts", speak=fake_voice([]))
    with pytest.raises(PromptError, match="can't be written"):
        library.prepare()


def test_the_music_is_gentle_and_without_a_seam() -> None:
    music = music_clip().samples
    assert len(music) >= 20 * 8000
    assert level_dbm0(music) == pytest.approx(-20, abs=0.1)
    steps = [abs(b - a) for a, b in pairwise(music)]
    assert abs(music[0] - music[-1]) <= max(steps)
    quietest = min(level_dbm0(music[at : at + 8000]) for at in range(0, len(music), 8000))
    assert quietest > -30  # no second of it sounds like a dropped call
    assert attention_clip().ms == 990


def test_every_country_has_every_tone() -> None:
    names = {"dial", "ringback", "busy", "reorder", "howler", "beep"}
    for country in countries():
        tones = tones_for(country)
        assert set(tones) == names, country
        for described in tones.values():
            assert 1 <= len(described.hz) <= 2
            assert len(described.phases) <= 4
            assert -30 <= described.level_dbm0 <= 0
    assert tones_for("uk") is tones_for("GB")
    assert tones_for("??")["dial"].hz == (425,)
    assert tones_for("US")["beep"].limit_s > 0


def test_languages_become_voices() -> None:
    assert speech.voice_for("EN") == "en-us"
    assert speech.voice_for("vi-vn-x-south") == "vi-vn-x-south"
    for hostile in ("", "-v", "e", "en;ls", "../en"):
        with pytest.raises(PromptError, match="not a language"):
            speech.voice_for(hostile)


def write_engine(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = folder / speech.ENGINE
    engine.write_text(f"#!/bin/sh\n{script}\n")
    engine.chmod(engine.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_the_text_goes_by_stdin_and_never_by_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_engine(tmp_path, 'printf "%100s\\n" "$*"; cat', monkeypatch)
    said = speech.speak("en-us", "-w /etc/passwd; $(reboot)").decode()
    assert "-v en-us -s 150 --stdin --stdout" in said
    assert said.endswith("-w /etc/passwd; $(reboot)")
    assert "reboot" not in said.splitlines()[0]


def test_an_engine_that_fails_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_engine(tmp_path, "echo no such voice >&2; exit 1", monkeypatch)
    with pytest.raises(PromptError, match=r"no such voice.*give an audio file"):
        speech.speak("tl", "Kumusta")
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(PromptError, match="apt install espeak-ng"):
        speech.speak("en-us", "Hello")
    for text in ("", "  \n", "x" * 2001):
        with pytest.raises(PromptError, match="1 to 2000 letters"):
            speech.speak("en-us", text)


def test_the_real_voice_is_brought_to_the_telephone() -> None:
    clip = decode_clip("hello", speech.speak("en-us", "Thank you for calling."))
    assert 1000 < clip.ms < 3000
    assert active_level_dbm0(clip.samples) == pytest.approx(-16, abs=0.5)
    with pytest.raises(PromptError, match="can't speak 'xx'"):
        speech.speak("xx", "Hello")


def test_what_the_installation_made_is_not_made_again(folder: Path, tmp_path: Path) -> None:
    spoken: Spoken = []
    own = tmp_path / "own"
    own.mkdir()
    library = PromptLibrary(own, made_before=folder, speak=fake_voice(spoken))
    library.prepare()
    assert spoken == []
    assert {path.name for path in own.iterdir()} == {path.name for path in folder.iterdir()}
    assert library.clip("goodbye")
