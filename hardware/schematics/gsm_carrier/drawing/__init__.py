"""Where each part stands on its sheet."""
