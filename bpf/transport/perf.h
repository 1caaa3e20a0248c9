/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The perf buffer: one ring per CPU, sized by the reader when it opens them. When it wakes its reader is set there,
 * too, in the perf event's attributes. */

BPF_PERF_OUTPUT(perf_events);

static __always_inline int submit_perf(void *ctx, RECORD *e)
{
	return perf_events.perf_submit(ctx, e, sizeof(*e));
}
