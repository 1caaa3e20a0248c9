"""The channels: what user space writes records to where no BPF program can, for comparison as transports alone.

A channel is one file with a :class:`~ringbench.drivers.channels.channel.UserTransport`, and one line here.
"""

from __future__ import annotations

from ringbench.drivers.channels.channel import Channel, UserTransport
from ringbench.drivers.channels.mapped_ring import MAPPED_RING
from ringbench.drivers.channels.msg_ring import MSG_RING
from ringbench.drivers.channels.printk import PRINTK

USER_SPACE: dict[str, UserTransport] = {each.name: each for each in (MSG_RING, MAPPED_RING, PRINTK)}
"""By the transport's name."""

__all__ = ["USER_SPACE", "Channel", "UserTransport"]
