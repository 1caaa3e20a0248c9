/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Every context switch of the machine, the reader's own among them.
 *
 * The tracepoint lies in __schedule() (kernel/sched/core.c), with the lock of this CPU's run queue held and interrupts
 * off. To wake a task there would be to take that lock again. No transport does: bpf_ringbuf_commit() and
 * perf_output_wakeup() only queue an irq_work, and the wake-up is done by the interrupt that this raises, once
 * interrupts are on again and so after the lock was let go. docs/sched-switch.md says more.
 *
 * Shortly before, __schedule() counts the switch on this CPU's run queue; /proc/stat shows the sum over CPUs as "ctxt".
 * tests/kernel/test_sched_switch.py holds the account of this program to that. */

TRACEPOINT_PROBE(sched, sched_switch)
{
	u64 ts_ns = bpf_ktime_get_ns();
	struct switched e = {.ts_ns = ts_ns, .cpu = bpf_get_smp_processor_id(), .pid = args->next_pid};
	struct counters *counters;

	if (!in_window(ts_ns))
		return 0;
	counters = own_counters();
	if (!counters)
		return 0;
	e.seq = counters->seq++;
	emit(args, counters, &e);
	return 0;
}
