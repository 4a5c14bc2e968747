"""Hears when a caller has finished speaking a message: webrtcvad over the recorder's samples."""

import webrtcvad

RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = 2 * RATE_HZ * FRAME_MS // 1000
AGGRESSIVENESS = 3  # the strictest: line noise must not keep a message open
SPEECH_FRAMES = 8  # a click stays speech to the detector for up to 6 frames; a word is longer
PATIENCE_S = 3.0  # more for a caller who has not begun yet


class Endpointer:
    """Fed with a caller's samples in any split, it finds the end of the speech once.

    ``silence_limit_s``: how long nobody speaks; 3 s more before the first word.
    """

    def __init__(self, silence_limit_s: float) -> None:
        self._vad = webrtcvad.Vad(AGGRESSIVENESS)
        self._limit_ms = silence_limit_s * 1000
        self._rest = b""
        self._quiet_ms = 0
        self._run = 0
        self._has_spoken = False
        self._has_ended = False

    def feed(self, samples: bytes) -> bool:
        """16-bit samples at 8 kHz. True in the one call in which the silence reached its limit."""
        if self._has_ended:
            return False
        data = self._rest + samples
        whole = len(data) - len(data) % FRAME_BYTES
        self._rest = data[whole:]
        for at in range(0, whole, FRAME_BYTES):
            self._hear(bool(self._vad.is_speech(data[at : at + FRAME_BYTES], RATE_HZ)))
        patience_ms = 0.0 if self._has_spoken else PATIENCE_S * 1000
        self._has_ended = self._quiet_ms >= self._limit_ms + patience_ms
        return self._has_ended

    def _hear(self, is_speech: bool) -> None:
        self._quiet_ms += FRAME_MS
        self._run = self._run + 1 if is_speech else max(0, self._run - 1)
        if is_speech and self._run >= SPEECH_FRAMES:
            self._run = SPEECH_FRAMES
            self._quiet_ms = 0
            self._has_spoken = True
