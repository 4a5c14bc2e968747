"""Pure call logic: events in, commands out; no clock, no I/O, no thread, no logging."""
