/* SPDX-License-Identifier: Apache-2.0 */
/* The ringbuf. */

#define BUSY (1u << 31)
#define DISCARD (1u << 30)
#define HEADER 8u

struct ringbuf {
	uint64_t *consumer;       /* its page is writable */
	const uint64_t *producer;
	const uint8_t *data;      /* mapped twice in a row, so that no record has a seam */
	uint64_t size;            /* bytes of data, a power of two */
	uint64_t position;        /* the consumer's */
};

/* The length of the record at `position`, its header left out; -1: it is not committed yet; -2: it cannot be. */
static inline __attribute__((always_inline)) int64_t
ringbuf_length(const struct ringbuf *ring, uint64_t position, uint64_t end, uint32_t *word)
{
	*word = load_acquire((const uint32_t *)(ring->data + (position & (ring->size - 1))));
	if (unlikely(*word & BUSY))
		return -1;
	if (unlikely((((*word & ~DISCARD) + HEADER + 7ull) & ~7ull) > end - position))
		return -2;
	return *word & ~DISCARD;
}

/* Hand over committed records, oldest first, at most sink->limit and no more than were there at the call. Returns how
 * many; what stopped it for good is in sink->error. The consumer's position moves once, at the end. */
int64_t ringbuf_drain(struct ringbuf *ring, struct sink *sink)
{
	uint64_t position = ring->position, end = load_acquire(ring->producer), before = sink->count;
	uint64_t limit = sink->limit, stride = (sink->record_bytes + HEADER + 7) & ~7ull;
	uint32_t word;
	int64_t bytes;

	if (unlikely(position % 8 || end % 8 || end - position > ring->size)) {
		stop_at(sink, DAMAGED, 0, end - position);
		return 0;
	}
	while (position != end && sink->count - before < limit) {
		if (likely(sink->record_bytes)) {
			uint64_t most = (end - position) / stride, left = limit - (sink->count - before);

			position += stride * take_plain(sink, ring->data + (position & (ring->size - 1)),
							most < left ? most : left, stride, 0xffffffff,
							sink->record_bytes, HEADER);
			if (position == end || sink->count - before >= limit)
				break;
		}
		bytes = ringbuf_length(ring, position, end, &word);
		if (unlikely(bytes < 0)) {
			if (bytes == -2)
				stop_at(sink, DAMAGED, 0, word & ~DISCARD);
			break;
		}
		if (likely(!(word & DISCARD))) {
			const uint8_t *data = ring->data + (position & (ring->size - 1)) + HEADER;

			if (unlikely(!fits(sink, 0, (uint64_t)bytes) || put_any(sink, data, (uint64_t)bytes)))
				break;
		} else {
			sink->discarded++;
		}
		position += ((uint64_t)bytes + HEADER + 7) & ~7ull;
	}
	if (position != ring->position) {
		ring->position = position;
		store_release(ring->consumer, position);
	}
	return (int64_t)(sink->count - before);
}

/* How many committed records of `bytes` lie in a row at the consumer's position, at most `limit`: what a view of the
 * mapping may show. The position stays. With `sum`, the u64 at `seq_offset` of each is added to it in passing: a ring
 * larger than the caches is gone through once, not twice. */
int64_t ringbuf_plain(const struct ringbuf *ring, uint64_t bytes, uint64_t limit, uint64_t seq_offset, uint64_t *sum)
{
	uint64_t end = load_acquire(ring->producer), stride = (bytes + HEADER + 7) & ~7ull, n = 0;
	const uint8_t *first = ring->data + (ring->position & (ring->size - 1));

	if (unlikely(ring->position % 8 || end % 8 || end - ring->position > ring->size))
		return 0;
	for (uint64_t most = (end - ring->position) / stride; n < most && n < limit; n++, first += stride) {
		if (unlikely(load_acquire((const uint32_t *)first) != bytes))
			break;
		if (sum)
			*sum += word_at(first + HEADER + seq_offset);
	}
	return (int64_t)n;
}
