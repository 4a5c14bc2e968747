"""The Python face of the C audio loop: ports, prompts, recorder, speech end-pointing."""
