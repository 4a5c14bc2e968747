// Two 74HC595 in a row: a clock takes a bit, RCLK shows all 16, OE_N high lets the outputs float (the board pulls
// them low).

export class ShiftRegister {
  constructor(changed) {
    this.changed = changed;
    this.shifted = 0;
    this.latched = 0;
    this.enabled = false;
    this.outputs = 0;
  }

  byte(value) {
    this.shifted = ((this.shifted << 8) | value) & 0xffff; // the bit that came first is furthest: bit 15
  }

  latch(high) {
    if (high && !this.wasHigh) this.latched = this.shifted;
    this.wasHigh = high;
    this.show();
  }

  enable(enabled) {
    this.enabled = enabled;
    this.show();
  }

  show() {
    const outputs = this.enabled ? this.latched : 0;
    if (outputs === this.outputs) return;
    const before = this.outputs;
    this.outputs = outputs;
    this.changed(outputs, before);
  }
}
