// The PCM highway bit by bit, as the chips see it: FSYNC, the codecs' frame syncs and DRX are taken as PCLK falls,
// DTX changes as it rises. A device has 16 bits from its start, counted in PCLKs from the one with FSYNC (0).

const PCLK = 1 << 12, FSYNC = 1 << 13, DOWN = 1 << 14, MCLK = 1 << 16, FS1 = 1 << 17;
const UP_PIN = 15;
const FRAME = 128, BITS = 16, FRAME_NANOS = 125000;
const CODECS = 4;
const DRIVEN = 2; // a bit of DTX that somebody drives

export class Highway {
  // `ports`: { rxStart, txStart, active, hear(sample), speak() -> sample }; the first four are codecs, whose
  // start is told by their frame sync.
  constructor(ports, codecs, fault) {
    this.ports = ports;
    this.codecs = codecs;
    this.fault = fault;
    this.frames = 0;
    this.reset();
  }

  reset() {
    this.last = 0;
    this.position = 0;
    this.synced = false;
    this.lastSyncNanos = 0;
    this.downBits = new Uint8Array(FRAME);
    this.upBits = new Uint8Array(FRAME);
    this.upLevel = 0;
    this.starts = new Array(FRAME).fill(null);
    this.ends = new Array(FRAME).fill(null);
    this.layout = "";
    this.mclks = 0;
    this.lastMclks = 0;
    this.leastFrame = Infinity;
    this.mostFrame = 0;
    for (const codec of this.codecs) codec.start = null;
  }

  get runs() {
    return this.synced;
  }

  // All pins that PIO0 drives, at a change.
  pins(values, nanos) {
    const changed = values ^ this.last;
    this.last = values;
    if (changed & MCLK && values & MCLK) this.mclks++;
    if (!(changed & PCLK)) return;
    if (values & PCLK) this.rise();
    else this.fall(values, nanos);
  }

  rise() {
    this.position = (this.position + 1) & (FRAME - 1);
    const starting = this.starts[this.position];
    if (starting !== null) for (const port of starting) this.load(port);
    this.upLevel = this.upBits[this.position] & 1;
    this.upBits[this.position] = 0; // nobody drives it next time unless somebody speaks
  }

  load(port) {
    const sample = port.speak();
    for (let bit = 0; bit < BITS; bit++) {
      const at = (this.position + bit) & (FRAME - 1);
      if (this.upBits[at] & DRIVEN) this.fault(`two devices drive DTX at PCLK ${at}`);
      this.upBits[at] = DRIVEN | ((sample >> (BITS - 1 - bit)) & 1);
    }
  }

  fall(values, nanos) {
    if (values & FSYNC) this.sync(nanos);
    this.downBits[this.position] = values & DOWN ? 1 : 0;
    for (let n = 0; n < CODECS; n++) if (values & (FS1 << n)) this.codecSync(n);
    const ending = this.ends[this.position];
    if (ending !== null) for (const port of ending) port.hear(this.collect());
  }

  collect() {
    let sample = 0;
    for (let bit = BITS - 1; bit >= 0; bit--) {
      sample = (sample << 1) | this.downBits[(this.position - bit) & (FRAME - 1)];
    }
    return (sample << 16) >> 16;
  }

  sync(nanos) {
    this.frames++;
    if (this.synced) {
      const length = nanos - this.lastSyncNanos;
      if (length < this.leastFrame) this.leastFrame = length;
      if (length > this.mostFrame) this.mostFrame = length;
      if (this.position !== 0) this.fault(`FSYNC ${this.position} PCLKs from where it was`);
      const clocks = this.mclks - this.lastMclks;
      if (clocks !== FRAME / 4 && this.lastMclks > 0) this.fault(`${clocks} codec clocks in a frame`);
    }
    this.lastMclks = this.mclks;
    this.lastSyncNanos = nanos;
    this.position = 0;
    this.synced = true;
    if ((this.frames & 7) === 0) this.arrange();
  }

  codecSync(n) {
    const start = (this.position + 1) & (FRAME - 1);
    const codec = this.codecs[n];
    if (codec.start !== null && codec.start !== start) this.fault(`FS${n + 1} moved from ${codec.start} to ${start}`);
    codec.start = start;
    codec.syncs++;
  }

  // Who begins and who ends where, looked at anew each millisecond.
  arrange() {
    const layout = this.ports.map((port) => (port.active ? `${port.rxStart}/${port.txStart}` : "-")).join(" ");
    if (layout === this.layout) return;
    this.layout = layout;
    this.starts.fill(null);
    this.ends.fill(null);
    for (const port of this.ports) {
      if (!port.active) continue;
      (this.starts[port.txStart & (FRAME - 1)] ??= []).push(port);
      (this.ends[(port.rxStart + BITS - 1) & (FRAME - 1)] ??= []).push(port);
    }
  }

  get clockFault() {
    return this.frames > 2 && (this.leastFrame !== FRAME_NANOS || this.mostFrame !== FRAME_NANOS);
  }
}

export { UP_PIN };
