"""What is written as Markdown."""
