/* SPDX-License-Identifier: Apache-2.0 */
/* The ticket ring. */

struct tickets {
	const uint64_t *next;  /* the ticket that the next producer gets */
	const uint8_t *data;   /* slots, each with the ticket that it is of, plus one, before its record */
	uint64_t slots;
	uint64_t stride;       /* bytes of a slot */
	uint64_t position;     /* the ticket that the reader waits for */
	uint64_t overwritten;  /* tickets whose records were gone, or going, when their turn came */
	uint8_t *copy;         /* room for a record */
};

/* Hand over records in the order of their tickets, at most sink->limit and none with a ticket that was not drawn at the
 * call. A record is copied first and counts only if its slot still has its ticket then. Where it has not: once a later
 * ticket of the same slot was drawn, it is overwritten, or will be; before that its producer is not done, and all
 * behind it waits. */
int64_t tickets_drain(struct tickets *ring, struct sink *sink)
{
	uint64_t position = ring->position, end = load_acquire(ring->next), before = sink->count;

	while (position != end && sink->count - before < sink->limit) {
		const uint8_t *slot = ring->data + position % ring->slots * ring->stride;
		int ready = load_acquire((const uint64_t *)slot) == position + 1;

		if (likely(ready)) {
			memcpy(ring->copy, slot + sizeof(uint64_t), sink->record_bytes);
			__atomic_thread_fence(__ATOMIC_ACQUIRE);
			ready = __atomic_load_n((const uint64_t *)slot, __ATOMIC_RELAXED) == position + 1;
		}
		if (likely(ready)) {
			if (unlikely(put_any(sink, ring->copy, sink->record_bytes)))
				break;
		} else if (load_acquire(ring->next) - position > ring->slots) {
			ring->overwritten++;
		} else {
			break;
		}
		position++;
	}
	ring->position = position;
	return (int64_t)(sink->count - before);
}
