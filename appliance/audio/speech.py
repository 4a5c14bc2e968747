"""Has espeak-ng speak a text. Takes a while: never on the daemon's main thread."""

import re
import subprocess

from appliance.errors import PromptError

ENGINE = "espeak-ng"
WORDS_PER_MINUTE = 150
MAX_TEXT = 2000
TIMEOUT_S = 60.0
VOICES = {"en": "en-us"}  # every other language's voice is called as the language is
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)*")


def voice_for(language: str) -> str:
    """The voice of a language (ISO 639). Raises PromptError for what can't be one."""
    code = language.lower()
    if not _LANGUAGE.fullmatch(code):
        raise PromptError(f"{language!r} is not a language; use a code such as en or vi")
    return VOICES.get(code, code)


def speak(voice: str, text: str) -> bytes:
    """``text`` as a WAV file. Raises PromptError with what to do when it can't be spoken."""
    if not text.strip() or len(text) > MAX_TEXT:
        raise PromptError(f"a text to speak has 1 to {MAX_TEXT} letters, this one has {len(text)}")
    command = [ENGINE, "-v", voice, "-s", str(WORDS_PER_MINUTE), "--stdin", "--stdout"]
    try:
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except FileNotFoundError as error:
        raise PromptError(f"{ENGINE} is not installed: apt install {ENGINE}") from error
    except subprocess.TimeoutExpired as error:
        raise PromptError(f"{ENGINE} took longer than {TIMEOUT_S:g} s; shorten the text") from error
    except OSError as error:
        raise PromptError(f"{ENGINE} can't be run: {error.strerror}") from error
    if done.returncode or len(done.stdout) < 64:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1] if said else f"it ended with {done.returncode}"
        raise PromptError(f"{ENGINE} can't speak {voice!r} ({reason}); give an audio file instead")
    return done.stdout
