"""A shop of real processes for a whole session; its prompts are spoken once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.owner import give_owner
from tests.real.rig import Box, at_rest, counterbell

TOML = """
[shop]
name = "Real shop"
country = "US"
[recording]
mode = "always"
confirmed_by = "a test"
[[line]]
name = "landline"
driver = "voice_modem"
port = "devices/line0"
answer = "menu:main"
[[linecard]]
name = "hat0"
port = "devices/hat0"
[[station]]
extension = "11"
name = "Counter"
driver = "linecard_fxs"
linecard = "hat0"
socket = 1
[[station]]
extension = "12"
name = "Kitchen"
driver = "linecard_fxs"
linecard = "hat0"
socket = 2
[[ring_group]]
name = "orders"
stations = ["11", "12"]
ring_for_s = 20
otherwise = "voicemail:owner"
[[voicemail]]
name = "owner"
[[menu]]
name = "main"
prompt = "welcome"
wait_for_key_s = 6
otherwise = "ring_group:orders"
keys = { 1 = "ring_group:orders", 0 = "voicemail:owner" }
[[prompt]]
name = "welcome"
text = { en = "Press 1." }
"""


@pytest.fixture(scope="session")
def shop_toml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("toml") / "shop.toml"
    file.write_text(TOML)
    return file


@pytest.fixture(scope="session")
def prompts(tmp_path_factory: pytest.TempPathFactory, shop_toml: Path) -> Path:
    """A folder with every prompt of the shop, made by the command that makes them."""
    state = tmp_path_factory.mktemp("prompts") / "state"
    assert counterbell("config", "import", shop_toml, state=state).returncode == 0
    made = counterbell("prompt", "make", state=state)
    assert made.returncode == 0, made.stderr
    assert made.stdout.endswith("prompts are ready\n")
    return state / "prompts"


def furnish(state: Path, prompts: Path, toml: Path) -> Path:
    """A state folder with the shop and its prompts."""
    state.mkdir()
    (state / "prompts").symlink_to(prompts)
    done = counterbell("config", "import", toml, state=state)
    assert done.returncode == 0, done.stderr
    return state


@pytest.fixture(scope="session")
def _box(tmp_path_factory: pytest.TempPathFactory, prompts: Path, shop_toml: Path) -> Iterator[Box]:
    state = furnish(tmp_path_factory.mktemp("box") / "state", prompts, shop_toml)
    give_owner(state)
    box = Box(state)
    yield box
    box.stop()


@pytest.fixture
def box(_box: Box) -> Box:
    """The session's shop, at rest; handset 11 is answered by somebody at once."""
    for extension in ("11", "12"):
        _box.ask({"do": "phone", "extension": extension, "actions": [["hang_up"]]})
    _box.ask({"do": "phones", "extensions": ["12"]})
    _box.ask({"do": "phones", "extensions": ["11"], "answer_after": 0.5})
    _box.until(at_rest)
    return _box
