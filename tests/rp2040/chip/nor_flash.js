// A serial NOR flash of 2 MB (W25Q16JV data sheet): 4 kB sectors are erased to FF, programming only clears bits, a page of
// 256 bytes at a time; both take their time, and what a power cut interrupts is neither old nor new. The boot ROM's
// functions that change it (RP2040 data sheet §2.8.3.1.3), and the interface that reads it (SSI, §4.10): between
// flash_exit_xip and the SSI's set-up nothing can be read at 1000_0000.

const BYTES = 2 * 1024 * 1024, SECTOR = 4096, PAGE = 256, XIP = 0x10000000, RAM = 0x20000000;
const SSI = 0x18000, CTRLR0 = 0x00, SSIENR = 0x08, SER = 0x10, BAUDR = 0x14, SPI_CTRLR0 = 0xf4;
const EEPROM_READ_OF_32 = (31 << 16) | (3 << 8), COMMAND_03 = (0x03 << 24) | (2 << 8) | (6 << 2);
const MOST_HZ = 50e6; // of command 03h
const GARBAGE = 0xa5a5a5a5;
const WAITS = 0, CONNECTED = 1, COMMANDS = 2;
const CALLS = { 0x10: "connect", 0x11: "exitXip", 0x12: "erase", 0x13: "program", 0x14: "flushCache" };

export class NorFlash {
  constructor(image, fault) {
    this.bytes = new Uint8Array(BYTES).fill(0xff);
    this.bytes.set(image);
    this.fault = fault;
    this.eraseMs = 400; // tSE at most
    this.programMs = 3; // tPP at most
    this.counts = { erased: 0, programmed: 0 };
    this.underWay = null;
    this.cutAt = null; // { changes: power goes in this one of the next changes, part: so far into it }
  }

  // A new chip: what was under way when it was reset is done; the boot ROM reads by command 03h.
  attach(machine, chip) {
    this.machine = machine;
    this.chip = chip;
    this.finish(1);
    this.rom = WAITS;
    this.readable = true;
    chip.flash.set(this.bytes);
    this.readers = ["readUint32", "readUint16", "readUint8"].map((name) => [name, chip[name].bind(chip)]);
    this.setReadable(true);
    const ssi = chip.peripherals[SSI];
    const write = ssi.writeUint32.bind(ssi);
    this.ssi = {};
    ssi.writeUint32 = (offset, value) => {
      write(offset, value);
      this.ssi[offset] = value >>> 0;
      if (offset === SSIENR) this.setReadable(!!value && this.reads());
    };
  }

  reads() {
    const { ssi } = this;
    const good = ssi[CTRLR0] === EEPROM_READ_OF_32 && ssi[SPI_CTRLR0] === COMMAND_03 && ssi[SER] === 1 &&
      ssi[BAUDR] % 2 === 0 && this.chip.clkSys / ssi[BAUDR] <= MOST_HZ;
    if (!good) this.fault(`the SSI cannot read the flash with ${JSON.stringify(ssi)}`);
    return good;
  }

  setReadable(readable) {
    this.readable = readable;
    for (const [name, read] of this.readers) {
      this.chip[name] = readable ? read : (address) => (address >>> 28 === XIP >>> 28 ? this.spoiled(address) : read(address));
    }
    this.machine.flashReadable(readable);
  }

  spoiled(address) {
    this.fault(`${address.toString(16)} was read while flash cannot be read, PC ${this.chip.core.PC.toString(16)}`);
    return GARBAGE;
  }

  // --- the boot ROM's functions ---
  has(code) {
    return code in CALLS;
  }

  call(code) {
    const { registers } = this.chip.core;
    this[CALLS[code]](registers[0], registers[1], registers[2], registers[3]);
  }

  connect() {
    this.rom = CONNECTED;
  }

  exitXip() {
    if (this.rom !== CONNECTED) this.fault("flash_exit_xip without connect_internal_flash");
    this.rom = COMMANDS;
    this.setReadable(false);
  }

  flushCache() {
    this.rom = WAITS;
  }

  erase(offset, count, block, command) {
    if (offset % SECTOR || count !== SECTOR) this.fault(`erasing ${count} bytes at ${offset}`);
    if (block !== 0x10000 || command !== 0xd8) this.fault(`erasing by block ${block}, command ${command}`);
    this.counts.erased++;
    this.begin({ offset, count, data: null }, this.eraseMs);
  }

  program(offset, from, count) {
    if (offset % PAGE || count !== PAGE) this.fault(`programming ${count} bytes at ${offset}`);
    if (from < RAM) this.fault(`programming from ${from.toString(16)}`);
    const data = this.chip.sram.slice(from - RAM, from - RAM + count);
    this.counts.programmed++;
    this.begin({ offset, count, data }, this.programMs);
  }

  // --- what takes time ---
  begin(change, ms) {
    if (this.rom !== COMMANDS) this.fault("flash changed without flash_exit_xip");
    if (change.offset + change.count > BYTES) this.fault(`no flash at ${change.offset}`);
    this.underWay = change;
    const cut = this.cutAt;
    if (cut && --cut.changes < 0) this.machine.stall(ms * cut.part, () => this.cutPower(cut.part));
    else this.machine.stall(ms, () => this.finish(1));
  }

  cutPower(part) {
    this.cutAt = null;
    this.finish(part);
    this.machine.powerCycle();
  }

  // So much of the change is done: bytes up to there, and the bits of the one that it stopped at by halves.
  finish(part) {
    if (!this.underWay) return;
    const { offset, count, data } = this.underWay;
    this.underWay = null;
    for (let n = 0; n < count; n++) {
      const target = data ? this.bytes[offset + n] & data[n] : 0xff;
      if (part >= 1 || n < part * count - 1) this.bytes[offset + n] = target;
      else if (!data || n < part * count) this.bytes[offset + n] = this.between(this.bytes[offset + n], target, n);
    }
    this.changed(offset, count);
  }

  between(old, target, n) {
    const mask = (n * 151 + 77) & 0xff; // neither here nor there, the same each time
    return (old & ~mask) | (target & mask);
  }

  changed(offset, count) {
    this.chip.flash.set(this.bytes.subarray(offset, offset + count), offset);
    this.machine.flashChanged(offset, count);
  }

  // From outside: wear, or another hand.
  set(offset, bytes) {
    this.bytes.set(bytes, offset);
    this.changed(offset, bytes.length);
  }
}
