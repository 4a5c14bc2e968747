"""Who may import whom (docs/architecture.md), and no waiting in tests."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = {
    "appliance.deaf_listener",
    "appliance.errors",
    "appliance.gpio",
    "appliance.interfaces",
    "appliance.port_holders",
    "appliance.serial_port",
    "appliance.settings",
    "appliance.tied",
    "appliance",
}
CORE_FACTS = {"appliance.core.events", "appliance.core.commands", "appliance.core.plan"}
PURE = {
    "abc",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "itertools",
    "math",
    "types",
    "typing",
    "__future__",
}
EDGES = {"lines", "stations", "linecard", "audio", "storage", "control", "modem"}
EXTRA = {"lines": {"linecard", "modem"}, "stations": {"linecard"}}


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "appliance" and len(parts) > 1 else parts[0]


def wrong_in_core(module: str) -> bool:
    if module.startswith("appliance"):
        return not (module.startswith("appliance.core") or module == "appliance.errors")
    return module.split(".", maxsplit=1)[0] not in PURE


def wrong_in_edge(room: str, module: str) -> bool:
    if not module.startswith(("appliance", "web_admin", "tests")):
        return False
    if module.startswith(("web_admin", "tests")):
        return True
    if module in SHARED | CORE_FACTS or module.startswith("appliance.settings."):
        return False
    return room_of(module) not in {room} | EXTRA.get(room, set())


@pytest.mark.parametrize("path", sources("appliance/core"), ids=str)
def test_core_is_pure(path: Path) -> None:
    assert not [module for module in imports_of(path) if wrong_in_core(module)]


@pytest.mark.parametrize("path", sources("appliance/line_doctor"), ids=str)
def test_the_line_doctor_only_thinks(path: Path) -> None:
    wrong = [
        module
        for module in imports_of(path)
        if not module.startswith("appliance.line_doctor")
        and module.split(".", maxsplit=1)[0] not in PURE | {"statistics"}
    ]
    assert not wrong


@pytest.mark.parametrize("path", sources("appliance/doctor"), ids=str)
def test_the_doctor_looks_from_outside(path: Path) -> None:
    """It asks the daemon and the ports: no driver, no audio, no core."""
    rooms = {"doctor", "box", "modem", "linecard", "storage", "control"}
    wrong = [
        module
        for module in imports_of(path)
        if module.startswith(("appliance", "web_admin", "tests"))
        and module not in SHARED
        and not module.startswith("appliance.settings.")
        and room_of(module) not in rooms
    ]
    assert not wrong


@pytest.mark.parametrize("path", sources("appliance/box"), ids=str)
def test_the_box_knows_no_call(path: Path) -> None:
    """What the machine needs: it asks the daemon like anybody else."""
    known = ("appliance.box", "appliance.errors", "appliance.settings", "appliance.storage")
    known += ("appliance.control.client", "appliance.backup", "appliance.gpio")
    wrong = [
        module
        for module in imports_of(path)
        if module.startswith(("appliance", "web_admin", "tests"))
        and module != "appliance"
        and not module.startswith(known)
    ]
    assert not wrong


def test_nothing_but_the_command_line_knows_the_doctor() -> None:
    wrong = {
        str(path.relative_to(ROOT))
        for path in sources("appliance")
        if any(module.startswith("appliance.doctor.") for module in imports_of(path))
        and path.parent.name not in {"doctor", "cli"}
    }
    assert not wrong


@pytest.mark.parametrize("room", sorted(EDGES))
def test_edges_do_not_know_each_other(room: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources(f"appliance/{room}")
        for module in imports_of(path)
        if wrong_in_edge(room, module)
    }
    assert not wrong


@pytest.mark.parametrize("room", ["voice_modem", "cellular", "gpio_line", "linecard_fxo", "fxo"])
def test_lines_of_different_kinds_do_not_know_each_other(room: str) -> None:
    """But those whose calls we drive ourselves have them from ``fxo``."""
    known = {room, "fxo"} if room in {"gpio_line", "linecard_fxo"} else {room}
    wrong = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources(f"appliance/lines/{room}")
        for module in imports_of(path)
        if module.startswith("appliance.lines.")
        and (ROOT / "appliance/lines" / module.split(".")[2]).is_dir()
        and module.split(".")[2] not in known
    }
    assert not wrong


def test_simulator_has_codecs_of_its_own() -> None:
    forbidden = {"modem", "lines", "linecard", "audio", "stations", "storage", "control"}
    wrong = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources("appliance/simulator")
        for module in imports_of(path)
        if module.startswith("appliance.") and room_of(module) in forbidden
    }
    assert not wrong


def test_page_is_a_client_of_the_control_socket_alone() -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sources("web_admin")
        for module in imports_of(path)
        if module.startswith("appliance")
        and module
        not in {"appliance.control.client", "appliance.control.schema", "appliance.errors"}
    }
    assert not wrong


def test_only_the_daemon_imports_the_composition_root() -> None:
    wrong = {
        str(path.relative_to(ROOT))
        for path in sources("appliance")
        if "appliance.app" in imports_of(path) and path.name != "daemon.py"
    }
    assert not wrong


@pytest.mark.parametrize("path", sources("tests"), ids=str)
def test_no_test_waits(path: Path) -> None:
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    }
    assert not [call for call in calls if call.split(".")[-1] == "sleep"]


@pytest.mark.parametrize("folder", ["appliance", "web_admin"])
def test_no_blanket_except_and_no_global(folder: str) -> None:
    wrong = []
    for path in sources(folder):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else ""
                if caught in {"", "Exception", "BaseException"}:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} except {caught}")
            if isinstance(node, ast.Global):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} global")
    assert not wrong


@pytest.mark.parametrize("path", sources("tests"), ids=str)
def test_every_database_a_test_opens_is_closed(path: Path) -> None:
    """sqlite3's own ``with`` ends a transaction, no more; an open one fails on Python 3.13."""
    blocks = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.With)]
    managers = [ast.unparse(item.context_expr) for block in blocks for item in block.items]
    assert not [manager for manager in managers if manager.startswith("sqlite3.connect(")]
