"""Commands of every modem: identity, SIM, network, power and the plain settings."""

from collections.abc import Callable

from appliance.simulator.cellular.at_answer import Answer, Command, Handler, Refused, Unit

# name → value after a start; each is set with = and read with ? (27.007, 27.005, V.250)
PLAIN = {
    "+CMEE": "0",
    "+CRC": "0",
    "+CLIP": "0",
    "+CLIR": "0,2",
    "+COLP": "0",
    "+CCWA": "0",
    "+CSSN": "0,0",
    "+CREG": "0",
    "+CEREG": "0",
    "+CGREG": "0",
    "+CVHU": "0",
    "+CMGF": "0",
    "+CNMI": "0,0,0,0,0",
    "+CSCS": "IRA",
    "+CSMP": "17,167,0,0",
    "+CSDH": "0",
    "+CSMS": "0",
    "+CTZU": "0",
    "+CTZR": "0",
    "+CGATT": "1",
    "+CUSD": "0",
    "+CMOD": "0",
    "+CSTA": "129",
    "+CMUT": "0",
    "+CLVL": "3",
    "+VTD": "1",
    "+IPR": "115200",
    "+IFC": "0,0",
    "+ICF": "3,3",
    "+CSCLK": "0",
    "+CIREG": "0",
    "+CALM": "0",
    "+CRSL": "2",
    "+CEMODE": "2",
    "S0": "000",
}
_HIGHEST = {"+CMEE": 2, "+CRC": 1, "+CLIP": 1, "+CMGF": 1, "+CREG": 2, "+CEREG": 5, "+COLP": 1}
_QUOTED = ("+CSCS",)
_PROVISIONED = ("+CLIP", "+COLP")  # their read form also says that the network offers it: ,1


