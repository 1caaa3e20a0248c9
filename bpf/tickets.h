/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the ticket rings have in common: a slot, and how its record gets there. A slot is marked as being written before
 * anything of it changes: else a reader that is lapped while it copies could not tell. */

struct ticket_slot {
	u64 ready; /* the ticket that the record is of, plus one; 0: it is being written, or never was */
	RECORD record;
};

static __always_inline void mark(struct ticket_slot *slot, u64 what)
{
#ifdef STORES_IN_ORDER
	barrier();
	*(volatile u64 *)&slot->ready = what;
	barrier();
#else
	__sync_lock_test_and_set(&slot->ready, what);
#endif
}

static __always_inline void put(struct ticket_slot *slot, u64 ticket, RECORD *e)
{
	mark(slot, 0);
	__builtin_memcpy(&slot->record, e, sizeof(*e));
	mark(slot, ticket + 1);
}
