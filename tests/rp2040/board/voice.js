// Sound at a socket: what waits to be said there and what was heard, 16-bit samples at 8 kHz.

const LISTEN_LIMIT = 8000 * 60;

export class Voice {
  constructor() {
    this.waiting = [];
    this.at = 0; // in the first piece
    this.listens = false;
    this.heard = [];
  }

  say(samples) {
    this.waiting.push(samples);
  }

  next() {
    if (this.waiting.length === 0) return 0;
    const piece = this.waiting[0];
    const sample = piece[this.at++];
    if (this.at === piece.length) {
      this.waiting.shift();
      this.at = 0;
    }
    return sample;
  }

  hear(sample) {
    if (this.listens && this.heard.length < LISTEN_LIMIT) this.heard.push(sample);
  }

  take() {
    const samples = Int16Array.from(this.heard);
    this.heard = [];
    return samples;
  }
}

// Socket of a telephone: W681360 codec, 13 bits first and three bits of receive attenuation after them.
export class CodecPort {
  constructor(feed, voice, fault) {
    this.feed = feed;
    this.voice = voice;
    this.fault = fault;
    this.start = null; // told by its frame sync
    this.syncs = 0;
  }

  get active() {
    return this.start !== null;
  }

  get rxStart() {
    return this.start;
  }

  get txStart() {
    return this.start;
  }

  hear(word) {
    if (word & 7) this.fault(`codec of socket ${this.feed.socket} told to attenuate`);
    this.voice.hear(this.feed.talks ? word & ~7 : 0);
  }

  speak() {
    return this.feed.talks ? this.voice.next() & ~7 : 0;
  }
}

// Socket of an exchange line: the Si3050 passes speech when off-hook and settled, and the line's own sound on-hook
// with ONHM.
export class LinePort {
  constructor(chip, voice) {
    this.chip = chip;
    this.voice = voice;
  }

  get active() {
    return this.chip.drivesBus;
  }

  get rxStart() {
    return this.chip.rxStart;
  }

  get txStart() {
    return this.chip.txStart;
  }

  hear(word) {
    this.voice.hear(this.chip.pcm && this.chip.talks ? word : 0);
  }

  speak() {
    if (this.chip.pcm && (this.chip.talks || this.chip.hearsOnHook)) return this.voice.next();
    return 0;
  }
}
