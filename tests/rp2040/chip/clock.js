// Chip time: alarms in order of their time. The emulator's own clock can fall into an endless loop when an
// alarm sets itself again for the same instant, and stands still when there is no alarm; this one does neither.

const MOST_ALARMS_AT_ONCE = 10000;

class Alarm {
  constructor(clock, callback) {
    this.clock = clock;
    this.callback = callback;
    this.nanos = 0;
    this.next = null;
    this.scheduled = false;
  }

  schedule(deltaNanos) {
    if (this.scheduled) this.clock.remove(this);
    this.nanos = this.clock.nanos + deltaNanos;
    this.clock.insert(this);
  }

  cancel() {
    if (this.scheduled) this.clock.remove(this);
  }
}

export class ChipClock {
  constructor() {
    this.nanos = 0;
    this.nextAlarm = null;
    this.nextNanos = Infinity; // when nextAlarm is due
  }

  get micros() {
    return this.nanos / 1000;
  }

  createAlarm(callback) {
    return new Alarm(this, callback);
  }

  insert(alarm) {
    let after = null;
    let item = this.nextAlarm;
    while (item && item.nanos <= alarm.nanos) {
      after = item;
      item = item.next;
    }
    alarm.next = item;
    alarm.scheduled = true;
    if (after) after.next = alarm;
    else this.first(alarm);
  }

  remove(alarm) {
    alarm.scheduled = false;
    if (this.nextAlarm === alarm) {
      this.first(alarm.next);
      return;
    }
    let item = this.nextAlarm;
    while (item && item.next !== alarm) item = item.next;
    if (item) item.next = alarm.next;
  }

  first(alarm) {
    this.nextAlarm = alarm;
    this.nextNanos = alarm ? alarm.nanos : Infinity;
  }

  // Time goes on to `nanos`; what is due by then happens at its own time.
  advance(nanos) {
    for (let n = 0; this.nextNanos <= nanos; n++) {
      if (n === MOST_ALARMS_AT_ONCE) throw new Error(`alarms without end at ${this.nanos} ns`);
      const alarm = this.nextAlarm;
      this.first(alarm.next);
      alarm.scheduled = false;
      if (alarm.nanos > this.nanos) this.nanos = alarm.nanos;
      alarm.callback();
    }
    this.nanos = nanos;
  }
}
