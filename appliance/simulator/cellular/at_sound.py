"""Commands of speech paths: Quectel's +QPCMV, SIMCom's +CPCMREG with its moods."""

from appliance.simulator.cellular.at_answer import Answer, Command, Handler, Refused, Unit
from appliance.simulator.cellular.calls import Calls, Stat
from appliance.simulator.cellular.sound import CallSound

_SERIAL, _USB_SOUND = ("0", "1"), "2"
_READY_AFTER_S = 0.2  # +CPCMREG=1 sooner after the call was connected is refused


class SoundCommands:
    """Switches ``sound`` as the model does it."""

    def __init__(self, unit: Unit, calls: Calls, sound: CallSound, audio: str) -> None:
        self._unit = unit
        self._calls = calls
        self._sound = sound
        self._audio = audio
        self._refusals = 0  # of the call that is up
        self._sessions = 0  # calls with PCM since the start
        self.restarted()

    def restarted(self) -> None:
        """The modem forgot everything, its degradation too."""
        self._sessions = self._refusals = 0
        self._sound.switch(False)
        self._sound.trouble = ""
        self._sound.to_card = self._audio == "sound_card"

    def calls_over(self) -> None:
        """No call is up any more."""
        self._refusals = 0
        self._sound.trouble = ""
        if self._unit.profile.pcm == "cpcmreg":
            self._sound.switch(False)

    def handlers(self) -> dict[str, Handler]:
        if self._unit.profile.pcm == "qpcmv":
            return {"+QPCMV": self._qpcmv}
        if self._unit.profile.pcm == "cpcmreg":
            return {"+CPCMREG": self._cpcmreg}
        return {}

    def _qpcmv(self, command: Command) -> Answer:
        settings, sound = self._unit.settings, self._sound
        if command.form == "read":
            return Answer((f"+QPCMV: {settings.get('+QPCMV', '0,2')}",))
        if command.form != "set":
            return Answer(("+QPCMV: (0,1),(0-2)",))
        on, port = command.argument(0), command.argument(1, "0")
        if on not in ("0", "1") or port not in (*_SERIAL, _USB_SOUND):
            raise Refused("+CME", 50)
        settings["+QPCMV"] = f"{on},{port}"
        sound.to_card = on == "1" and port == _USB_SOUND and self._audio == "usb_sound"
        serial = on == "1" and port in _SERIAL and self._audio == "serial_pcm"
        self._begin() if serial else sound.switch(False)
        return Answer()

    def _cpcmreg(self, command: Command) -> Answer:
        if command.form == "read":
            return Answer((f"+CPCMREG: {int(self._sound.is_on)}",))
        if command.form != "set":
            return Answer(("+CPCMREG: (0-1)",))
        if command.argument(0) == "0":
            self._sound.switch(False)
            return Answer()
        if command.argument(0) != "1" or not self._may_register():
            return Answer(result="ERROR", delay_s=0.05)
        self._sound.is_wide = self._is_wide()
        self._begin()
        return Answer(delay_s=0.05)

    def _may_register(self) -> bool:
        """Only in a connected call, and not always at once."""
        now = self._unit.loop.time()
        connected = [
            call
            for call in self._calls.there
            if call.stat is Stat.ACTIVE and now - (call.connected_s or now) >= _READY_AFTER_S
        ]
        degraded = self._sessions > 0 and self._unit.faults.second_call == "choppy"
        wanted = self._unit.faults.pcm_errors + int(degraded)
        if not connected:
            return False
        self._refusals += 1
        return self._refusals > wanted

    def _is_wide(self) -> bool:
        """16 kHz: asked for, or the factory's way of a VoLTE call."""
        settings = self._unit.settings
        if settings.get("+CPCMFRM") == "1":
            return True
        untold = not {"+CPCMFRM told", "+CPCMBANDWIDTH told"} & settings.keys()
        volte = self._unit.attachment.habits.volte
        return self._unit.profile.wide_by_default and volte and untold

    def _begin(self) -> None:
        self._sound.trouble = self._unit.faults.second_call if self._sessions else ""
        self._sessions += 1
        self._sound.switch(True)
