// The emulator runs a PIO in a timer of its own, a thousand steps at a time, and ignores clock dividers and
// delays. Here each state machine is stepped when chip time says so.
import { makeStep } from "./pio_step.js";

const CTRL = 0x000;

export class PioPace {
  constructor(rp2040, pio, plain, onPins) {
    this.plain = plain;
    this.rp2040 = rp2040;
    this.pio = pio;
    this.onPins = onPins;
    this.machines = []; // { machine, step, due, period }
    this.due = Infinity;
    this.mask = 0; // pins that this PIO drives
    pio.run = () => {};
    for (const machine of pio.machines) {
      machine.clkDivRestart = () => {};
      Object.defineProperty(machine, "inPins", {
        get: () => {
          const all = rp2040.gpioValues;
          const base = machine.inBase;
          return base ? (all << (32 - base)) | (all >>> base) : all;
        },
      });
    }
    const write = pio.writeUint32.bind(pio);
    pio.writeUint32 = (offset, value) => {
      write(offset, value);
      if (offset === CTRL) this.control();
    };
  }

  control() {
    const now = this.rp2040.clock.nanos;
    const known = new Map(this.machines.map((entry) => [entry.machine, entry]));
    this.machines = this.pio.machines
      .filter((machine) => machine.enabled)
      .map((machine) => {
        const divider = (machine.clockDivInt || 65536) + machine.clockDivFrac / 256;
        const period = (divider * 1e9) / this.rp2040.clkSys;
        return known.get(machine) ?? { machine, step: makeStep(machine, this.rp2040, this.plain), due: now + period, period };
      });
    this.mask = 0;
    this.rp2040.gpio.forEach((pin, index) => {
      if (pin.functionSelect === 6 + this.pio.index && this.pio.pinDirections & (1 << index)) this.mask |= 1 << index;
    });
    this.findDue();
  }

  findDue() {
    let due = Infinity;
    for (const entry of this.machines) if (entry.due < due) due = entry.due;
    this.due = due;
  }

  // Everything due by `nanos`, in the order of its time.
  run(nanos) {
    const { pio } = this;
    while (this.due <= nanos) {
      const now = this.due;
      let next = Infinity;
      for (const entry of this.machines) {
        if (entry.due <= now) {
          entry.due += entry.step() * entry.period;
        }
        if (entry.due < next) next = entry.due;
      }
      this.due = next;
      if (pio.pinValues !== pio.oldPinValues) {
        pio.oldPinValues = pio.pinValues;
        this.onPins(pio.pinValues & this.mask, now);
      }
    }
  }
}
