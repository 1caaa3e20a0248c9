"""Count the context switches of each CPU for some seconds: sched_switch.py [SECONDS]. Needs root and BCC."""

import collections
import ctypes
import sys
import time

from bcc import BPF

PROGRAM = """
struct event {
    u32 pid;
    u32 cpu;
};

BPF_RINGBUF_OUTPUT(events, 64);  /* 64 pages for all CPUs together */
BPF_PERCPU_ARRAY(lost, u64, 1);

TRACEPOINT_PROBE(sched, sched_switch)
{
    struct event *e = events.ringbuf_reserve(sizeof(*e));

    if (!e) {
        lost.increment(0);  /* the ring is full, and will not say so later */
        return 0;
    }
    e->pid = args->next_pid;  /* who gets the CPU; 0: nobody, it is idle */
    e->cpu = bpf_get_smp_processor_id();
    events.ringbuf_submit(e, 0);
    return 0;
}
"""


class Event(ctypes.Structure):
    """struct event, field by field."""

    _fields_ = (("pid", ctypes.c_uint32), ("cpu", ctypes.c_uint32))


CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)

libbpf = ctypes.CDLL("libbpf.so.1")
# Without these, ctypes takes every pointer for an int of 32 bits.
libbpf.ring_buffer__new.restype = ctypes.c_void_p
libbpf.ring_buffer__new.argtypes = (ctypes.c_int, CALLBACK, ctypes.c_void_p, ctypes.c_void_p)
libbpf.ring_buffer__poll.argtypes = (ctypes.c_void_p, ctypes.c_int)
libbpf.ring_buffer__free.argtypes = (ctypes.c_void_p,)
libbpf.ring_buffer__free.restype = None

switches = collections.Counter()


def on_event(context, data, size):
    event = Event.from_address(data)  # where it lies in the ring: gone after this call
    switches[event.cpu] += 1
    # Polling goes on for as long as records come, and those may come faster than Python counts them.
    return 0 if time.monotonic() < end else -1


callback = CALLBACK(on_event)  # libbpf has only its address: a name keeps it alive
bpf = BPF(text=PROGRAM)
ring = libbpf.ring_buffer__new(bpf["events"].map_fd, callback, None, None)
if not ring:
    sys.exit("ring_buffer__new() failed")
end = time.monotonic() + float(sys.argv[1] if len(sys.argv) > 1 else 1)
while time.monotonic() < end:
    status = libbpf.ring_buffer__poll(ring, 100)  # ms; returns records handed over, or what the callback said
    if status < -1:
        sys.exit(f"ring_buffer__poll() failed: {status}")
libbpf.ring_buffer__free(ring)
for cpu, count in sorted(switches.items()):
    print(f"CPU {cpu}: {count} switches")
print(f"lost: {sum(bpf['lost'][0])}")
