// Si3050 with its Si3019 (Si3050 data sheet rev 1.5; register numbers are its decimal ones): registers behind the
// SPI chain, the line side behind the isolation, ring detector, voltmeter and ammeter, hook with its settling time.

const IDENTIFY = 2; // a register that reads 3 after reset
const RING_PEAK_V = [21, 21, 30, 64]; // RT2:RT: 15, 15, 21.5, 45 V rms
const LINE_SIDE_MS = 8; // after power-up of the line side until FDT and LSID
const OFF_HOOK_SETTLE_MS = 128 + 17 + 256; // FOH, resistor calibration, ADC calibration
const RDT_HOLD_MS = 5000;
const PCM_ENABLED_LINEAR = 0x38;
const RING_CONFIRM_MS = [100, 150, 200, 256, 384, 512, 640, 1024]; // RCC
const RDTI = 0x80;
const DEFAULTS = [[2, 0x03], [6, 0x10], [22, 0x96], [23, 0x2d], [24, 0x19], [31, 0x20]];

export class Si3050 {
  constructor(line, tell, socket) {
    this.line = line;
    this.tell = tell;
    this.socket = socket;
    this.reset(0);
  }

  reset() {
    this.registers = new Uint8Array(64);
    for (const [register, value] of DEFAULTS) this.registers[register] = value;
    this.lineSideFrom = null;
    this.offHookFrom = null;
    this.rdtUntil = -1;
    this.rungMs = 0; // ringing without a gap
    this.quietMs = Infinity;
    this.validated = false;
    this.line.seized = false;
    this.ms ??= 0;
  }

  get lineSideUp() {
    return this.lineSideFrom !== null && this.ms >= this.lineSideFrom + LINE_SIDE_MS;
  }

  get offHook() {
    return this.offHookFrom !== null;
  }

  get talks() {
    return this.offHook && this.ms >= this.offHookFrom + OFF_HOOK_SETTLE_MS;
  }

  get hearsOnHook() { // ONHM: the caller-ID path
    return this.lineSideUp && !this.offHook && !!(this.registers[5] & 0x08);
  }

  get pcm() {
    return (this.registers[33] & 0x38) === PCM_ENABLED_LINEAR;
  }

  get txStart() {
    return this.registers[34] | ((this.registers[35] & 3) << 8);
  }

  get rxStart() {
    return this.registers[36] | ((this.registers[37] & 3) << 8);
  }

  // Hook and line side obey only a line side that is powered.
  write(register, value) {
    if (register === 4) { // interrupt sources: written 0 to clear
      this.registers[4] &= value;
      return;
    }
    this.registers[register] = value;
    if (register === 1 && value & 0x80) this.reset();
    if (register === 6) {
      if (value & 0x10) this.lineSideFrom = null;
      else if (this.lineSideFrom === null) this.lineSideFrom = this.ms;
    }
    if (register === 5 || register === 6) this.followHook();
  }

  followHook() {
    const wanted = this.lineSideUp && !!(this.registers[5] & 0x01);
    if (wanted === this.offHook) return;
    this.offHookFrom = wanted ? this.ms : null;
    if (wanted) this.rdtUntil = -1;
    this.line.seized = wanted;
    this.tell({ kind: "hook", socket: this.socket, off: wanted, ms: this.ms });
  }

  read(register) {
    const r = this.registers;
    const milliamps = this.lineSideUp ? this.line.milliamps : 0;
    switch (register) {
      case IDENTIFY: return r[2];
      case 5: return (r[5] & ~0x64) | this.ringBits();
      case 11: return this.lineSideUp ? 0x35 : 0; // 3019, revision E
      case 12: return this.lineSideUp ? 0x40 | Math.min(31, Math.floor(milliamps / 3.3)) : 0;
      case 28: return Math.min(255, Math.floor(milliamps / 1.1));
      case 29: return this.lineVolts() & 0xff;
    }
    return r[register];
  }

