// An RP2040 with the emulator's defects mended, run in slices of chip time. A reset makes a new chip.
import { RP2040, LogLevel, ConsoleLogger } from "rp2040js";
import { ChipClock } from "./clock.js";
import { NorFlash } from "./nor_flash.js";
import { PioPace } from "./pio_pace.js";
import { makeCore } from "./quick_core.js";
import { Uart } from "./uart.js";

const IRQ_UART0 = 20;
const DREQ_UART0 = { tx: 20, rx: 21 };
const HARD_FAULT = 3, ROM_BYTES = 16 * 1024;
const PAD_RESET = 0x56; // the emulator has 0x36: input disabled
const MOST_STEPS_PER_NANO = 1; // an instruction takes at least 1 / 133 MHz = 7.5 ns

export class Machine {
  // `board`: attach(machine), pins(values, nanos). `host`: the other end of the UART.
  // `plain`: every instruction and PIO step by the emulator's own code.
  constructor(bootrom, image, board, host, plain = false) {
    this.plain = plain;
    this.bootrom = bootrom;
    this.board = board;
    this.flash = new NorFlash(image, (what) => board.fault(what));
    this.host = host;
    this.startNanos = 0; // chip time when the present chip started
    this.resets = [];
    this.instructions = 0;
    this.idleNanos = 0; // asleep in WFI
    this.start(0, new Uint32Array(8));
  }

  get nanos() {
    return this.startNanos + this.clock.nanos;
  }

  start(reason, scratch) {
    this.clock = new ChipClock();
    const chip = new RP2040(this.clock);
    this.chip = chip;
    this.halted = null;
    this.restart = null;
    this.stalled = null; // { until, done }: the boot ROM waits for the flash
    chip.logger = new ConsoleLogger(LogLevel.Error, false);
    this.mendPads(chip);
    this.mendWaiting(chip);
    this.uart = new Uart(chip, "UART0", IRQ_UART0, DREQ_UART0, this.host);
    chip.uart[0] = chip.peripherals[0x40034] = this.uart;
    this.pace = new PioPace(chip, chip.pio[0], this.plain, (values, nanos) => this.board.pins(values, nanos));
    this.watchdog(chip, reason, scratch);
    chip.onBreak = (code) => this.undefined(code);
    this.cycleNanos = 1e9 / chip.clkSys;
    chip.addClockListener((hz) => (this.cycleNanos = 1e9 / hz));
    chip.loadBootrom(this.bootrom);
    this.plainStep = () => chip.core.executeInstruction();
    this.quickStep = this.plain ? this.plainStep : makeCore(chip, this.flash.bytes.length);
    this.flash.attach(this, chip);
    this.host.attach(this.uart, this.clock);
    this.board.attach(this);
  }

  mendPads(chip) {
    this.levels = 0; // what the board drives
    this.inputs = 0; // pads with their input enabled
    for (const pin of chip.gpio) pin.padValue = PAD_RESET;
    this.inputs = 0x3fffffff;
    const pads = chip.peripherals[0x4001c];
    const write = pads.writeUint32.bind(pads);
    pads.writeUint32 = (offset, value) => {
      write(offset, value);
      chip.gpio.forEach((pin, index) => {
        this.inputs = pin.inputEnable ? this.inputs | (1 << index) : this.inputs & ~(1 << index);
      });
    };
    Object.defineProperty(chip, "gpioValues", { get: () => (this.levels & this.inputs) >>> 0 });
  }

  // With PRIMASK set, WFI shall end when an interrupt is pending and take it only after CPSIE; one that is pending
  // already shall end it at once.
  mendWaiting(chip) {
    const { core } = chip;
    core.setInterrupt = (irq, on) => {
      const bit = 1 << irq;
      if (on && !(core.pendingInterrupts & bit)) {
        core.pendingInterrupts |= bit;
        core.interruptsUpdated = true;
      } else if (!on) {
        core.pendingInterrupts &= ~bit;
      }
    };
  }

