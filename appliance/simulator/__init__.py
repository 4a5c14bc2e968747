"""An emulated telephone network: exchange, modems, a HAT's phones, and the people who use them."""
