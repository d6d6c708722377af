"""Sizes and coverages of all that the program prints, by simulation, beside what they should be.

python -m benchmarks calibration [--quick] [--markdown docs/calibration.md]
python -m benchmarks.calibration [survey|tests|rate|names|claims|shares]... [--quick] [--markdown FILE]

Seeds are fixed. The tables of a page stand between marks, one pair for each table; a run replaces those
that it made and leaves the rest of the page as it is.
"""
