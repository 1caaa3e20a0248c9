/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The perf buffer: one ring per CPU, sized by the reader when it opens them. */

BPF_PERF_OUTPUT(perf_events);

static __always_inline int submit_perf(void *ctx, struct event *e)
{
	return perf_events.perf_submit(ctx, e, sizeof(*e));
}
