"""The channels: what user space writes records to where no BPF program can, for comparison as transports alone.

A channel is one file with a :class:`~ringbench.drivers.channels.channel.Kind`; registering it is one line here, and its
data one entry in ringbench.drivers.transports.user_space.
"""

from __future__ import annotations

from ringbench.drivers.channels import mapped_ring, msg_ring, printk
from ringbench.drivers.channels.channel import Channel, Kind
from ringbench.errors import unknown_name

CHANNELS: dict[str, Kind] = {kind.name: kind for kind in (msg_ring.KIND, mapped_ring.KIND, printk.KIND)}


def channel(name: str) -> Kind:
    """Return the channel of the transport called *name*; OptionError lists the valid names."""
    if name not in CHANNELS:
        raise unknown_name("channel", name, CHANNELS)
    return CHANNELS[name]


__all__ = ["CHANNELS", "Channel", "Kind", "channel"]
