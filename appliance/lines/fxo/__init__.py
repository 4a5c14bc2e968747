"""The calls of an analog line that we drive ourselves, whatever equipment it hangs on."""
