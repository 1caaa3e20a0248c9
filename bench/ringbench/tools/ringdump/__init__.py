"""A ringbuf's memory, dumped and decoded step by step."""
