"""The tests. They mirror the package; tests/kernel and tests/bench need root and BPF."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""
