/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ringbuf through reserve and submit. A program written for it would fill the reserved record in place; here the
 * record is filled before, so that the same lifecycle.c serves every transport, and one 56-byte copy is the price. */

BPF_RINGBUF_OUTPUT(ringbuf_reserve_events, RINGBUF_PAGES);

static __always_inline int submit_ringbuf_reserve(void *ctx, struct event *e)
{
	struct event *slot = ringbuf_reserve_events.ringbuf_reserve(sizeof(*e));

	if (!slot)
		return NO_CODE; /* bpf_ringbuf_reserve() says no without saying why */
	__builtin_memcpy(slot, e, sizeof(*e));
	ringbuf_reserve_events.ringbuf_submit(slot, RINGBUF_FLAGS);
	return 0;
}
