/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ringbuf, one ring for all CPUs, through the call that copies the record in: the counterpart of perf_submit. */

BPF_RINGBUF_OUTPUT(ringbuf_output_events, RINGBUF_PAGES);

static __always_inline int submit_ringbuf_output(void *ctx, struct event *e)
{
	return ringbuf_output_events.ringbuf_output(e, sizeof(*e), RINGBUF_FLAGS);
}
