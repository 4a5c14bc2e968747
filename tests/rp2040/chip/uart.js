// A PL011 (RP2040 data sheet §4.2) in place of the emulator's: FIFOs of 32, bytes that take their time both
// ways, RTS and CTS, DREQ, receive timeout and overruns.
import { BasePeripheral, FIFO } from "rp2040js";

const DR = 0x00, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCR_H = 0x2c, CR = 0x30, IFLS = 0x34, IMSC = 0x38;
const RIS = 0x3c, MIS = 0x40, ICR = 0x44, DMACR = 0x48;
const INT_RX = 1 << 4, INT_TX = 1 << 5, INT_TIMEOUT = 1 << 6, INT_OVERRUN = 1 << 10;
const CR_ENABLE = 1, CR_TX = 1 << 8, CR_RX = 1 << 9, CR_RTS_ENABLE = 1 << 14, CR_CTS_ENABLE = 1 << 15;
const OVERRUN = 1 << 11, FRAMING = 1 << 8;
const DEPTH = 32, BITS = 10, TIMEOUT_BITS = 32;
const LEVELS = [4, 8, 16, 24, 28]; // IFLS: 1/8, 1/4, 1/2, 3/4, 7/8
const MOST_BAUD_ERROR = 0.025;

export class Uart extends BasePeripheral {
  constructor(rp2040, name, irq, dreq, host) {
    super(rp2040, name);
    this.irq = irq;
    this.dreq = dreq;
    this.host = host; // { baud, ready, sent(byte, nanos), rts(asserted, nanos) }
    this.rx = new FIFO(DEPTH);
    this.tx = new FIFO(DEPTH);
    this.registers = { ibrd: 0, fbrd: 0, lcrH: 0, cr: CR_TX | CR_RX, ifls: 0x12, imsc: 0, dmacr: 0 };
    this.raw = 0;
    this.sending = false;
    this.overrun = false;
    this.rtsAsserted = false;
    this.counts = { sent: 0, received: 0, overruns: 0, badBaud: 0, rtsWithdrawn: 0 };
    this.txAlarm = rp2040.clock.createAlarm(() => this.byteSent());
    this.timeoutAlarm = rp2040.clock.createAlarm(() => this.raise(INT_TIMEOUT));
  }

  // --- timing ---
  get baud() {
    const divider = this.registers.ibrd + this.registers.fbrd / 64;
    return divider ? this.rp2040.clkPeri / (16 * divider) : 0;
  }

  get byteNanos() {
    return (BITS * 1e9) / this.baud;
  }

  get matchesHost() {
    return Math.abs(this.baud / this.host.baud - 1) < MOST_BAUD_ERROR;
  }

  clkPeriChanged() {}

  // --- sending ---
  trySending() {
    const { cr } = this.registers;
    const allowed = !(cr & CR_CTS_ENABLE) || this.host.ready;
    if (this.sending || this.tx.empty || !(cr & CR_ENABLE) || !(cr & CR_TX) || !allowed) return;
    this.shifting = this.tx.pull();
    this.sending = true;
    this.txAlarm.schedule(this.byteNanos);
    this.updateTx();
  }

  byteSent() {
    this.sending = false;
    this.counts.sent++;
    if (!this.matchesHost) this.counts.badBaud++;
    this.host.sent(this.matchesHost ? this.shifting : this.shifting ^ 0x55, this.rp2040.clock.nanos);
    this.trySending();
  }

  updateTx() {
    const { dma } = this.rp2040;
    if (this.registers.dmacr & 2 && !this.tx.full) dma.setDREQ(this.dreq.tx);
    else dma.clearDREQ(this.dreq.tx);
    const low = this.tx.itemCount <= DEPTH - LEVELS[4 - Math.min(this.registers.ifls & 7, 4)];
    this.setRaw(INT_TX, low);
  }

