/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Submitting to one ringbuf of several: what of it does not depend on how that one is found. */

static __always_inline RECORD *reserve_in(void *ring)
{
	return ring ? bpf_ringbuf_reserve(ring, sizeof(RECORD), 0) : 0;
}

static __always_inline void publish_in_own(RECORD *slot, u64 seq)
{
	bpf_ringbuf_submit(slot, WAKE_FLAGS(no_query, seq));
}

static __always_inline int submit_in_own(RECORD *slot, RECORD *e)
{
	if (!slot)
		return NO_CODE;
	__builtin_memcpy(slot, e, sizeof(*e));
	publish_in_own(slot, e->seq);
	return 0;
}
