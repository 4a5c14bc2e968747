"""Checks a configuration as a whole: names used once, references that exist, ways that end."""

from collections.abc import Iterator

from appliance.settings import ShopSettings
from appliance.settings.defaults import DEFAULT_PROMPTS, LATER_DESTINATIONS
from appliance.settings.numbering import emergency_numbers
from appliance.settings.schema import TABLES
from appliance.settings.values import Entry, Findings, Problem, listed, suggestion

_DESTINATION_TABLES = ("menu", "ring_group", "station", "voicemail", "prompt", "number")
_NAMED = ("prompt", "linecard", "sound_card", "station")


def check_references(findings: Findings) -> list[Problem]:
    """Every problem between entries; looks only at values that are good by themselves."""
    return [
        *_repeated_names(findings),
        *_repeated_places(findings),
        *_missing_sound(findings),
        *_unknown_names(findings),
        *_emergency_numbers(findings),
        *_unknown_destinations(findings),
        *_endless_groups(findings),
        *_unconfirmed_recording(findings),
        *_speechless_prompts(findings),
    ]


def _text(entry: Entry, key: str) -> str:
    value = entry.values.get(key)
    return value if isinstance(value, str) else ""


def _names(findings: Findings, table: str) -> list[str]:
    key = "extension" if table == "station" else "name"
    names = [_text(entry, key) for entry in findings.entries[table]]
    if table == "prompt":
        names += [name for name in DEFAULT_PROMPTS if name not in names]
    return [name for name in names if name]


def _repeated_names(findings: Findings) -> Iterator[Problem]:
    for table in TABLES:
        seen: set[str] = set()
        for entry in findings.entries[table.name] if table.identity else ():
            name = _text(entry, table.identity)
            if name and name in seen:
                text = f"'{name}' is used twice; allowed: one {table.name} of each {table.identity}"
                yield entry.problem(text, table.identity)
            seen.add(name)


def _places(entry: Entry) -> Iterator[tuple[str, str, object]]:
    """What of the box an entry takes for itself: the key, what it is called, and which one."""
    for key in entry.table.keys:
        value = entry.values.get(key.name)
        if value is None or value == "":
            continue
        if key.name in ("port", "audio_port"):
            yield key.name, "port", value
        elif key.kind == "sound_card":
            yield key.name, "sound card", value
        elif key.name.endswith("_gpio"):
            yield key.name, "GPIO", value
        elif key.kind == "gpios" and isinstance(value, tuple):
            for position, gpio in enumerate(value):
                yield f"{key.name}[{position}]", "GPIO", gpio


def _repeated_places(findings: Findings) -> Iterator[Problem]:
    """Two devices at one port, card or GPIO, or two handsets or lines at one socket."""
    taken: dict[tuple[str, object], str] = {}
    for table in ("box", "line", "linecard", "station"):
        for entry in findings.entries[table]:
            for key, what, which in _places(entry):
                if (what, which) in taken:
                    text = f"'{which}' is the {what} of {taken[what, which]} already"
                    yield entry.problem(f"{text}; allowed: a {what} of its own", key)
                else:
                    taken[what, which] = entry.label
    sockets: dict[tuple[str, object], str] = {}
    for entry in (*findings.entries["line"], *findings.entries["station"]):
        place = (_text(entry, "linecard"), entry.values.get("socket"))
        if place in sockets:
            text = f"{place[1]} on {place[0]} is the socket of {sockets[place]} already"
            yield entry.problem(f"{text}; allowed: a socket of its own", "socket")
        elif place[0] and place[1] is not None:
            sockets[place] = entry.label


def _missing_sound(findings: Findings) -> Iterator[Problem]:
    """Where a line's sound comes from depends on more than its driver."""
    cards = listed(_names(findings, "sound_card")) or "none yet: there is no [[sound_card]]"
    for entry in findings.entries["line"]:
        driver, audio = _text(entry, "driver"), _text(entry, "audio") or "usb_sound"
        if driver == "cellular" and audio == "serial_pcm":
            if not _text(entry, "audio_port"):
                text = 'missing while audio is "serial_pcm"; allowed: the path of a serial port'
                yield entry.problem(text, "audio_port")
        elif driver in ("cellular", "gpio_line") and "sound_card" not in entry.values:
            yield entry.problem(f"missing; allowed: {cards}", "sound_card")


def _unknown_names(findings: Findings) -> Iterator[Problem]:
    known = {kind: _names(findings, kind) for kind in _NAMED}
    for entries in findings.entries.values():
        for entry in entries:
            for key in entry.table.keys:
                value = entry.values.get(key.name)
                if key.kind in _NAMED and isinstance(value, str):
                    if value not in known[key.kind]:
                        yield _unknown(entry, value, key.kind, known[key.kind], key.name)
                elif key.kind == "extensions" and isinstance(value, tuple):
                    for position, extension in enumerate(value):
                        if extension not in known["station"]:
                            place = f"{key.name}[{position}]"
                            yield _unknown(entry, extension, "station", known["station"], place)


