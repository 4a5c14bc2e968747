"""Where each part of board B stands on its sheet."""
