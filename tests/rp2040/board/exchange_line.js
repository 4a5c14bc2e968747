// A line of the exchange as it stands on tip and ring: battery, polarity, ringing, an open loop, the far end's voice.

const BATTERY_V = 48;
const OFF_HOOK_V = 9;
const LOOP_MA = 25;

export class ExchangeLine {
  constructor() {
    this.polarity = 1;
    this.open = false;
    this.ringing = null; // { hz, volts } (rms)
    this.seized = false;
    this.loopMa = LOOP_MA; // a long line gives less
    this.parallel = false; // another telephone is lifted
    this.lifeline = true; // joined to the telephone, not to the card
  }

  get inUse() {
    return this.seized || this.parallel;
  }

  // DC volts between tip and ring.
  get volts() {
    if (this.open) return 0;
    return this.polarity * (this.inUse ? OFF_HOOK_V : BATTERY_V);
  }

  // Through the seizing end.
  get milliamps() {
    if (!this.seized || this.open) return 0;
    return this.parallel ? this.loopMa * 0.6 : this.loopMa;
  }

  // The ringing voltage at this instant; an exchange trips it when the line is answered.
  ringVolts(ms) {
    if (!this.ringing || this.inUse || this.open) return 0;
    return this.ringing.volts * Math.SQRT2 * Math.sin((2 * Math.PI * this.ringing.hz * ms) / 1000);
  }
}