def _emergency_numbers(findings: Findings) -> Iterator[Problem]:
    """Neither an extension that hides one, nor a destination that dials one by itself."""
    country = next((_text(shop, "country") for shop in findings.entries["shop"]), "")
    country = country or ShopSettings().country
    numbers = emergency_numbers(country)
    but = f"but {listed(numbers)}"
    for entry in findings.entries["station"]:
        if _text(entry, "extension") in numbers:
            text = f"'{_text(entry, 'extension')}' is an emergency number in {country}"
            yield entry.problem(f"{text}; allowed: any other extension {but}", "extension")
    for entry in findings.entries["number"]:
        if _text(entry, "number") in numbers:
            text = f"'{_text(entry, 'number')}' is an emergency number in {country}, and those are"
            text += f" never dialled automatically; allowed: any number {but}"
            yield entry.problem(text, "number")


def _unknown(entry: Entry, name: str, kind: str, known: list[str], place: str) -> Problem:
    allowed = listed(known) or f"none yet: there is no [[{kind}]]"
    return entry.problem(
        f"there is no {kind} '{name}'{suggestion(name, known)}; allowed: {allowed}", place
    )


def _destinations(entry: Entry) -> Iterator[tuple[tuple[str, ...], str]]:
    for key in entry.table.keys:
        value = entry.values.get(key.name)
        if key.kind == "destination" and isinstance(value, str):
            yield (key.name,), value
        elif key.kind == "key_table" and isinstance(value, dict):
            for digit, target in value.items():
                yield (key.name, digit), target


def _unknown_destinations(findings: Findings) -> Iterator[Problem]:
    known = [f"{table}:{name}" for table in _DESTINATION_TABLES for name in _names(findings, table)]
    known.append("hang_up")
    own = [d for d in known if d.removeprefix("prompt:") not in DEFAULT_PROMPTS]
    for entries in findings.entries.values():
        for entry in entries:
            for path, target in _destinations(entry):
                if target not in known:
                    kind = target.partition(":")[0]
                    if kind in LATER_DESTINATIONS:
                        text = f"'{kind}:' is not available in this release"
                    elif kind in _DESTINATION_TABLES:
                        text = f"there is no {kind} '{target.partition(':')[2]}'"
                        text += suggestion(target, known)
                    else:
                        text = f"'{target}' is not a destination{suggestion(target, known)}"
                    yield entry.problem(f"{text}; allowed: {listed(own)}", *path)


def _endless_groups(findings: Findings) -> Iterator[Problem]:
    """Ring groups that hand a caller round among themselves: with all busy, that takes no time."""
    after = {
        _text(entry, "name"): _text(entry, "otherwise").removeprefix("ring_group:")
        for entry in findings.entries["ring_group"]
        if _text(entry, "otherwise").startswith("ring_group:")
    }
    told: set[str] = set()
    for entry in findings.entries["ring_group"]:
        trail = [_text(entry, "name")]
        while trail[-1] in after and after[trail[-1]] not in trail:
            trail.append(after[trail[-1]])
        if after.get(trail[-1]) == trail[0] and trail[0] not in told:
            told.update(trail)
            way = " -> ".join([*trail, trail[0]])
            text = f"never ends when all are busy: {way}"
            allowed = "a way out of the ring groups, such as a voicemail, a menu or hang_up"
            yield entry.problem(f"{text}; allowed: {allowed}", "otherwise")


def _unconfirmed_recording(findings: Findings) -> Iterator[Problem]:
    for entry in findings.entries["recording"]:
        mode = _text(entry, "mode")
        if mode in ("announce", "always") and not _text(entry, "confirmed_by").strip():
            text = (
                f"missing while mode is '{mode}'; allowed: the name of who has confirmed "
                "that the country's rule permits it"
            )
            yield entry.problem(text, "confirmed_by")


def _speechless_prompts(findings: Findings) -> Iterator[Problem]:
    language = next((_text(shop, "language") for shop in findings.entries["shop"]), "") or "en"
    for entry in findings.entries["prompt"]:
        spoken: set[str] = set()
        for key in ("text", "audio"):
            value = entry.values.get(key)
            spoken.update(value if isinstance(value, dict) else ())
        broken = any(p.index == entry.index and p.table == "prompt" for p in findings.problems)
        if language not in spoken and not broken:
            text = f"says nothing in the shop's language '{language}'"
            allowed = f'text = {{ {language} = "..." }} or audio = {{ {language} = "NAME.wav" }}'
            yield entry.problem(f"{text}; allowed: {allowed}")
