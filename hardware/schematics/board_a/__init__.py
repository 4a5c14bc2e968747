"""Board A: one line on a Raspberry Pi. A discrete DAA, an I2S codec, four GPIOs and a watchdog."""
