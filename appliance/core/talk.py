"""The part of a call in which people talk: who takes part, who is away, who listens in.

A party that tapped the hook is away; who is left alone then is on hold and hears music. A station
that listens in is no party: the call goes on and ends without regard to it.
"""

from dataclasses import dataclass

from appliance.core.bridge import Bridge, Member, Role
from appliance.core.desk import Desk
from appliance.core.leg import Leg, LegInput
from appliance.core.party import CallOfStation, Party, TalkMember
from appliance.core.station import Station
from appliance.core.words import spoken_endpoint

# Keys of a station that listens in, as in Asterisk's ChanSpy.
ROLE_KEYS = {"4": Role.MONITOR, "5": Role.WHISPER, "6": Role.BARGE}


@dataclass(slots=True)
class _Listener:
    station: Station
    leg: Leg
    role: Role
    beside: str


class Talk:
    """Who talks in one call. ``lead``: who called, whose leg stays the call's; others' legs are
    begun and ended here. When the lead leaves, another takes his place.

    ``bridge``: of one whom the caller hears already.
    """

    def __init__(
        self, desk: Desk, call: CallOfStation, lead: tuple[Party, Leg], bridge: Bridge | None = None
    ) -> None:
        self._desk = desk
        self._call = call
        self.lead: tuple[Party, Leg] = lead
        self._bridge = bridge or Bridge(desk)
        self._members: dict[str, tuple[TalkMember, Leg]] = {}  # by endpoint
        self._listeners: dict[str, _Listener] = {}
        self._away: list[str] = []  # endpoints
        self._on_hold = ""  # the endpoint that hears music

    @property
    def members(self) -> list[TalkMember]:
        """Who answered and is still part of it, the first first."""
        return [member for member, _ in self._members.values()]

    @property
    def is_on_hold(self) -> bool:
        """Fewer than two are here."""
        return len(self._present()) < 2

    @property
    def is_anybody_away(self) -> bool:
        return bool(self._away)

    def is_away(self, endpoint: str) -> bool:
        return endpoint in self._away

    def add(self, member: TalkMember) -> str:
        """One who was called talks with the others from here on; returns its leg's id."""
        leg = Leg(self._desk, self._call.call_id, member.endpoint)
        self._members[member.endpoint] = (member, leg)
        leg.begin(LegInput.TALK)
        member.join(self._call)
        self._settle()
        return leg.leg_id

    def remove(self, endpoint: str, reason: str) -> None:
        """A party or a listener takes part no more."""
        if endpoint in self._listeners:
            leg = self._listeners.pop(endpoint).leg
        else:
            leg = self._take_out(endpoint)
            self._away = [away for away in self._away if away != endpoint]
        self._settle()
        leg.end(reason)

    def _take_out(self, endpoint: str) -> Leg:
        """A party; when it is the lead, an outside number follows, else who came first."""
        caller, leg = self.lead
        if endpoint != caller.endpoint:
            return self._members.pop(endpoint)[1]
        follower = min(self._members, key=lambda one: not one.startswith("line:"))
        self.lead = self._members.pop(follower)
        return leg

    def takes_part(self, endpoint: str) -> bool:
        """As a party: the lead too."""
        return endpoint == self.lead[0].endpoint or endpoint in self._members

    def goes_on_without(self, endpoint: str, reason: str = "station") -> bool:
        """Take somebody out; False, and nothing done, when nobody would be left to talk with."""
        listened = endpoint in self._listeners
        if not listened and len(self._members) < 2:
            return False
        self.remove(endpoint, reason)
        what = "listens in no more" if listened else "left; the others talk on"
        who = spoken_endpoint(endpoint)
        self._note(f"{who[:1].upper()}{who[1:]} {what}")
        return True

    def hold(self, extension: str) -> bool:
        """The station goes away for a while; False when it only listens in."""
        if f"station:{extension}" in self._listeners:
            return False
        self._away.append(f"station:{extension}")
        self._settle()
        self._note(f"Station {extension} put the call on hold")
        return True

    def come_back(self, extension: str) -> None:
        self._away.remove(f"station:{extension}")
        self._settle()

    def listen(self, station: Station, beside: str) -> bool:
        """The station hears all; ``beside``: who would hear it whisper. False: nobody talks now."""
        if self.is_on_hold or not self.takes_part(f"station:{beside}"):
            return False
        leg = Leg(self._desk, self._call.call_id, station.endpoint)
        listener = _Listener(station, leg, Role.MONITOR, f"station:{beside}")
        self._listeners[station.endpoint] = listener
        leg.begin(LegInput.LISTEN)
        station.join(self._call)
        self._settle()
        self._note(f"Station {station.extension} listens in beside station {beside}")
        return True

    def key(self, extension: str, digit: str, is_silent: bool) -> bool:
        """Who listens in changes its role with it; True: it was sent to the far end."""
        listener, role = self._listeners.get(f"station:{extension}"), ROLE_KEYS.get(digit)
        if listener is None:
            for member in self.members if is_silent else ():
                member.send_digit(digit)
            return is_silent
        if role is not None and listener.role is not role:
            listener.role = role
            self._settle()
            self._note(f"Station {extension} is in the call as {role.value}")
        return False

    def end(self, reason: str) -> list[TalkMember]:
        """Nobody talks any more. Returns who was called, or listened, in order."""
        self._bridge.set(())
        self._silence_hold()
        listeners = [(x.station, x.leg) for x in self._listeners.values()]
        left: list[tuple[TalkMember, Leg]] = [*self._members.values(), *listeners]
        for _, leg in left:
            leg.end(reason)
        self._members, self._listeners, self._away = {}, {}, []
        return [member for member, _ in left]

    # --- inside ---------------------------------------------------------------------------------

    def _note(self, text: str) -> None:
        self._desk.note(self._call.call_id, text)

    def _present(self) -> list[str]:
        parties = [self.lead[0].endpoint, *(member.endpoint for member in self.members)]
        return [endpoint for endpoint in parties if endpoint not in self._away]

    def _settle(self) -> None:
        """Paths, music and the legs' states follow from who is here."""
        present = self._present()
        talking = len(present) > 1
        if self._on_hold and (talking or self._on_hold not in present):
            self._silence_hold()
        listeners = [Member(x.station.endpoint, x.role, x.beside) for x in self._listeners.values()]
        self._bridge.set([*map(Member, present), *listeners] if talking else ())
        for leg in (self.lead[1], *(leg for _, leg in self._members.values())):
            leg.move(LegInput.TALK if talking else LegInput.HOLD)
        if not talking and present and not self._on_hold:
            self._on_hold = present[0]
            self._desk.music(self._on_hold)

    def _silence_hold(self) -> None:
        if self._on_hold:
            self._desk.silence(self._on_hold)
            self._on_hold = ""
