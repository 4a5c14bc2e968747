"""A shop in one encrypted file: making it, checking it, bringing it back (docs/backup.md)."""
