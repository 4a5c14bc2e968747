// Si3050 with its Si3019 (Si3050 data sheet rev 1.5; register numbers are its decimal ones): registers behind the
// SPI chain, the line side behind the isolation, ring detector, voltmeter and ammeter, hook with its settling time.

const PLL_MS = 1; // after RESET or software reset, before which nothing answers
const RING_PEAK_V = [21.2, 30.4, NaN, 63.6]; // RT2:RT: 15, 21.5, reserved, 45 V rms
const LINE_SIDE_MS = 8; // after power-up of the line side until FDT and LSID
const OFF_HOOK_SETTLE_MS = 128 + 17 + 256; // FOH, resistor calibration, ADC calibration
const TRANSIENT_MS = 25; // before overload protection may be set
const RDT_ONE_SHOT_MS = 5000;
const PCM_ENABLED = 0x20, PCM_ENABLED_LINEAR = 0x38;
const RING_CONFIRM_MS = [100, 150, 200, 256, 384, 512, 640, 1024]; // RCC
const RDTI = 0x80, OH = 0x01, RDT = 0x04, ONHM = 0x08, OPE = 0x08, DOD = 0x02;
const DEFAULTS = [[2, 0x03], [6, 0x10], [22, 0x96], [23, 0x2d], [24, 0x19], [31, 0x20]];
const LINE_SIDE = new Set([5, 16, 17, 19, 26, 28, 29, 30, 31]); // they read 0 and forget while it is without power
const READ_ONLY = new Set([11, 12, 13, 19, 28, 29]);
const LEAST_MA = [10, 12, 14, 16]; // MINI: below it LCS2 is unpredictable

export class Si3050 {
  constructor(line, tell, socket) {
    this.line = line;
    this.tell = tell;
    this.socket = socket;
    this.ms = 0;
    this.reset();
  }

  reset() {
    this.registers = new Uint8Array(64);
    for (const [register, value] of DEFAULTS) this.registers[register] = value;
    this.answersFrom = this.ms + PLL_MS;
    this.lineSideFrom = null;
    this.offHookFrom = null;
    this.wave = 0; // the last half wave's sign
    this.waveFrom = -Infinity; // and when it began
    this.validMs = 0; // of half waves as long as RAS and RMX want them
    this.confirmedFrom = null; // a burst, until RTO after its last half wave
    this.told = false; // RDT
    this.line.seized = false;
  }

  fault(what) {
    this.tell({ kind: "fault", socket: this.socket, what, ms: this.ms });
  }

  get lineSideUp() {
    return this.lineSideFrom !== null && this.ms >= this.lineSideFrom + LINE_SIDE_MS;
  }

  get offHook() {
    return this.offHookFrom !== null;
  }

  get talks() {
    return this.offHook && !this.line.open && this.ms >= this.offHookFrom + OFF_HOOK_SETTLE_MS;
  }

  get hearsOnHook() { // ONHM: the caller-ID path
    return this.lineSideUp && !this.offHook && !!(this.registers[5] & ONHM);
  }

