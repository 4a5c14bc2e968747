"""Which audio ports, links and listeners are in use, and when a number may be used again.

A closed port's number rests until C has answered its detach: until then, events of its former owner
may still be on their way.
"""

from dataclasses import dataclass, field

from appliance.errors import AudioError
from appliance.interfaces import LinkListener, PortListener


@dataclass(slots=True)
class _Port:
    listener: PortListener | None
    link: int | None = None
    closing: bool = False
    detaches: int = 0  # asked for and not yet answered
    leftover: bytearray = field(default_factory=bytearray)
    hears: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Link:
    listener: LinkListener
    first_port: int


class PortTable:
    """Numbers and their owners. Single ports are taken from below, a link's run from above."""

    def __init__(self, ports: int, links: int, sockets: int) -> None:
        self._size = ports
        self._links_size = links
        self._sockets = sockets
        self._ports: dict[int, _Port] = {}
        self._links: dict[int, _Link] = {}

    @property
    def in_use(self) -> tuple[int, int]:
        """How many ports (a link's own among them) and how many links."""
        return len(self._ports), len(self._links)

    def open(self, listener: PortListener) -> int:
        """Take the lowest free port. Raises AudioError when none is free."""
        for port in range(self._size):
            if port not in self._ports:
                self._ports[port] = _Port(listener)
                return port
        raise AudioError("every audio port is in use")

    def open_link(self, listener: LinkListener) -> tuple[int, int]:
        """Take a link and its run of ports: (link, first port). Raises AudioError when full."""
        link = next((n for n in range(self._links_size) if n not in self._links), None)
        last = self._size - self._sockets
        first = next((p for p in range(last, -1, -1) if self._is_run_free(p)), None)
        if link is None or first is None:
            raise AudioError("no audio ports are left for another line card")
        self._links[link] = _Link(listener, first)
        for port in range(first, first + self._sockets):
            self._ports[port] = _Port(None, link)
        return link, first

    def open_socket(self, link: int, socket: int, listener: PortListener) -> int:
        """The port of socket 1-8 on a link. Raises AudioError if it is absent or taken."""
        owner = self._links.get(link)
        if owner is None or not 1 <= socket <= self._sockets:
            raise AudioError(f"link {link} has no socket {socket}")
        port = owner.first_port + socket - 1
        entry = self._ports[port]
        if entry.listener is not None:
            raise AudioError(f"socket {socket} of link {link} is in use")
        entry.listener = listener
        return port

    def require(self, port: int) -> None:
        """Raises AudioError unless ``port`` is open."""
        entry = self._ports.get(port)
        if entry is None or entry.closing:
            raise AudioError(f"audio port {port} is not open")

    def close(self, port: int) -> bool:
        """Silence its listener; True when C must detach it (a link's port is the link's)."""
        entry = self._ports[port]
        entry.listener = None
        entry.leftover.clear()
        if entry.link is not None:
            return False
        entry.closing = True
        return True

    def detach_asked(self, port: int) -> None:
        self._ports[port].detaches += 1

    def detach_answered(self, port: int) -> PortListener | None:
        """Whom to tell; frees the number of a closed port once every detach is answered."""
        entry = self._ports.get(port)
        if entry is None:
            return None
        entry.detaches = max(0, entry.detaches - 1)
        if entry.closing and not entry.detaches:
            del self._ports[port]
        return entry.listener

    def close_link(self, link: int) -> LinkListener | None:
        """Free a link and its ports after C let go of it; whom to tell."""
        owner = self._links.pop(link, None)
        if owner is None:
            return None
        for port in range(owner.first_port, owner.first_port + self._sockets):
            del self._ports[port]
        return owner.listener

    def listener(self, port: int) -> PortListener | None:
        entry = self._ports.get(port)
        return entry.listener if entry is not None else None

    def link_listener(self, link: int) -> LinkListener | None:
        owner = self._links.get(link)
        return owner.listener if owner is not None else None

    def require_link(self, link: int) -> None:
        """Raises AudioError unless ``link`` is attached."""
        if link not in self._links:
            raise AudioError(f"link {link} is not attached")

    def add_leftover(self, port: int, data: bytes) -> bytes:
        """Keep bytes that followed a stream's end mark; all of them so far."""
        entry = self._ports.get(port)
        if entry is None:
            return data
        entry.leftover += data
        return bytes(entry.leftover)

    def take_leftover(self, port: int, data: bytes) -> bytes:
        """All the bytes that followed a stream's end mark, once."""
        whole = self.add_leftover(port, data)
        if port in self._ports:
            self._ports[port].leftover.clear()
        return whole

    def set_route(self, source: int, target: int, is_on: bool) -> None:
        """Remember that ``target`` hears ``source``."""
        if target in self._ports:
            (self._ports[target].hears.add if is_on else self._ports[target].hears.discard)(source)

    def hears_any(self, port: int) -> bool:
        return port in self._ports and bool(self._ports[port].hears)

    def routes_of(self, port: int) -> list[tuple[int, int]]:
        """Every (source, target) that ``port`` is part of."""
        routes = [(source, port) for source in self._ports[port].hears]
        routes += [(port, other) for other, entry in self._ports.items() if port in entry.hears]
        return sorted(set(routes))

    def _is_run_free(self, first: int) -> bool:
        return all(port not in self._ports for port in range(first, first + self._sockets))
