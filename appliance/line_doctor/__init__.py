"""The line doctor: learns from ordinary calls how a line's exchange behaves. Pure: no I/O or clock.

`tones` compares what was heard, `notebook` remembers it by line, `proposals` says what follows.
"""
