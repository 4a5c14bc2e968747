"""What counterbell.toml asks for, made so on this machine: all of it or nothing."""

import os
import socket

from appliance.box.changes import Changes
from appliance.box.commands import Run
from appliance.box.owner_file import OwnerSettings
from appliance.box.places import Places
from appliance.box.wifi import Wifi, country_rule, keyfile
from appliance.storage.disk import Disk

_OWN_ADDRESS = "127.0.1.1"  # of the machine's own name, as Debian has it


def machine_problems(settings: OwnerSettings, places: Places, run: Run) -> list[str]:
    """What of it this machine can't do, each a sentence for the owner."""
    problems = []
    zone = settings.timezone
    if zone and not (places.root / "usr/share/zoneinfo" / zone).is_file():
        problems.append(f"timezone '{zone}' is not known; it is a place such as Asia/Manila")
    if settings.locale and not _has_locale(settings.locale, places, run):
        problems.append(f"this box has no locale '{settings.locale}'; C.UTF-8 is always there")
    if settings.wifi is not None:
        problems += country_problems(settings.wifi.country, places)
    return problems


def country_problems(country: str, places: Places) -> list[str]:
    """Whether there is such a country, where the machine has the list of them (ISO 3166)."""
    try:
        rows = (places.root / "usr/share/zoneinfo/iso3166.tab").read_text().splitlines()
    except OSError:
        return []
    known = {row.split("\t")[0] for row in rows if not row.startswith("#")}
    return [] if country in known else [f"the country of the Wi-Fi, '{country}', is not known"]


def apply(settings: OwnerSettings, places: Places, run: Run, disk: Disk | None = None) -> None:
    """Make it so. Raises OSError; then nothing was changed."""
    with Changes(disk) as changes:
        if settings.hostname:
            _stage_hostname(changes, settings.hostname, places)
        if settings.timezone:
            changes.link(places.root / "etc/localtime", f"/usr/share/zoneinfo/{settings.timezone}")
            changes.file(places.root / "etc/timezone", f"{settings.timezone}\n")
        if settings.locale:
            for name in ("etc/locale.conf", "etc/default/locale"):
                changes.file(places.root / name, f"LANG={settings.locale}\n")
        if settings.wifi is not None and settings.wifi_as_before:
            changes.file(places.wifi_country, country_rule(settings.wifi.country))
        elif settings.wifi is not None:
            stage_wifi(changes, settings.wifi, places)
        changes.commit()
    if places.is_live:
        _tell_the_kernel(settings, run)


def stage_wifi(changes: Changes, wifi: Wifi, places: Places) -> None:
    """The network and its country, to be committed with ``changes``. Raises OSError."""
    if not places.wifi.parent.is_dir():
        places.wifi.parent.mkdir(mode=0o700, parents=True)
    changes.file(places.wifi, keyfile(wifi), mode=0o600)
    changes.file(places.wifi_country, country_rule(wifi.country))


def _stage_hostname(changes: Changes, name: str, places: Places) -> None:
    changes.file(places.root / "etc/hostname", f"{name}\n")
    hosts = places.root / "etc/hosts"
    try:
        lines = hosts.read_text(errors="surrogateescape").splitlines()
    except FileNotFoundError:
        lines = ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback"]
    own = f"{_OWN_ADDRESS}\t{name}"
    rest = [line for line in lines if line.split()[:1] != [_OWN_ADDRESS]]
    place = next((n for n, line in enumerate(lines) if line.split()[:1] == [_OWN_ADDRESS]), 1)
    changes.file(hosts, "\n".join([*rest[:place], own, *rest[place:]]) + "\n")


def _has_locale(name: str, places: Places, run: Run) -> bool:
    """Whether glibc has it, or can be given it by localedef."""
    wanted = _plain(name)
    if wanted in {_plain(line) for line in run(["locale", "-a"]).out.split()}:
        return True
    language = name.partition(".")[0]
    if not (places.root / "usr/share/i18n/locales" / language).is_file():
        return False
    return run(["localedef", "-i", language, "-f", "UTF-8", name]).code == 0


def _plain(locale: str) -> str:
    return locale.lower().replace("-", "")


def _tell_the_kernel(settings: OwnerSettings, run: Run) -> None:
    """What else would wait for the next start. Files have it by now: a refusal is no failure."""
    if settings.hostname and settings.hostname != os.uname().nodename:
        socket.sethostname(settings.hostname)
    if settings.wifi is not None:
        run(["iw", "reg", "set", settings.wifi.country])
