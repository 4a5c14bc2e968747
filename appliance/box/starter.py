"""The telephones of a box that was never configured, so that a lifted one can say the claim code.

Only where a line card of ours says by its EEPROM that it is there. They call each other and nobody
else; the first configuration of anybody takes their place.
"""

from appliance.box.acting import acting_as_owner
from appliance.box.places import Places
from appliance.storage.config_store import ConfigStore
from appliance.storage.state_folder import StateFolder

SOCKETS = 4
_HEAD = """\
# Of a box that was never configured: the line card's telephones, for its first day.
[[linecard]]
name = "hat0"
port = "/dev/ttyAMA0"
"""
_STATION = """\
[[station]]
extension = "{extension}"
name = "Telephone {socket}"
driver = "linecard_fxs"
linecard = "hat0"
socket = {socket}
"""


def starter_toml() -> str:
    """Extensions 21 to 24: no emergency number begins with one of them."""
    stations = (_STATION.format(extension=20 + n, socket=n) for n in range(1, SOCKETS + 1))
    return _HEAD + "".join(stations)


def configure_telephones(places: Places, at: float) -> bool:
    """Save the starter, where there is no configuration of any kind; whether it was.

    Raises StorageError, StateFolderLocked.
    """
    if not places.state.is_dir() or any(places.state.glob("config.json*")):
        return False
    with acting_as_owner(places.state), StateFolder(places.state) as folder:
        ConfigStore(folder.path).save(starter_toml(), "the first day", at)
    return True
