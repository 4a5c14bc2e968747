"""Makes the line card's flashable image: boot2 checksum, .bin and .uf2, and the size gates."""