class GeneralCommands:
    """``restart`` and ``switch_off`` act on the modem's power."""

    def __init__(
        self,
        unit: Unit,
        restart: Callable[[], None],
        switch_off: Callable[[], None],
        sim_read: Callable[[], bool],
    ) -> None:
        self._unit = unit
        self._restart = restart
        self._switch_off = switch_off
        self._sim_answers = sim_read

    def handlers(self) -> dict[str, Handler]:
        profile = self._unit.profile
        identity = {
            "+CGMI": profile.manufacturer,
            "+GMI": profile.manufacturer,
            "+CGMM": profile.model,
            "+GMM": profile.model,
            "+CGMR": _revision(profile.manufacturer, profile.revision),
            "+GMR": _revision(profile.manufacturer, profile.revision),
            "+CGSN": profile.imei,
            "+GSN": profile.imei,
        }
        table: dict[str, Handler] = {name: _saying(text) for name, text in identity.items()}
        table |= {name: self._power_off(words) for name, words in profile.power_off.items()}
        table |= {name: self._reset for name in profile.resets}
        table |= {
            "+CPIN": self._pin,
            "+CIMI": self._imsi,
            profile.card_number[0]: self._iccid,
            profile.tries[0]: self._tries,
            "+CNUM": self._own_number,
            "+CREG": self._registration,
            "+CEREG": self._registration,
            "+CGREG": self._registration,
            "+COPS": self._operator,
            "+CSQ": self._signal,
            "+CCLK": self._clock,
            "+CFUN": self._functionality,
            "+CPAS": lambda _: Answer(("+CPAS: 0",)),
            "+CIREG": self._ims,
            "+CSCA": self._centre,
            "+GCAP": _saying("+GCAP: +CGSM"),
        }
        return table

    def plain(self, command: Command) -> Answer:
        """A setting that is only kept. Raises Refused for a value that cannot be."""
        settings, name = self._unit.settings, command.name
        if command.form == "read":
            value = settings[name]
            text = f'"{value}"' if name in _QUOTED else value
            text += ",1" if name in _PROVISIONED else ""
            return Answer((text if name == "S0" else f"{name}: {text}",))
        if command.form == "set":
            first = command.argument(0)
            if name in _HIGHEST and (not first.isdecimal() or int(first) > _HIGHEST[name]):
                raise Refused("+CME", 50)
            if name in _QUOTED and first not in ("GSM", "IRA", "UCS2"):
                raise Refused("+CME", 50)
            settings[name] = ",".join(command.args)
        return Answer()

    def _power_off(self, words: str) -> Handler:
        def handle(command: Command) -> Answer:
            if command.form == "test":
                return Answer()
            lines = (words,) if words == "NORMAL POWER DOWN" else ()
            later = words if words and not lines else ""
            return Answer(
                lines, None if lines else "OK", 0.3, lambda: self._say_and_go(later, self._unit)
            )

        return handle

    def _say_and_go(self, words: str, unit: Unit) -> None:
        if words:
            unit.tell(words)
        unit.timers.set("power_off", 0.5, self._switch_off)

    def _reset(self, command: Command) -> Answer:
        return Answer() if command.form == "test" else Answer(then=self._restart)

    def _functionality(self, command: Command) -> Answer:
        unit = self._unit
        if command.form == "read":
            return Answer((f"+CFUN: {unit.settings.get('+CFUN', '1')}",))
        if command.form != "set":
            return Answer(("+CFUN: (0,1,4),(0,1)",))
        if command.argument(1) == "1":
            return Answer(then=self._restart)
        level = command.argument(0)
        if level not in ("0", "1", "4"):
            raise Refused("+CME", 50)
        was, unit.settings["+CFUN"] = unit.settings.get("+CFUN", "1"), level
        if level != "1":
            return Answer(delay_s=0.5, then=unit.attachment.leave)
        return Answer(delay_s=0.5, then=unit.attachment.search if was != "1" else None)

    # The SIM

    def _pin(self, command: Command) -> Answer:
        unit, sim = self._unit, self._unit.sim
        if command.form == "read":
            if not self._sim_answers():
                raise Refused("+CME", 14)
            if sim.state in ("", "dead"):
                unit.need_sim()
            return Answer((f"+CPIN: {sim.state}",))
        if command.form != "set":
            return Answer()
        secret, second = command.argument(0), command.argument(1)
        if sim.state == "READY":
            raise Refused("+CME", 3)
        if sim.state == "SIM PUK" and second:
            right = sim.unblock(secret, second)
        elif sim.state == "SIM PIN":
            right = sim.enter_pin(secret)
        else:
            unit.need_sim()
            raise Refused("+CME", 16)
        if not right:
            raise Refused("+CME", 12 if sim.state == "SIM PUK" and not second else 16)
        return Answer(delay_s=0.3, then=self._unlocked)

    def _unlocked(self) -> None:
        self._unit.tell("+CPIN: READY")
        self._unit.attachment.search()

    def _imsi(self, command: Command) -> Answer:
        self._unit.need_sim()
        return Answer(() if command.form == "test" else (self._unit.sim.config.imsi,))

    def _iccid(self, command: Command) -> Answer:
        if not self._unit.sim.config.present:
            raise Refused("+CME", 10)
        text = self._unit.profile.card_number[1].format(iccid=self._unit.sim.config.iccid)
        return Answer(() if command.form == "test" else (text,))

    def _tries(self, _: Command) -> Answer:
        sim = self._unit.sim
        if not sim.config.present:
            raise Refused("+CME", 10)
        text = self._unit.profile.tries[1]
        return Answer((text.format(pin=sim.tries_left, puk=sim.puk_tries_left),))

    def _own_number(self, command: Command) -> Answer:
        self._unit.need_sim()
        number = self._unit.sim.config.number
        if command.form == "test" or not number:
            return Answer()
        return Answer((f'+CNUM: "","{number}",{self._unit.number_kind(number)}',))

    def _centre(self, command: Command) -> Answer:
        self._unit.need_sim()
        centre = self._unit.settings.get("+CSCA", self._unit.attachment.habits.service_centre)
        if command.form == "read":
            return Answer((f'+CSCA: "{centre}",{self._unit.number_kind(centre)}',))
        if command.form == "set":
            self._unit.settings["+CSCA"] = command.argument(0)
        return Answer()

    # The network

    def _registration(self, command: Command) -> Answer:
        if command.form != "read":
            return (
                self.plain(command)
                if command.form == "set"
                else Answer((f"{command.name}: (0-2)",))
            )
        attachment = self._unit.attachment
        mode = self._unit.settings[command.name]
        stat = attachment.circuit_stat if command.name == "+CREG" else attachment.packet_stat
        more = self.cell() if mode == "2" and attachment.is_registered else ""
        return Answer((f"{command.name}: {mode},{stat}{more}",))

    def cell(self) -> str:
        """Area and cell for +CREG=2."""
        return f',"2AF8","01A2B3C4",{self._unit.attachment.habits.technology}'

    def registration_changed(self) -> None:
        """The URCs that were asked for."""
        attachment = self._unit.attachment
        stats = {"+CREG": attachment.circuit_stat, "+CEREG": attachment.packet_stat}
        for name, stat in stats.items():
            mode = self._unit.settings.get(name, "0")
            if mode != "0":
                more = self.cell() if mode == "2" and attachment.is_registered else ""
                self._unit.tell(f"{name}: {stat}{more}")
        if attachment.is_registered and self._unit.settings.get("+CTZR", "0") != "0":
            self._unit.tell(f'+CTZV: "{attachment.habits.zone_quarters:+03d}"')

    def _operator(self, command: Command) -> Answer:
        attachment, habits = self._unit.attachment, self._unit.attachment.habits
        names = (habits.operator, habits.operator_short, habits.operator_code)
        if command.form == "set" and command.argument(0) == "3":
            form = command.argument(1)
            if form not in ("0", "1", "2"):
                raise Refused("+CME", 50)
            self._unit.settings["+COPS form"] = form
        if command.form == "test":
            return Answer(
                (f'+COPS: (2,"{names[0]}","{names[1]}","{names[2]}",{habits.technology})',),
                delay_s=self._unit.rng.uniform(5.0, 30.0),
            )
        if command.form != "read":
            return Answer()
        if not attachment.is_registered:
            return Answer(("+COPS: 0",))
        form = self._unit.settings.get("+COPS form", "0")
        name = names[int(form)]
        if self._unit.settings["+CSCS"] == "UCS2" and form != "2":
            name = name.encode("utf-16-be").hex().upper()
        return Answer((f'+COPS: 0,{form},"{name}",{habits.technology}',))

    def _signal(self, command: Command) -> Answer:
        if command.form == "test":
            return Answer(("+CSQ: (0-31,99),(0-7,99)",))
        return Answer((f"+CSQ: {self._unit.attachment.signal()},99",))

    def _clock(self, command: Command) -> Answer:
        if command.form != "read":
            return Answer()
        return Answer((f'+CCLK: "{self._unit.attachment.clock()}"',))

    def _ims(self, command: Command) -> Answer:
        if command.form != "read":
            return self.plain(command)
        up = int(self._unit.attachment.is_registered and self._unit.attachment.habits.volte)
        return Answer((f"+CIREG: {self._unit.settings['+CIREG']},{up}",))


def _revision(manufacturer: str, revision: str) -> str:
    return f"+CGMR: {revision}" if manufacturer.startswith("SIMCOM INC") else revision


def _saying(text: str) -> Handler:
    return lambda command: Answer(() if command.form == "test" else (text,))
