/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ringbuf, one ring for all CPUs, through the call that copies the record in: the counterpart of perf_submit. */

BPF_RINGBUF_OUTPUT(ringbuf_output_events, RINGBUF_PAGES);

#define bpf_ringbuf_reserve QUERY_INSTEAD_OF_RESERVE /* see submit.h */
static __always_inline u64 unread_ringbuf_output(void)
{
	return (u64)ringbuf_output_events.ringbuf_reserve(BPF_RB_AVAIL_DATA);
}
#undef bpf_ringbuf_reserve

static __always_inline int submit_ringbuf_output(void *ctx, RECORD *e)
{
	return ringbuf_output_events.ringbuf_output(e, sizeof(*e), WAKE_FLAGS(unread_ringbuf_output, e->seq));
}
