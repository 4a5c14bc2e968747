"""Board C: a telephone's handset, hook switch, ringer, lamp and keypad on a Raspberry Pi."""
