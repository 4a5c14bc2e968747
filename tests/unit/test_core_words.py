"""The story's words: every evidence a line gives is told in words a shop owner knows."""

import re
from pathlib import Path

from appliance.core.hang_up import WEIGHTS
from appliance.core.words import EVIDENCE, spoken_destination, spoken_evidence

LINES = Path(__file__).parents[2] / "appliance" / "lines"


def test_every_evidence_of_the_lines_has_words() -> None:
    told = re.compile(r'tell_hung_up\("(\w+)"|: "(\w+_\w+)"[,}]|CallerHungUp\([^"]*"(\w+)"\)')
    files = ("call_listener.py", "voice_modem/line.py", "voice_modem/life.py")
    source = "".join((LINES / file).read_text() for file in files)
    found = {word for match in told.findall(source) for word in match if word}
    found |= WEIGHTS.keys()
    assert {"busy_tone", "modem_busy", "loop_break", "modem_ended"} <= found
    assert found - {"underruns", "overruns"} <= set(EVIDENCE)


def test_an_unknown_evidence_is_told_as_it_is() -> None:
    assert spoken_evidence("pigeon") == "pigeon"
    assert spoken_destination("ring_group:orders") == "ring group orders"