  watchdog(chip, reason, scratch) {
    const dog = chip.peripherals[0x40058];
    dog.reason = reason;
    dog.scratchData.set(scratch);
    dog.onWatchdogTrigger = () => {
      dog.alarm.enable = false; // it would set itself again for the same instant, for ever
      this.restart = { reason: dog.reason, scratch: dog.scratchData.slice() };
    };
  }

  // --- the flash ---
  // The quick core does not ask whether flash can be read.
  flashReadable(readable) {
    this.step = readable ? this.quickStep : this.plainStep;
  }

  flashChanged(offset, count) {
    this.quickStep.forget?.(offset, count);
  }

  // The processor waits in the boot ROM for so long; everything else goes on.
  stall(ms, done) {
    this.stalled = { until: this.clock.nanos + ms * 1e6, done };
    this.chip.core.waiting = true;
  }

  endStall() {
    const { done } = this.stalled;
    this.stalled = null;
    this.chip.core.waiting = false;
    done();
  }

  powerCycle() {
    this.restart = { reason: 0, scratch: new Uint32Array(8) };
  }

  // BKPT or UDF: a function of the boot ROM, or it has given up; in a program it is a HardFault, which the emulator
  // does not raise.
  undefined(code) {
    const { core } = this.chip;
    if (core.PC < ROM_BYTES && this.flash.has(code)) this.flash.call(code);
    else if (core.PC < ROM_BYTES) this.halted = code;
    else core.exceptionEntry(HARD_FAULT);
  }

  setInput(pin, high) {
    this.levels = high ? this.levels | (1 << pin) : this.levels & ~(1 << pin);
    this.chip.gpio[pin].setInputValue(high);
  }

  // Runs `nanos` of chip time, through resets; stops when the boot ROM has given up.
  run(nanos) {
    const end = this.nanos + nanos;
    while (this.nanos < end && this.halted === null) {
      this.slice(end - this.startNanos);
      if (this.restart === null) continue;
      const { reason, scratch } = this.restart;
      this.resets.push({ us: this.nanos / 1000, reason });
      this.startNanos = this.nanos;
      this.start(reason, scratch);
    }
  }

  // Until `end` (time of the present chip), a reset or a halt; never more steps than the time has room for.
  slice(end) {
    const { chip, clock, pace } = this;
    const { core } = chip;
    let room = (end - clock.nanos) * MOST_STEPS_PER_NANO + 1000;
    while (clock.nanos < end && this.restart === null && this.halted === null) {
      let to;
      if (this.stalled) {
        room--;
        const { until } = this.stalled;
        if (until <= clock.nanos) {
          this.endStall();
          continue;
        }
        to = Math.min(until, clock.nextNanos, pace.due, end);
        if (to < clock.nanos) to = clock.nanos;
      } else if (core.waiting) {
        room--;
        if (core.pendingInterrupts & core.enabledInterrupts) {
          core.waiting = false;
          core.interruptsUpdated = true;
          continue;
        }
        to = clock.nextNanos < pace.due ? clock.nextNanos : pace.due;
        if (to > end) to = end;
        if (to < clock.nanos) to = clock.nanos;
        this.idleNanos += to - clock.nanos;
      } else {
        const { cycleNanos, step } = this;
        const until = pace.due < end ? pace.due : end;
        let count = 0;
        to = clock.nanos;
        do {
          clock.nanos = to;
          to += step() * cycleNanos;
          count++;
        } while (to < until && to < clock.nextNanos && !core.waiting && this.cycleNanos === cycleNanos && this.step === step && count < 1000);
        this.instructions += count;
        room -= count;
      }
      if (room < 0) throw new Error(`chip time stands still at ${clock.nanos} ns, PC ${core.PC.toString(16)}`);
      if (clock.nextNanos <= to) clock.advance(to);
      else clock.nanos = to;
      if (pace.due <= to) pace.run(to);
    }
  }
}
