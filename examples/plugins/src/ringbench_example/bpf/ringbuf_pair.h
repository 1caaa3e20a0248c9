/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two ringbufs: CPUs with even numbers write to one, the others to the other. Half as many CPUs wait for each lock. */

BPF_RINGBUF_OUTPUT(ringbuf_pair_even, PAIR_PAGES);
BPF_RINGBUF_OUTPUT(ringbuf_pair_odd, PAIR_PAGES);

/* The wake-up policies that must look at the ring (bytes:N) are left out: WAKE_FLAGS never asks. */
static __always_inline u64 unread_ringbuf_pair(void)
{
	return 0;
}

static __always_inline int submit_ringbuf_pair(void *ctx, RECORD *e)
{
	if (bpf_get_smp_processor_id() & 1)
		return ringbuf_pair_odd.ringbuf_output(e, sizeof(*e), WAKE_FLAGS(unread_ringbuf_pair, e->seq));
	return ringbuf_pair_even.ringbuf_output(e, sizeof(*e), WAKE_FLAGS(unread_ringbuf_pair, e->seq));
}
