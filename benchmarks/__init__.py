"""Benchmarks: ratios taken in one run, with the contestants interleaved. ``python -m benchmarks``."""
