// One Silvertel Ag1171 with its telephone (data sheet v1.6): RM and F/R make it ring, SHK tells the hook. It keeps
// a list of what must not be done to it.

const WAKE_MS = 50; // after PD is let go
const NO_TOGGLE_MS = 100; // RM high without F/R moving
const TAP_MS = 10; // RM may fall so long after F/R's last change, not sooner
const TRIP_LIMIT_MS = 500; // RM into a lifted telephone
const HOTTEST_MS = 4200; // RM high a third of the time at most: twice the time high less the time low

export class Ag1171 {
  constructor(socket, tell, setShk) {
    this.socket = socket;
    this.tell = tell;
    this.setShk = setShk;
    this.lifted = false;
    this.contacts = []; // [ms, closed]: what the hook will do
    this.reset(0);
  }

  // The card went through a reset: its pins are at rest.
  reset(ms) {
    this.rm = false;
    this.forward = true;
    this.poweredDown = false;
    this.awakeMs = ms + WAKE_MS;
    this.burst = null;
    this.loneToggle = false;
    this.tripMs = null;
    this.heatMs = 0;
    this.shk = null;
  }

  get inService() {
    return !this.poweredDown;
  }

  fault(text, ms) {
    this.tell({ kind: "fault", socket: this.socket, what: text, ms });
  }

  setRm(high, ms) {
    if (high === this.rm) return;
    this.rm = high;
    if (high) {
      this.burst = { from: ms, toggles: [], lastToggle: ms };
      if (this.poweredDown) this.fault("RM high while powered down", ms);
      if (this.lifted) this.fault("RM high with the handset lifted", ms);
      return;
    }
    this.tell({ kind: "burst", socket: this.socket, from_ms: this.burst.from, to_ms: ms, hz: this.hz(),
      moved_to_ms: this.burst.toggles[this.burst.toggles.length - 1] ?? ms });
    if (this.tripMs !== null) {
      const idle = this.forward ? ms - this.forwardMs : -1;
      this.tell({ kind: "trip", socket: this.socket, after_ms: ms - this.tripMs, forward_for_ms: idle });
      this.tripMs = null;
    }
    if (!this.forward) this.fault("RM low with F/R reversed", ms);
    else if (this.burst.toggles.length > 0 && ms - this.burst.lastToggle < TAP_MS) this.fault("RM low too soon", ms);
    this.burst = null;
  }

  // F/R of a burst, from its first to its last change.
  hz() {
    const times = this.burst.toggles;
    if (times.length < 3) return 0;
    return ((times.length - 1) * 500) / (times[times.length - 1] - times[0]);
  }

  setForward(high, ms) {
    if (high === this.forward) return;
    this.forward = high;
    if (high) this.forwardMs = ms;
    if (!this.burst) {
      this.loneToggle = true; // RM may follow in the same millisecond
      return;
    }
    this.burst.toggles.push(ms);
    this.burst.lastToggle = ms;
    this.update(ms);
  }

  setPoweredDown(down, ms) {
    this.poweredDown = down;
    if (!down) this.awakeMs = ms + WAKE_MS;
    this.update(ms);
  }

  // Contacts to come, each [ms from now, closed].
  plan(steps, ms) {
    for (const [delay, closed] of steps) this.contacts.push([ms + delay, closed]);
    this.contacts.sort((a, b) => a[0] - b[0]);
  }

  tick(ms) {
    while (this.contacts.length > 0 && this.contacts[0][0] <= ms) {
      this.lifted = this.contacts.shift()[1];
      if (this.lifted && this.rm) this.tripMs = ms;
    }
    if (this.loneToggle && !this.burst) this.fault("F/R moved with RM low", ms);
    this.loneToggle = false;
    if (this.burst && this.tripMs === null && ms - this.burst.lastToggle > NO_TOGGLE_MS) {
      this.fault("RM high and F/R still", ms);
      this.burst.lastToggle = ms;
    }
    if (this.rm && this.tripMs !== null && ms - this.tripMs > TRIP_LIMIT_MS) {
      this.fault("RM high for too long into a lifted telephone", ms);
      this.tripMs = ms;
    }
    this.heatMs = Math.max(0, this.heatMs + (this.rm ? 2 : -1));
    if (this.heatMs > HOTTEST_MS) {
      this.fault("RM high for more than a third of the time", ms);
      this.heatMs = 0;
    }
    this.update(ms);
  }

  // While it rings, SHK of a lifted handset pulses with the ringing.
  update(ms) {
    const shk = this.inService && ms >= this.awakeMs && this.lifted && (!this.rm || this.forward);
    if (shk === this.shk) return;
    this.shk = shk;
    this.setShk(shk);
  }

  get talks() {
    return this.inService && this.lifted;
  }
}
