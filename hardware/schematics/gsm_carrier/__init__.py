"""The GSM carrier: a mini-PCIe modem card with its own supply, SIM and GPIOs."""
