// The other end of the UART: the host at 2 Mbaud, which obeys RTS before each byte, and its own readiness (CTS).

const BITS = 10;

export class HostUart {
  constructor(baud) {
    this.baud = baud;
    this.ready = true;
    this.obeysRts = true;
    this.queue = [];
    this.heard = [];
    this.lastByteNanos = -Infinity;
    this.leastGapNanos = Infinity; // between the ends of two bytes of the card
  }

  // A new chip after each reset.
  attach(uart, clock) {
    this.uart = uart;
    this.clock = clock;
    this.busy = false;
    this.alarm = clock.createAlarm(() => this.delivered());
    this.trySending();
  }

  send(bytes) {
    for (const byte of bytes) this.queue.push(byte);
    this.trySending();
  }

  setReady(ready) {
    this.ready = ready;
    this.uart.trySending();
  }

  trySending() {
    if (this.busy || this.queue.length === 0 || (this.obeysRts && !this.uart.rtsAsserted)) return;
    this.busy = true;
    this.alarm.schedule((BITS * 1e9) / this.baud);
  }

  delivered() {
    this.busy = false;
    this.uart.receive(this.queue.shift());
    this.trySending();
  }

  sent(byte, nanos) {
    this.heard.push(byte);
    const gap = nanos - this.lastByteNanos;
    if (gap > 0 && gap < this.leastGapNanos) this.leastGapNanos = gap;
    this.lastByteNanos = nanos;
  }

  rts() {
    this.trySending();
  }

  take() {
    const bytes = Buffer.from(this.heard);
    this.heard = [];
    return bytes;
  }
}
