"""How a Raspberry Pi knows the line card: its overlay and its ID EEPROM."""
