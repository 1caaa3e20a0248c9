/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* EVENTS records a run, without a system call or a tracepoint around it: for BPF_PROG_TEST_RUN, which repeats a program
 * of the type sched_cls as often as it is told. Its bpf_perf_event_output() is bpf_skb_event_output(), which can copy
 * from the packet, too; the ring it writes to is the same. */

int fill(struct __sk_buff *skb)
{
	emit_batch(skb, bpf_ktime_get_ns());
	return 0;
}
