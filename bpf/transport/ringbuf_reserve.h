/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ringbuf through reserve and submit. A program written for it fills the reserved record in place, as emit_batch.h does
 * with claim and publish. lifecycle.c fills its record before, so that the same source serves every transport, and one
 * 56-byte copy is the price. */

BPF_RINGBUF_OUTPUT(ringbuf_reserve_events, RINGBUF_PAGES);

#define bpf_ringbuf_reserve QUERY_INSTEAD_OF_RESERVE /* see submit.h */
static __always_inline u64 unread_ringbuf_reserve(void)
{
	return (u64)ringbuf_reserve_events.ringbuf_reserve(BPF_RB_AVAIL_DATA);
}
#undef bpf_ringbuf_reserve

/* NULL where there is no room: bpf_ringbuf_reserve() says no without saying why. */
static __always_inline RECORD *reserve_ringbuf_reserve(void)
{
	return ringbuf_reserve_events.ringbuf_reserve(sizeof(RECORD));
}

static __always_inline void commit_ringbuf_reserve(RECORD *slot, u64 seq)
{
	ringbuf_reserve_events.ringbuf_submit(slot, WAKE_FLAGS(unread_ringbuf_reserve, seq));
}

static __always_inline int submit_ringbuf_reserve(void *ctx, RECORD *e)
{
	RECORD *slot = reserve_ringbuf_reserve();

	if (!slot)
		return NO_CODE;
	__builtin_memcpy(slot, e, sizeof(*e));
	commit_ringbuf_reserve(slot, e->seq);
	return 0;
}
