"""``python -m bench`` is the command ``ringbench``."""

from bench.cli import main

if __name__ == "__main__":
    main()