  // Signed volts; 3 and less read 0 unless LVFD asks for them.
  lineVolts() {
    if (!this.lineSideUp) return 0;
    const volts = Math.round(this.line.volts);
    if (Math.abs(volts) <= 3 && !(this.registers[31] & 1)) return 0;
    return volts;
  }

  ringBits() {
    if (!this.lineSideUp || this.offHook) return 0;
    const volts = this.line.ringVolts(this.ms);
    const peak = RING_PEAK_V[((this.registers[17] & 0x10) >> 3) | (this.registers[16] & 1)];
    return (volts > peak ? 0x20 : 0) | (volts < -peak ? 0x40 : 0) | (this.ms < this.rdtUntil ? 0x04 : 0);
  }

  tick(ms) {
    this.ms = ms;
    this.followHook();
    const halfWave = this.ringBits() & 0x60;
    this.quietMs = halfWave ? 0 : this.quietMs + 1;
    if (halfWave) this.rdtUntil = ms + RDT_HOLD_MS;
    this.validate(!!halfWave);
  }

  // With RNGV a burst counts once it has lasted for RCC at a frequency between those of RAS and RMX, until RTO
  // after it; without, each half wave does.
  validate(halfWave) {
    const r = this.registers;
    if (!(r[24] & 0x80)) {
      if (halfWave) r[4] |= RDTI;
      return;
    }
    const slowest = 1000 / (4 * (r[24] & 0x3f));
    const fastest = 1000 / (4 * ((r[24] & 0x3f) - (r[22] & 0x3f) + 1));
    const hz = this.line.ringing?.hz ?? 0;
    const fits = this.quietMs < 1000 / (2 * slowest) && hz >= slowest && hz <= fastest;
    this.rungMs = fits ? this.rungMs + 1 : 0;
    if (!this.validated && this.rungMs >= RING_CONFIRM_MS[r[23] & 7]) {
      this.validated = true;
      r[4] |= RDTI;
    }
    if (this.validated && this.quietMs >= ((r[23] >> 3) & 15) * 128) this.validated = false;
  }

  // INT_N is low while an unmasked source is set.
  get interrupts() {
    const r = this.registers;
    return !!(r[2] & 0x80) && (r[3] & r[4]) !== 0;
  }
}

// Up to 16 devices on one chip select; the control byte names one: BRCT R/W 1 0 CID0-3.
export class Si3050Chain {
  constructor(devices, fault) {
    this.devices = devices;
    this.fault = fault;
    this.held = true; // RESET
    this.selected = false;
    this.frame = [];
    this.frames = 0;
  }

  select(selected) {
    if (this.selected && !selected && this.frame.length !== 3) this.fault(`SPI frame of ${this.frame.length} bytes`);
    if (!this.selected && selected) this.frame = [];
    this.selected = selected;
    if (selected) this.frames++;
  }

  byte(value) {
    if (!this.selected) return 0;
    this.frame.push(value);
    if (this.held) {
      if (this.frame.length === 1) this.fault("SPI frame while in reset");
      return 0;
    }
    if (this.frame.length !== 3) return 0;
    const [control, register] = this.frame;
    if ((control & 0x30) !== 0x20) this.fault(`SPI control byte ${control.toString(16)}`);
    const cid = ((control & 8) >> 3) | ((control & 4) >> 1) | ((control & 2) << 1) | ((control & 1) << 3);
    if (control & 0x80) {
      for (const device of this.devices) device.write(register & 63, value);
      return 0;
    }
    const device = this.devices[cid];
    if (!device) return 0xff; // nobody drives the line
    if (control & 0x40) return device.read(register & 63);
    device.write(register & 63, value);
    return 0;
  }

  setReset(held, clocksRun) {
    if (this.held && !held && !clocksRun) this.fault("RESET let go before PCLK and FSYNC run");
    if (held !== this.held) for (const device of this.devices) device.reset();
    this.held = held;
  }
}
