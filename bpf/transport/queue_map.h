/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A queue map. Full, it refuses with -E2BIG. */

BPF_QUEUE(queue_map_events, RECORD, QUEUE_ENTRIES);

static __always_inline int submit_queue_map(void *ctx, RECORD *e)
{
	return (long)queue_map_events.push(e, 0); /* BCC 0.31 declares the helper as one that returns a pointer */
}
