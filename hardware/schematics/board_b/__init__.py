"""Board B: the line-card HAT. 2 lines (4 by population), 4 telephones, RP2040."""
