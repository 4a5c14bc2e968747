"""Where each part of board A stands on its sheet."""
