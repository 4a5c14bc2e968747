"""The card's image, booted in QEMU and called: `./provision.sh test image`, and nothing else."""
