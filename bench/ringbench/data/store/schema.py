"""What a session's files hold: the columns of trials.parquet and events/*.parquet, and their versions."""

from __future__ import annotations

import pyarrow as pa

from ringbench.data.metrics import COLUMNS

SCHEMA_VERSION = 5
"""Version of the session folder. A reader for an older one upgrades it in memory; a newer one is refused."""

_IDENTITY: tuple[tuple[str, pa.DataType], ...] = (
    ("trial", pa.string()),
    ("scenario", pa.string()),
    ("mode", pa.string()),
    ("transport", pa.string()),
    ("reader", pa.string()),
    ("wakeup", pa.string()),
    ("workload", pa.string()),
    ("cpus", pa.string()),  # the CPUs the workload ran on, as a list: "0-1"
    ("buffer_bytes", pa.int64()),  # total over all CPUs, as this transport really had it
    ("valid", pa.bool_()),
    ("invalid_reason", pa.string()),
)
"""Every version has these."""

_EXTRA: tuple[tuple[str, pa.DataType], ...] = (
    ("invalid_code", pa.string()),  # beside invalid_reason, for programs: ringbench.spec.codes.InvalidCode; null: valid
    ("block", pa.int64()),  # the repeat; every cell is measured once in each block
    ("asked_bytes", pa.int64()),  # the size asked for; differs from buffer_bytes where it can't be had
    ("drain_interval_s", pa.float64()),  # of a reader on a timer: time between two drains
    ("wait", pa.string()),  # how the reader waits between two looks: "epoll", "uring", "sleep:10ms", "spin:50us"
    ("placement", pa.string()),  # where it runs, against the workload's CPUs: "free", "same", "other"
    ("stage", pa.string()),  # of an overhead trial: "bare", "probe", "unread", "read"
    ("record_bytes", pa.int64()),  # payload of one record
    ("seq_checked", pa.bool_()),  # whether the sum of sequence numbers agrees; null where the reader can't tell
    ("failed_by_code", pa.string()),  # JSON object: errno name -> count
    ("peak_backlog_by_cpu", pa.string()),  # JSON object: CPU -> most events unread of it alone; null as peak_backlog is
    ("rings", pa.string()),  # the CPUs that write to each ring, rings apart by a blank: "0-3", "0-1 2-3", "0 1 2 3"
    ("lost_reported", pa.int64()),  # what the transport itself said was lost; null where it never says
    ("task_map_full", pa.int64()),  # forks whose life could not be named (the map was full)
    ("offered_lives", pa.int64()),  # processes the workload says it made during its whole run
    ("offered_per_s", pa.float64()),  # operations a second that the workload was asked for; null: flat out
    ("done_per_s", pa.float64()),  # operations a second that it did in the window, by its own count
    ("saturated", pa.bool_()),  # whether it could not do what was asked (ringbench.spec.offered_load); null: flat out
    ("workload_exit_status", pa.int64()),
    ("arena_bytes", pa.int64()),  # memory the reader set aside for events
    ("written_blocks", pa.int64()),  # handed to the process that wrote them to disk meanwhile; null: kept in memory
    ("writer_waits", pa.int64()),  # how often the reader had to wait until one of them was free again
    ("writer_wait_ns", pa.int64()),  # for how long in all
    ("controller_cpu_ns", pa.int64()),  # CPU time of the trial's own time-keeping during the window
    ("load_average", pa.float64()),  # of the last minute, before the trial
    ("stolen_share", pa.float64()),  # of CPU time, by the host, while it ran
    ("others_cpus", pa.float64()),  # CPUs that other processes took
    ("mhz_before", pa.float64()),
    ("mhz_after", pa.float64()),
    ("throttles", pa.int64()),  # how often cores were throttled
    ("machine_switches_per_s", pa.float64()),  # context switches of the whole machine
    ("other_programs", pa.int64()),  # BPF programs of others on the same tracepoints
    ("perf_sample_rate", pa.int64()),  # kernel.perf_event_max_sample_rate, afterwards
    ("disturbed", pa.string()),  # by which rules of ringbench.machine.interference; empty: by none
    ("disturbed_codes", pa.list_(pa.string())),  # the same for programs: ringbench.spec.codes.DisturbedCode
    ("started_ns", pa.int64()),  # CLOCK_REALTIME at the start of the window
    ("trial_s", pa.float64()),  # the whole trial: process, compile, warm-up, window, drain
)


def _measured() -> list[tuple[str, pa.DataType]]:
    return [(name, pa.int64() if column.integer else pa.float64()) for name, column in COLUMNS.items()]


TRIALS: pa.Schema = pa.schema(
    [pa.field(name, kind) for name, kind in (*_IDENTITY, ("wall_s", pa.float64()), *_measured(), *_EXTRA)]
)
"""A row for each trial and transport. Measured columns come from :data:`ringbench.data.metrics.COLUMNS`."""

_CONTRACT_MEASURED = (
    *("wall_s", "attempted", "delivered", "failed", "residual", "drop_rate", "events_per_s", "bytes_per_s"),
    *("producer_ns_per_event", "consumer_cpu_ns_per_event", "latency_p50_ns", "latency_p99_ns", "latency_max_ns"),
    *("causal_violations", "timestamp_inversions", "late_events", "max_lateness_ns", "max_displacement"),
    *("memory_physical_bytes", "memory_memlock_bytes", "memory_rss_bytes", "memory_cgroup_bytes"),
)

REQUIRED_TRIAL_COLUMNS: tuple[str, ...] = (*(name for name, _ in _IDENTITY), *_CONTRACT_MEASURED)
"""Without these a trials.parquet is not ours. Columns of later metrics are not among them: older sessions lack them."""

EVENTS: pa.Schema = pa.schema(
    [
        pa.field("transport", pa.dictionary(pa.int8(), pa.string())),
        pa.field("ts_ns", pa.int64()),
        pa.field("received_ns", pa.int64()),
        pa.field("cpu", pa.int32()),
        pa.field("seq", pa.int64()),
        pa.field("kind", pa.dictionary(pa.int8(), pa.string())),
        pa.field("pid", pa.int32()),
        pa.field("parent_pid", pa.int32()),
        pa.field("birth", pa.int64()),
        pa.field("comm", pa.binary()),  # raw bytes: a process can name itself anything
    ]
)
"""Recorded events, each transport's in the order they were delivered. A row group holds events of one transport, 2^20
at most; those of a paired trial's two take turns in its file (:mod:`ringbench.data.store.events_writer`). Files of
schema version 3 and older have one transport after the other, in any row groups.

``parent_pid`` and ``birth`` are null where the life began before the session.
"""
