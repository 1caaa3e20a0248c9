"""The kernel's numbers: what its headers for user space define, by its names less their prefix.

Sources: include/uapi/linux/bpf.h, perf_event.h, membarrier.h, prctl.h and syslog(2).
"""

from __future__ import annotations

# enum bpf_cmd
MAP_CREATE = 0
PROG_LOAD = 5
PROG_TEST_RUN = 10
MAP_GET_FD_BY_ID = 14
OBJ_GET_INFO_BY_FD = 15
RAW_TRACEPOINT_OPEN = 17
BTF_LOAD = 18
MAP_LOOKUP_AND_DELETE_BATCH = 25
LINK_GET_FD_BY_ID = 30
LINK_GET_NEXT_ID = 31
ENABLE_STATS = 32

# enum bpf_map_type
MAP_ARRAY = 2
MAP_QUEUE = 22
MAP_RINGBUF = 27
MAP_ARENA = 33

# flags of a map, and of a program
F_MMAPABLE = 1 << 10
F_RB_OVERWRITE = 1 << 19
"""Since Linux 6.19 (kernel commit feeaf1346f80)."""

F_SLEEPABLE = 1 << 4

# enum bpf_prog_type, enum bpf_link_type
PROG_SCHED_CLS = 3
PROG_TRACEPOINT = 5
PROG_SYSCALL = 31
LINK_RAW_TRACEPOINT = 1

# In a ringbuf's record header
RINGBUF_BUSY = 1 << 31
"""Reserved, and neither submitted nor discarded yet (BPF_RINGBUF_BUSY_BIT)."""
RINGBUF_DISCARD = 1 << 30
"""To be stepped over (BPF_RINGBUF_DISCARD_BIT)."""
RINGBUF_HEADER = 8
"""Bytes of a record's header: u32 length with the two flags on top, u32 page offset (BPF_RINGBUF_HDR_SZ)."""

# struct perf_event_attr and its ioctls
PERF_TYPE_SOFTWARE = 1
PERF_TYPE_TRACEPOINT = 2
PERF_COUNT_SW_BPF_OUTPUT = 10
PERF_SAMPLE_RAW = 1 << 10
PERF_SAMPLE_STACK_USER = 1 << 13
PERF_ATTR_SIZE = 112
"""PERF_ATTR_SIZE_VER5: every kernel since 4.1 takes it."""
PERF_ATTR_DISABLED = 1 << 0
PERF_ATTR_WATERMARK = 1 << 14
PERF_FLAG_FD_CLOEXEC = 8
PERF_IOC_ENABLE = 0x2400
PERF_IOC_QUERY_BPF = 0xC008240A

# membarrier(2), prctl(2)
MEMBARRIER_CMD_GLOBAL = 1
PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PR_SET_TIMERSLACK = 29
