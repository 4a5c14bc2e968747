"""What is known of a line card as one table, and what a self-test makes of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from appliance.doctor.hat_talk import HatAnswers
from appliance.linecard.messages import NEWEST_PROTOCOL, LineFlag

_BAD_FRAMES_PERCENT = 1.0
_FIRMWARE = "update its firmware: 'counterbell linecard flash'"
_REACH = "check that the HAT sits on all 40 pins and its overlay is loaded, then its port's name"
_LINE = "plug the line in; if it is, try an ordinary telephone at the wall socket"
_CHIP = "take the HAT's power away for ten seconds; if it stays, the line chip is broken"
_LIFTED = "put down the other telephone of this line"
_HANDSET = "put the handset on its hook"
_OVERLOAD = "unplug the line at once: the wall gives more current than a telephone line may"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. ``step``: one sentence, "" when it is well."""

    what: str
    text: str
    step: str = ""

    @property
    def is_well(self) -> bool:
        return not self.step


def asked(name: str, port: str, answers: HatAnswers | str) -> dict[str, Any]:
    """The table of a card that was asked at its port; a text is why it could not be opened."""
    reply = answers.reply if isinstance(answers, HatAnswers) else None
    if reply is None or isinstance(answers, str):
        reason = answers if isinstance(answers, str) else f"nobody answers at {port}"
        return _table(name, port, ("away", reason))
    fits = reply.version > 0
    hello = asdict(reply) | {"nonce": ""}
    ports = {str(n): asdict(one) | {"flags": _names(one.flags)} for n, one in answers.ports.items()}
    reason = "" if fits else "it does not speak our version of the link"
    if fits and not answers.is_whole:
        reason = "it stopped answering amid the questions"
    link = ("away" if reason else "up", reason)
    return _table(name, port, link, hello=hello, counters=answers.counters, ports=ports)


def told(name: str, health: Mapping[str, Any]) -> dict[str, Any]:
    """The table of a card that a running daemon holds: its `health.get`."""
    hello = {
        "version": health.get("protocol", 0),
        "firmware": health.get("firmware", ""),
        "serial": health.get("serial", ""),
        "fxs_mask": health.get("fxs_mask", 0),
        "fxo_mask": health.get("fxo_mask", 0),
    }
    return _table(
        name,
        str(health.get("port", "")),
        (str(health.get("state", "away")), str(health.get("reason", ""))),
        hello=hello,
        counters=health.get("counters", {}),
        ports=health.get("ports", {}),
    )


def _names(flags: int) -> list[str]:
    return [flag.name.lower() for flag in LineFlag if flag & flags and flag.name]


def _table(
    name: str,
    port: str,
    link: tuple[str, str],
    *,
    hello: Mapping[str, Any] = MappingProxyType({}),
    counters: Mapping[str, Any] = MappingProxyType({}),
    ports: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """``link``: its state, and why it is not up."""
    fxs, fxo = int(hello.get("fxs_mask", 0)), int(hello.get("fxo_mask", 0))
    off_hook = hello.get("off_hook_mask")
    return {
        "name": name,
        "port": port,
        "state": link[0],
        "reason": link[1],
        "firmware": str(hello.get("firmware", "")),
        "protocol": int(hello.get("version", 0)),
        "serial": str(hello.get("serial", "")),
        "handset_sockets": _sockets(fxs),
        "line_sockets": _sockets(fxo),
        "lifted": _sockets(int(off_hook)) if off_hook is not None else None,
        "counters": dict(counters),
        "ports": {str(socket): dict(one) for socket, one in sorted(ports.items())},
    }


def _sockets(mask: int) -> list[int]:
    return [n for n in range(1, 9) if mask >> (n - 1) & 1]


def checks(card: Mapping[str, Any]) -> list[Check]:
    """The self-test: the link, its version, its frames, then every socket."""
    if card["state"] != "up":
        outdated = card["firmware"] and not card["protocol"]
        return [Check("link", str(card["reason"]), _FIRMWARE if outdated else _REACH)]
    found = [Check("link", f"answers, firmware {card['firmware']}"), _version(card), _frames(card)]
    for socket in card["handset_sockets"]:
        lifted = socket in (card["lifted"] or ())
        text = "the handset is off the hook" if lifted else "telephone socket"
        found.append(Check(f"socket {socket}", text, _HANDSET if lifted else ""))
    found += [_line_check(socket, card["ports"]) for socket in card["line_sockets"]]
    return found


def _version(card: Mapping[str, Any]) -> Check:
    is_old = card["protocol"] < NEWEST_PROTOCOL
    text = f"speaks version {card['protocol']} of the link"
    return Check("version", text, _FIRMWARE if is_old else "")


def _frames(card: Mapping[str, Any]) -> Check:
    good, bad = (int(card["counters"].get(key, 0)) for key in ("good_frames", "bad_frames"))
    is_bad = bad * 100 > (good + bad) * _BAD_FRAMES_PERCENT
    text = f"{bad} of {good + bad} frames came damaged"
    return Check("frames", text, "press the HAT onto all 40 pins, then see again" if is_bad else "")


def _line_check(socket: int, ports: Mapping[str, Any]) -> Check:
    what, port = f"socket {socket}", ports.get(str(socket))
    if port is None:
        return Check(what, "line socket; this firmware does not measure it")
    flags, measured = port["flags"], f"{port['volts']} V, {port['ma']} mA"
    for is_so, text, step in (
        ("ready" not in flags, "its line chip does not answer", _CHIP),
        ("overload" in flags, f"too much current: {measured}", _OVERLOAD),
        ("connected" not in flags, f"no line is plugged in: {measured}", _LINE),
        ("in_use" in flags, f"another telephone has the line: {measured}", _LIFTED),
    ):
        if is_so:
            return Check(what, text, step)
    return Check(what, f"line is connected: {measured}, country {port['country']}")


def as_text(card: Mapping[str, Any]) -> str:
    """`info` for people."""
    rows = [f"{card['name']}  {card['port']}  {card['state']}"]
    if card["reason"]:
        rows.append(f"  {card['reason']}")
    if card["firmware"]:
        rows.append(
            f"  firmware {card['firmware']}, link version {card['protocol']}, "
            f"serial {card['serial']}"
        )
        handsets, lines = _listed(card["handset_sockets"]), _listed(card["line_sockets"])
        rows.append(f"  telephones at sockets {handsets}; lines at sockets {lines}")
    rows += [f"  {key.replace('_', ' ')}: {value}" for key, value in card["counters"].items()]
    for socket, port in card["ports"].items():
        if port["exchange"]:
            flags = ", ".join(flag.replace("_", " ") for flag in port["flags"]) or "silent"
            rows.append(
                f"  socket {socket}: {port['volts']} V, {port['ma']} mA; {flags}; rings "
                f"{port['rings']}, chip lost {port['losses']} times, country {port['country']}"
            )
        else:
            rows.append(
                f"  socket {socket}: lifted {port['starts']} times, "
                f"{port['losses']} while it rang, rings at {port['ring_hz']} Hz"
            )
    return "\n".join(rows) + "\n"


def _listed(sockets: list[int]) -> str:
    return ", ".join(map(str, sockets)) or "none"


def checks_as_text(name: str, found: list[Check]) -> str:
    """`selftest` for people: a line each, and the next step under what needs one."""
    rows = [name]
    for check in found:
        rows.append(f"  {'well ' if check.is_well else 'MEND '} {check.what}: {check.text}")
        if check.step:
            rows.append(f"         -> {check.step}")
    return "\n".join(rows) + "\n"