  // --- receiving ---
  receive(byte) { // the stop bit has come
    this.counts.received++;
    if (!(this.registers.cr & CR_ENABLE) || !(this.registers.cr & CR_RX)) return;
    const good = this.matchesHost;
    if (!good) this.counts.badBaud++;
    if (this.rx.full) {
      this.overrun = true;
      this.counts.overruns++;
      this.raise(INT_OVERRUN);
      return;
    }
    this.rx.push((good ? byte : (byte ^ 0x55) | FRAMING) | (this.overrun ? OVERRUN : 0));
    this.overrun = false;
    this.timeoutAlarm.schedule((TIMEOUT_BITS * 1e9) / this.baud);
    this.updateRx();
  }

  get level() {
    return LEVELS[Math.min((this.registers.ifls >> 3) & 7, 4)];
  }

  updateRx() {
    const { dma } = this.rp2040;
    const count = this.rx.itemCount;
    if (this.registers.dmacr & 1 && count > 0) dma.setDREQ(this.dreq.rx);
    else dma.clearDREQ(this.dreq.rx);
    this.setRaw(INT_RX, count >= this.level);
    const on = !!(this.registers.cr & CR_ENABLE);
    const asserted = on && (!(this.registers.cr & CR_RTS_ENABLE) || count < this.level);
    if (asserted === this.rtsAsserted) return;
    this.rtsAsserted = asserted;
    if (!asserted) this.counts.rtsWithdrawn++;
    this.host.rts(asserted, this.rp2040.clock.nanos);
  }

  // --- interrupts ---
  setRaw(bit, on) {
    const raw = on ? this.raw | bit : this.raw & ~bit;
    if (raw === this.raw) return;
    this.raw = raw;
    this.checkInterrupts();
  }

  raise(bit) {
    this.setRaw(bit, true);
  }

  checkInterrupts() {
    this.rp2040.setInterrupt(this.irq, !!(this.raw & this.registers.imsc));
  }

  // --- registers ---
  get flags() {
    return (this.host.ready ? 1 : 0) | (this.sending || !this.tx.empty ? 8 : 0) | (this.rx.empty ? 0x10 : 0) |
      (this.tx.full ? 0x20 : 0) | (this.rx.full ? 0x40 : 0) | (this.tx.empty ? 0x80 : 0);
  }

  take() {
    const value = this.rx.pull();
    if (this.rx.empty) {
      this.timeoutAlarm.cancel();
      this.setRaw(INT_TIMEOUT, false);
    }
    this.updateRx();
    return value;
  }

  readUint32(offset) {
    const r = this.registers;
    switch (offset) {
      case DR: return this.take();
      case FR: return this.flags;
      case IBRD: return r.ibrd;
      case FBRD: return r.fbrd;
      case LCR_H: return r.lcrH;
      case CR: return r.cr;
      case IFLS: return r.ifls;
      case IMSC: return r.imsc;
      case RIS: return this.raw;
      case MIS: return this.raw & r.imsc;
      case DMACR: return r.dmacr;
    }
    return super.readUint32(offset);
  }

  writeUint32(offset, value) {
    const r = this.registers;
    switch (offset) {
      case DR:
        this.tx.push(value & 0xff);
        this.trySending();
        return this.updateTx();
      case IBRD: r.ibrd = value & 0xffff; return;
      case FBRD: r.fbrd = value & 0x3f; return;
      case LCR_H: r.lcrH = value & 0xff; return;
      case CR: r.cr = value & 0xffff; break;
      case IFLS: r.ifls = value & 0x3f; break;
      case IMSC: r.imsc = value & 0x7ff; return this.checkInterrupts();
      case ICR: this.raw &= ~(this.rawWriteValue & ~(INT_RX | INT_TX)); return this.checkInterrupts();
      case DMACR: r.dmacr = value & 7; break;
      default: return super.writeUint32(offset, value);
    }
    this.updateRx();
    this.updateTx();
    this.trySending();
  }
}
