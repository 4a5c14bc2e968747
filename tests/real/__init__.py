"""Tests of real processes on ptys, by the real clock: only what virtual time can't show."""
