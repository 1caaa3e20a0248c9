"""How a project tests the event path of its own BPF program: sudo pytest test_my_event_path.py"""

import subprocess

PROGRAM = """
struct event {
    u64 ts_ns;
    u32 pid;
    u32 pad;
};

BPF_RINGBUF_OUTPUT(events, 16);

TRACEPOINT_PROBE(sched, sched_process_exec)
{
    struct event e = {.ts_ns = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32};

    ringbench_count(events.ringbuf_output(&e, sizeof(e), 0));
    return 0;
}
"""


def test_no_exec_is_lost(event_path):
    with event_path(PROGRAM, table="events", stamp="ts_ns") as path:
        for _ in range(100):
            subprocess.run(["/bin/true"], check=True)

    assert path.attempted >= 100
    assert path.delivered == path.attempted
    assert path.drop_rate == 0
    print(
        f"{path.attempted} execs, {path.late_events} late by at most {path.max_lateness_ns} ns; "
        f"producer {path.producer_ns_per_event:.0f} ns, reader {path.consumer_cpu_ns_per_event:.0f} ns an event"
    )
