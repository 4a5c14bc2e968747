// Board B around the chip: who is wired to which GPIO (four FXS, two or four FXO).
import { Ag1171 } from "./ag1171.js";
import { ExchangeLine } from "./exchange_line.js";
import { Highway, UP_PIN } from "./highway.js";
import { ShiftRegister } from "./shift_register.js";
import { Si3050, Si3050Chain } from "./si3050.js";
import { CodecPort, LinePort, Voice } from "./voice.js";

const FXS = [1, 2, 3, 4], FIRST_FXO = 5;
const SCLK = 6, SPI_FUNCTION = 1, SPO = 1 << 6; // SPO: the clock idles high
const CS_N = 5, RESET_N = 8, INT_N = 9, LATCH = 10, OE_N = 11, SHK1 = 21, FR1 = 25, LED = 29;
const RM1 = 1 << 0, PD_OFF1 = 1 << 4, LIFELINE1 = 1 << 8;
const MOST_EVENTS = 100000;
const SPI_BITS = 8, LIFELINES = 2;

export class Board {
  // `lines`: how many of the four places for an exchange line are populated.
  constructor(lines) {
    const fxo = Array.from({ length: lines }, (_, n) => FIRST_FXO + n);
    this.events = [];
    this.counts = { outputs: 0 };
    const tell = (event) => this.tell(event);
    this.feeds = FXS.map((socket) => new Ag1171(socket, tell, (high) => this.setInput(SHK1 + socket - 1, high)));
    this.lines = fxo.map(() => new ExchangeLine());
    this.chips = fxo.map((socket, n) => new Si3050(this.lines[n], tell, socket));
    this.chain = new Si3050Chain(this.chips, (what) => this.fault(what));
    this.register = new ShiftRegister((outputs, before) => this.outputsChanged(outputs, before));
    this.voices = new Map([...FXS, ...fxo].map((socket) => [socket, new Voice()]));
    this.codecs = this.feeds.map((feed) => new CodecPort(feed, this.voices.get(feed.socket), (what) => this.fault(what)));
    const linePorts = this.chips.map((chip) => new LinePort(chip, this.voices.get(chip.socket)));
    this.highway = new Highway([...this.codecs, ...linePorts], this.codecs, (what) => this.fault(what));
  }

  get ms() {
    return this.machine ? this.machine.nanos / 1e6 : 0;
  }

  tell(event) {
    if (this.events.length < MOST_EVENTS) this.events.push(event);
  }

  fault(what) {
    this.tell({ kind: "fault", what, ms: this.ms });
  }

  get sclkIdlesHigh() {
    const { spi, gpio } = this.machine.chip;
    return gpio[SCLK].functionSelect === SPI_FUNCTION && spi[0].enabled && !!(spi[0].control0 & SPO);
  }

  setInput(pin, high) {
    this.machine?.setInput(pin, high);
  }

  // A new chip: every pin of it is at its reset value, so the pulls of the board decide.
  attach(machine) {
    this.machine = machine;
    const { chip, clock } = machine;
    this.register.enable(false);
    this.chain.setReset(true, true, true);
    this.highway.reset();
    for (const feed of this.feeds) {
      feed.setRm(false, this.ms);
      feed.reset(this.ms);
    }
    this.setInput(INT_N, true);
    this.setInput(UP_PIN, false);
    const watch = (pin, pulled, act) => {
      chip.gpio[pin].addListener((state) => act(state === 0 ? false : state === 1 ? true : pulled));
    };
    watch(CS_N, true, (high) => this.chain.select(!high));
    watch(RESET_N, false, (high) => this.chain.setReset(!high, this.highway.runs, this.sclkIdlesHigh));
    watch(LATCH, false, (high) => this.register.latch(high));
    watch(OE_N, true, (high) => this.register.enable(!high));
    watch(LED, false, (high) => (this.led = high));
    FXS.forEach((socket, n) => watch(FR1 + n, true, (high) => this.feeds[n].setForward(high, this.ms)));
    this.wireSpi(chip.spi[0], clock);
    this.millisecond = clock.createAlarm(() => this.tick());
    this.millisecond.schedule(1e6);
  }

  wireSpi(spi, clock) {
    let answer = 0;
    const done = clock.createAlarm(() => spi.completeTransmit(answer));
    spi.onTransmit = (value) => {
      this.register.byte(value);
      answer = this.chain.byte(value);
      done.schedule((SPI_BITS * 1e9) / spi.clockFrequency);
    };
  }

  pins(values, nanos) {
    this.highway.pins(values, nanos);
    const up = this.highway.upLevel;
    const bit = 1 << UP_PIN;
    const { machine } = this;
    machine.levels = up ? machine.levels | bit : machine.levels & ~bit;
  }

  outputsChanged(outputs, before) {
    const changed = outputs ^ before;
    this.counts.outputs++;
    this.feeds.forEach((feed, n) => {
      if (changed & (PD_OFF1 << n)) feed.setPoweredDown(!!(outputs & (PD_OFF1 << n)), this.ms);
      if (changed & (RM1 << n)) feed.setRm(!!(outputs & (RM1 << n)), this.ms);
    });
    this.lines.slice(0, LIFELINES).forEach((line, n) => {
      if (!(changed & (LIFELINE1 << n))) return;
      line.lifeline = !(outputs & (LIFELINE1 << n));
      this.tell({ kind: "lifeline", relay: n + 1, joined: line.lifeline, ms: this.ms });
    });
  }

  tick() {
    this.millisecond.schedule(1e6);
    const { ms } = this;
    for (const feed of this.feeds) feed.tick(ms);
    for (const chip of this.chips) chip.tick(ms);
    const pending = this.chips.some((chip) => chip.interrupts);
    this.setInput(INT_N, !pending);
  }

  takeEvents() {
    const { events } = this;
    this.events = [];
    return events;
  }
}
