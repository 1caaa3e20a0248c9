"""All that touches the kernel. The only package that imports bcc, and only when a program is loaded."""
