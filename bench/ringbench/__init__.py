"""ringbench: the BPF perf buffer against the BPF ringbuf, measured on real fork, exec and exit events."""

__version__ = "0.1.0"
