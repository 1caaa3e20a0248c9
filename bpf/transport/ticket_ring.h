/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ticket ring in a mapped array; the next ticket is in another one. */

BPF_F_TABLE("array", u32, struct ticket_slot, ticket_ring_events, TICKETS, BPF_F_MMAPABLE);
BPF_F_TABLE("array", u32, u64, ticket_ring_next, 1, BPF_F_MMAPABLE);

static __always_inline int submit_ticket_ring(void *ctx, RECORD *e)
{
	u32 zero = 0, place;
	u64 *next = ticket_ring_next.lookup(&zero), ticket;
	struct ticket_slot *slot;

	if (!next)
		return NO_CODE;
	ticket = __sync_fetch_and_add(next, 1);
	place = ticket % TICKETS;
	slot = ticket_ring_events.lookup(&place);
	if (!slot)
		return NO_CODE;
	put(slot, ticket, e);
	return 0;
}
