"""The profiles: ready-made sets of scenarios, from half a minute to an evening."""

from __future__ import annotations

from ringbench.drivers.transports import NOTHING, TRANSPORTS, USER_SPACE
from ringbench.errors import unknown_name
from ringbench.spec.profile import ALL, BOTH, Group, Profile

EVERY = tuple(TRANSPORTS)
_LARGEST = 128
_OFFERED = "fork-exec@40%"
"""A load that two CPUs take even where every event wakes a reader: at half of flat out some trials are saturated."""


def _overhead(transports: tuple[str, ...], wakeup: str, *stages: str) -> Group:
    """Return overhead trials of one producer, its reader on another CPU."""
    return Group(
        "overhead",
        transports,
        ("bulk",),
        (wakeup,),
        ("firehose:1", "fork-exec"),
        (_LARGEST,),
        placements=("other",),
        producers=(1,),
        stages=stages,
    )


def _filled(step: int, transports: tuple[str, ...], *readers: str) -> Group:
    """Return capacity trials, filled and drained on one CPU: nothing then hangs on how far apart two CPUs are."""
    return Group(
        "capacity",
        transports,
        readers,
        ("none",),
        ("firehose:8",),
        (step,),
        placements=("same",),
        producers=(1,),
    )


QUICK = Profile(
    "quick",
    "drops against bytes, order, cost, throughput, and what Python's callback adds, in a minute and a half",
    (
        Group("paired", BOTH, ("bulk",), ("none",), ("fork-exec",), (4, _LARGEST)),
        Group("paired", BOTH, ("bulk",), ("none",), ("burst",), (8,)),
        Group("isolated", ALL, ("bulk",), ("none",), (_OFFERED,), (_LARGEST,)),
        Group("isolated", BOTH, ("callback",), ("every",), (_OFFERED,), (_LARGEST,)),
        Group("isolated", BOTH, ("bulk",), ("none",), ("fork-exec",), (_LARGEST,)),
    ),
    repeats=5,
    duration_s=1.2,
    warmup_s=0.05,
)
STANDARD = Profile(
    "standard",
    "all wake-ups, both readers, bursts and stress-ng, ten repeats: about twenty minutes",
    (
        Group("paired", BOTH, ("bulk",), ("none",), ("fork-exec", "burst"), (1, 2, 4, 8, 16, 32, _LARGEST)),
        Group("paired", BOTH, ("bulk",), ("none",), ("stress-ng:vfork",), (_LARGEST,)),
        Group("isolated", ALL, ("bulk", "callback"), ("every", "adaptive", "none"), (_OFFERED,), (_LARGEST,)),
        Group("isolated", ALL, ("bulk",), ("every", "adaptive", "none"), ("fork-exec",), (_LARGEST,)),
    ),
    repeats=10,
    duration_s=2.0,
)
THOROUGH = Profile(
    "thorough",
    "as standard with every transport paired, more sizes and workloads, twenty repeats: an evening",
    (
        Group(
            "paired",
            ALL,
            ("bulk", "callback"),
            ("every", "none"),
            ("fork-exec", "burst"),
            (1, 2, 4, 8, 16, 32, 64, 512),
        ),
        Group(
            "paired", ALL, ("bulk",), ("none",), ("stress-ng:fork", "stress-ng:vfork", "stress-ng:exec"), (16, _LARGEST)
        ),
        Group(
            "isolated",
            ALL,
            ("bulk", "callback"),
            ("every", "adaptive", "none"),
            (_OFFERED, "fork-exec", "burst"),
            (4, _LARGEST),
        ),
    ),
    repeats=20,
    duration_s=3.0,
)
_LIBRARIES = ("compiled", "libbpf", "bulk")
READERS = Profile(
    "readers",
    "every reader under every wake-up with a firehose: placements, producers, lengths of records; a quarter of an hour",
    (
        Group(
            "isolated",
            BOTH,
            ("callback", "callback-bare", *_LIBRARIES, "bulk-view"),
            ("every", "adaptive", "batch:500", "bytes:16K", "none"),
            ("firehose:32",),
            (_LARGEST,),
            placements=("other",),
            producers=(1,),
        ),
        Group(
            "isolated",
            BOTH,
            ("libbpf", "bulk"),
            ("adaptive", "batch:500", "none"),
            ("firehose:32",),
            (_LARGEST,),
            placements=("same", "other", "free"),
            producers=(1, 0),
        ),
        Group(
            "isolated",
            BOTH,
            ("libbpf", "bulk"),
            ("none",),
            ("firehose:1", "firehose:8"),
            (_LARGEST,),
            placements=("other",),
            producers=(1,),
        ),
        Group(
            "isolated",
            ALL,
            ("bulk",),
            ("none",),
            ("firehose:32",),
            (_LARGEST,),
            placements=("other",),
            producers=(1,),
            record_bytes=(8, 32, 64, 256, 1024),
        ),
        Group(
            "isolated",
            ("ringbuf-reserve",),
            ("bulk-view", "bulk-view:100us", "bulk-view:1ms"),
            ("none",),
            ("firehose:32",),
            (_LARGEST,),
            placements=("other",),
            producers=(1,),
        ),
    ),
    repeats=10,
    duration_s=0.3,
    warmup_s=0.02,
    # A timer that a ring of 1 MiB outlasts at twenty million records a second.
    drain_interval_s=200e-6,
)
CAPACITY = Profile(
    "capacity",
    "a full buffer drained by every reader, against memcpy, and what a record costs in the kernel: ten minutes",
    (
        Group(
            "capacity",
            ALL,
            ("callback", "callback-bare", *_LIBRARIES, "bulk-view"),
            ("none",),
            ("firehose:8",),
            (_LARGEST,),
            placements=("same",),
            producers=(1,),
            record_bytes=(8, 32, 64, 256, 1024),
        ),
        Group(
            "capacity",
            ALL,
            ("bulk",),
            ("every", "adaptive", "batch:500", "bytes:16K"),
            ("firehose:8",),
            (_LARGEST,),
            placements=("same",),
            producers=(1,),
        ),
        Group(
            "capacity",
            ALL,
            _LIBRARIES,
            ("none",),
            ("firehose:8",),
            (_LARGEST,),
            placements=("other",),
            producers=(1,),
        ),
    ),
    repeats=10,
    duration_s=0.1,
)
FRONTIER = Profile(
    "frontier",
    "the smallest buffer that loses nothing, of each transport, under an even load and in bursts: ten minutes",
    (Group("isolated", BOTH, ("bulk",), ("none",), ("fork-exec@60%", "burst"), (16,)),),
    repeats=10,
    duration_s=1.0,
    frontier=True,
)
OVERHEAD = Profile(
    "overhead",
    "what tracing costs the workload, split into probe, submission, reader and wake-ups: five minutes",
    (
        _overhead((NOTHING.name,), "none", "bare", "probe"),
        _overhead(ALL, "none", "unread", "read"),
        _overhead(ALL, "every", "read"),
        _overhead(("ringbuf-output", "ringbuf-reserve"), "adaptive", "read"),
    ),
    repeats=10,
    duration_s=0.5,
    drain_interval_s=200e-6,
)
DESIGNS = Profile(
    "designs",
    "the two buffers beside the other designs under the same load and account: ten minutes",
    (
        Group("paired", EVERY, ("bulk",), ("none",), ("fork-exec",), (4, _LARGEST)),
        Group("isolated", EVERY, ("bulk",), ("none",), (_OFFERED, "fork-exec"), (_LARGEST,)),
        # One producer, then one on each CPU: what contention adds.
        Group(
            "isolated",
            EVERY,
            ("bulk",),
            ("none",),
            ("firehose:8",),
            (_LARGEST,),
            waits=("sleep:200us",),
            producers=(1, 0),
        ),
    ),
    repeats=10,
    duration_s=0.5,
    warmup_s=0.05,
)
_RINGS_OF_USERS = ("msg-ring", "mapped-ring")
USER_PRODUCERS = Profile(
    "user-producers",
    "transport-only: what only user space can write to, io_uring's and a mapped ring, and the log with --allow-kmsg",
    (
        # The same load in a buffer that holds what comes between two drains, and in one that doesn't.
        Group("transport-only", _RINGS_OF_USERS, ("bulk",), ("none",), ("writers:32@2500",), (1, _LARGEST)),
        # One writer, then one on each CPU: what contention adds, record by record and in turns.
        Group(
            "transport-only",
            _RINGS_OF_USERS,
            ("bulk",),
            ("none",),
            ("writers:1", "writers:32"),
            (_LARGEST,),
            waits=("sleep:200us",),
            producers=(1, 0),
        ),
        # What the kernel lets through to its log, and what it doesn't; the same for the others.
        Group(
            "transport-only",
            tuple(USER_SPACE),
            ("bulk",),
            ("none",),
            ("writers:1@20", "writers:1@100", "relay:1@20"),
            (_LARGEST,),
            producers=(2,),
        ),
        # Each record after another one, on the other CPU: whether that is the order in which they are read.
        Group("transport-only", _RINGS_OF_USERS, ("bulk",), ("none",), ("relay:1@2500",), (_LARGEST,)),
    ),
    repeats=10,
    duration_s=0.5,
    warmup_s=0.05,
)
_BESIDE_FTRACE = (*BOTH, "ftrace")
FTRACE = Profile(
    "ftrace",
    "ftrace beside the two buffers: memory, drops, order, throughput and cost: two minutes",
    (
        Group("paired", _BESIDE_FTRACE, ("bulk",), ("none",), ("fork-exec",), (4, _LARGEST)),
        Group("isolated", _BESIDE_FTRACE, ("bulk",), ("none",), (_OFFERED, "fork-exec"), (_LARGEST,)),
    ),
    repeats=10,
    duration_s=0.5,
    warmup_s=0.05,
)
SMOKE = Profile(
    "smoke",
    "each kind of trial twice, briefly: shows that everything works, too short for figures",
    (
        Group("paired", BOTH, ("bulk",), ("none",), ("fork-exec",), (1, _LARGEST)),
        Group("isolated", ALL, ("bulk",), ("none",), (_OFFERED, "fork-exec"), (_LARGEST,)),
        Group("isolated", BOTH, ("callback", "callback-bare", *_LIBRARIES), ("every",), (_OFFERED,), (_LARGEST,)),
        Group("isolated", BOTH, ("bulk-view",), ("batch:500",), ("firehose:32",), (_LARGEST,), placements=("same",)),
        Group("capacity", BOTH, ("libbpf", "bulk"), ("none",), ("firehose:8",), (_LARGEST,), producers=(1,)),
    ),
    repeats=2,
    duration_s=0.4,
    warmup_s=0.05,
)
CI = Profile(
    "ci",
    "what the regression gate compares: submitting, draining, waking up, losses and order; at most five minutes",
    (
        Group("paired", BOTH, ("bulk",), ("none",), ("fork-exec",), (_LARGEST,)),
        Group("isolated", BOTH, ("bulk",), ("every",), (_OFFERED,), (_LARGEST,)),
        _filled(_LARGEST, ALL, "bulk"),
        _filled(_LARGEST, BOTH, "libbpf"),
        # Python takes a microsecond a record: of a small buffer it has as many rounds as the others.
        _filled(16, BOTH, "callback"),
    ),
    repeats=40,
    duration_s=0.15,
    warmup_s=0.05,
)

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        QUICK,
        STANDARD,
        THOROUGH,
        FRONTIER,
        OVERHEAD,
        READERS,
        CAPACITY,
        DESIGNS,
        FTRACE,
        USER_PRODUCERS,
        CI,
        SMOKE,
    )
}


def profile(name: str) -> Profile:
    """Return the profile called *name*; OptionError lists the valid names."""
    if name not in PROFILES:
        raise unknown_name("profile", name, PROFILES)
    return PROFILES[name]