  get drivesBus() {
    return !!(this.registers[33] & PCM_ENABLED);
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

  write(register, value) {
    if (this.ms < this.answersFrom) return this.fault(`register ${register} written before the PLL has locked`);
    if (LINE_SIDE.has(register) && !this.lineSideUp) return this.fault(`register ${register} written without a line side`);
    if (READ_ONLY.has(register)) return this.fault(`register ${register} is read-only`);
    const before = this.registers[register];
    this.registers[register] = register === 4 ? before & value : value; // interrupt sources: written 0 to clear
    if (register === 1 && value & 0x80) this.reset();
    if (register === 6) this.followPower(value);
    if (register === 17 && value & OPE && this.ms - (this.offHookFrom ?? this.ms) < TRANSIENT_MS) {
      this.fault("overload protection before the line has settled");
    }
    if (register === 5) this.followHook();
    if (register >= 33 && register <= 37 && this.drivesBus && this.txStart % 16 !== 1) this.fault("DTX driven in slots of others");
  }

  followPower(value) {
    if (value & 0x10) this.lineSideFrom = null;
    else this.lineSideFrom ??= this.ms;
  }

  // Hook and line side obey only a line side that is powered.
  followHook() {
    const r = this.registers;
    const wanted = this.lineSideUp && !!(r[5] & OH);
    if (wanted === this.offHook) return;
    if (wanted && r[17] & OPE) this.fault("off-hook with overload protection set");
    if (!wanted && !!(r[16] & 0x40) !== ((r[59] & 0x50) === 0x50)) this.fault("OHS without SQ, or SQ without it");
    this.offHookFrom = wanted ? this.ms : null;
    this.line.seized = wanted;
    this.tell({ kind: "hook", socket: this.socket, off: wanted, ms: this.ms });
  }

  read(register) {
    if (this.ms < this.answersFrom) {
      this.fault(`register ${register} read before the PLL has locked`);
      return 0;
    }
    const r = this.registers;
    if (LINE_SIDE.has(register) && !this.lineSideUp) return 0;
    const milliamps = this.offHook ? this.line.milliamps : 0;
    switch (register) {
      case 5: return (r[5] & (OH | ONHM)) | this.ringBits();
      case 11: return this.lineSideUp ? 0x35 : 0x05; // 3019, revision E
      case 12: return this.lineSideUp ? 0x40 | Math.min(31, Math.floor(milliamps / 3.3)) : 0;
      case 19: return this.offHook && this.line.open ? DOD : 0;
      case 28: return this.loopCounts(milliamps);
      case 29: return this.lineVolts() & 0xff;
    }
    return r[register];
  }

  loopCounts(milliamps) {
    if (!this.offHook) return 0;
    if (milliamps < LEAST_MA[(this.registers[26] >> 4) & 3]) return 1 + (Math.floor(this.ms * 7) % 60);
    return Math.min(255, Math.floor(milliamps / 1.1));
  }

  // Signed volts; 3 and less read 0 unless LVFD asks for them.
  lineVolts() {
    const volts = Math.round(this.line.volts);
    if (Math.abs(volts) <= 3 && !(this.registers[31] & 1)) return 0;
    return volts;
  }

  // +1 or -1 above the threshold, 0 between.
  halfWave() {
    if (!this.lineSideUp || this.offHook) return 0;
    const volts = this.line.ringVolts(this.ms);
    const peak = RING_PEAK_V[((this.registers[17] & 0x10) >> 3) | (this.registers[16] & 1)];
    const fullWave = this.registers[18] & 0x02;
    return volts > peak ? 1 : volts < -peak && fullWave ? -1 : 0;
  }

  ringBits() {
    const wave = this.halfWave();
    return (wave > 0 ? 0x20 : 0) | (wave < 0 ? 0x40 : 0) | (this.told && !this.offHook ? RDT : 0);
  }

  tick(ms) {
    this.ms = ms;
    this.followHook();
    const wave = this.halfWave();
    if (wave !== 0 && wave !== this.wave) this.judge();
    if (wave !== 0) this.wave = wave;
    this.followBurst(wave !== 0);
  }

  // A half wave begins: has the last one lasted as RAS and RMX want it, in counts of 2 ms?
  judge() {
    const r = this.registers;
    const lasted = this.ms - this.waveFrom;
    const left = (r[24] & 0x3f) - Math.floor(lasted / 2);
    this.validMs = left >= 0 && left <= (r[22] & 0x3f) ? this.validMs + lasted : 0;
    this.waveFrom = this.ms;
  }

  // With RNGV a burst counts once it has been valid for RCC, is told RDLY later, and is over RTO after its last half
  // wave; without, a single half wave is told, for 5 s.
  followBurst(halfWave) {
    const r = this.registers;
    const validates = !!(r[24] & 0x80);
    const confirmed = !validates || this.validMs >= RING_CONFIRM_MS[r[23] & 7];
    const silentMs = this.ms - this.waveFrom;
    if (halfWave && confirmed) this.confirmedFrom ??= this.ms;
    if (silentMs > (validates ? ((r[23] >> 3) & 15) * 128 || 80 : RDT_ONE_SHOT_MS)) {
      this.confirmedFrom = null;
      this.validMs = 0;
      this.wave = 0;
      this.told = false;
    }
    const delayMs = validates ? 256 * ((r[22] >> 6) | ((r[23] >> 7) << 2)) : 0;
    if (this.confirmedFrom === null || this.told || this.ms - this.confirmedFrom < delayMs) return;
    this.told = true;
    r[4] |= RDTI;
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

  // SCLK as RESET rises chooses: high is SPI and PCM, low is GCI, in which SPI is dead (data sheet 5.31, table 20).
  setReset(held, clocksRun, sclkHigh) {
    if (this.held && !held && !clocksRun) this.fault("RESET let go before PCLK and FSYNC run");
    if (this.held && !held && !sclkHigh) this.fault("RESET let go while SCLK is low");
    if (held !== this.held) for (const device of this.devices) device.reset();
    this.held = held;
  }
}
