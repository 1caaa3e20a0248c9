/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ringbuf through a dynptr: a reservation whose length the verifier need not know, so that a record takes what it
 * needs; bpf_ringbuf_reserve() wants a constant. Linux 5.19 has the helpers. What is known of the memory is in the
 * dynptr, which lies on the stack, so a record can't be handed out to be filled in place, as claim does. It is written
 * by bpf_dynptr_write(), which takes any length, too; bpf_dynptr_data() takes constants only. */

BPF_RINGBUF_OUTPUT(ringbuf_dynptr_events, RINGBUF_PAGES);

#define bpf_ringbuf_reserve QUERY_INSTEAD_OF_RESERVE /* see submit.h */
static __always_inline u64 unread_ringbuf_dynptr(void)
{
	return (u64)ringbuf_dynptr_events.ringbuf_reserve(BPF_RB_AVAIL_DATA);
}
#undef bpf_ringbuf_reserve

/* BCC has no map functions for dynptrs either. The text that it makes of the two below becomes these calls; from the
 * second it also learns what a record is, which its callback in Python has to know. */
#define DYNPTR_INSTEAD_OF_RESERVE(map, bytes, flags) bpf_ringbuf_reserve_dynptr(map, bytes, flags, &room)
#define DYNPTR_INSTEAD_OF_SUBMIT(record, flags) bpf_ringbuf_submit_dynptr(&room, flags)
#define bpf_ringbuf_reserve DYNPTR_INSTEAD_OF_RESERVE
#define bpf_ringbuf_submit DYNPTR_INSTEAD_OF_SUBMIT
/* The first bytes of a record. Full, it refuses with -EINVAL (kernel/bpf/ringbuf.c, bpf_ringbuf_reserve_dynptr()), and
 * the verifier wants even that dynptr given back. */
static __always_inline int send_ringbuf_dynptr(RECORD *e, u32 bytes)
{
	struct bpf_dynptr room;
	int code = (long)ringbuf_dynptr_events.ringbuf_reserve(bytes);

	if (code) {
		bpf_ringbuf_discard_dynptr(&room, 0);
		return code;
	}
	bpf_dynptr_write(&room, 0, e, bytes, 0);
	ringbuf_dynptr_events.ringbuf_submit(e, WAKE_FLAGS(unread_ringbuf_dynptr, e->seq));
	return 0;
}
#undef bpf_ringbuf_reserve
#undef bpf_ringbuf_submit

static __always_inline int submit_ringbuf_dynptr(void *ctx, RECORD *e)
{
	return send_ringbuf_dynptr(e, sizeof(*e));
}
