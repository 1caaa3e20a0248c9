"""``python -m ringbench`` is the command ``ringbench``."""

from ringbench.cli import main

if __name__ == "__main__":
    main()
