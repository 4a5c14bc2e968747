"""What is soldered: pin numbers, the HAT's identity, schematics. Nothing of it runs on the box."""
