/* SPDX-License-Identifier: Apache-2.0 */
/* A CPU's perf ring. */

enum { RECORD_LOST = 2, RECORD_SAMPLE = 9, LAST_KNOWN_RECORD = 21 }; /* enum perf_event_type, Linux 6.9 */

struct perf_header {
	uint32_t type;
	uint16_t misc;
	uint16_t size;
};

struct perf_ring {
	const uint64_t *head;
	uint64_t *tail;
	const uint8_t *data;  /* mapped once: a record can lie across the end */
	uint64_t size;        /* bytes of data, a power of two */
	uint64_t position;    /* the reader's: the tail */
	uint8_t *seam;        /* 64 KiB, more than any record has: where one that lies across the end is put together */
};

/* One whole record, wherever it lies: events go to the sink, losses and the rest are counted. */
static inline __attribute__((always_inline)) int perf_record(struct sink *sink, const uint8_t *record)
{
	struct perf_header header;
	uint32_t raw;

	memcpy(&header, record, sizeof(header));
	if (likely(header.type == RECORD_SAMPLE)) {
		if (unlikely(header.size < 16))
			return stop_at(sink, DAMAGED, header.type, header.size);
		memcpy(&raw, record + 8, sizeof(raw));
		if (unlikely(raw > header.size - 12u))
			return stop_at(sink, DAMAGED, header.type, header.size);
		if (likely(sink->record_bytes)) {
			/* The kernel pads the payload so that the record ends on 8 bytes, and counts the padding in. */
			if (unlikely(raw < sink->record_bytes || raw - sink->record_bytes >= 8))
				return stop_at(sink, UNEXPECTED_RECORD, header.type, header.size);
			return put_any(sink, record + 12, sink->record_bytes);
		}
		return fits(sink, header.type, raw) ? put(sink, record + 12, raw) : -1;
	}
	if (header.type == RECORD_LOST) {
		if (header.size < 24)
			return stop_at(sink, DAMAGED, header.type, header.size);
		sink->lost += word_at(record + 16);
		return 0;
	}
	if (!header.type || header.type > LAST_KNOWN_RECORD)
		return stop_at(sink, UNEXPECTED_RECORD, header.type, header.size);
	sink->others++;
	return 0;
}

/* As ringbuf_drain(), for one CPU's ring. */
int64_t perf_drain(struct perf_ring *ring, struct sink *sink)
{
	uint64_t position = ring->position, head = load_acquire(ring->head), before = sink->count;
	uint64_t limit = sink->limit, stride = (sink->record_bytes + 12 + 7) & ~7ull;

	if (unlikely(position % 8 || head % 8 || head - position > ring->size)) {
		stop_at(sink, DAMAGED, 0, head - position);
		return 0;
	}
	while (position != head && sink->count - before < limit) {
		uint64_t at = position & (ring->size - 1);
		const uint8_t *record;
		struct perf_header header;

		if (likely(sink->record_bytes)) {
			uint64_t whole = head - position < ring->size - at ? head - position : ring->size - at;
			uint64_t most = whole / stride, left = limit - (sink->count - before);

			/* A header less its misc field, which says in which mode the CPU was. The raw length behind it is
			 * not followed, nor compared: the kernel makes the size of it (kernel/events/core.c,
			 * perf_prepare_sample()), and a look at both takes a tenth longer. */
			position += stride * take_plain(sink, ring->data + at, most < left ? most : left, stride,
							0xffff0000ffffffff, RECORD_SAMPLE | stride << 48, 12);
			at = position & (ring->size - 1);
			if (position == head || sink->count - before >= limit)
				break;
		}
		record = ring->data + at;
		memcpy(&header, record, sizeof(header)); /* on 8 bytes, so never across the end */
		if (unlikely(header.size < sizeof(header) || header.size % 8 || header.size > head - position)) {
			stop_at(sink, DAMAGED, header.type, header.size);
			break;
		}
		if (unlikely(at + header.size > ring->size)) {
			uint64_t first = ring->size - at;

			memcpy(ring->seam, record, first);
			memcpy(ring->seam + first, ring->data, header.size - first);
			record = ring->seam;
		}
		if (unlikely(perf_record(sink, record)))
			break;
		position += header.size;
	}
	if (position != ring->position) {
		ring->position = position;
		store_release(ring->tail, position);
	}
	return (int64_t)(sink->count - before);
}

/* As ringbuf_plain(): samples of `bytes` in a row, up to the end of the data. */
int64_t perf_plain(const struct perf_ring *ring, uint64_t bytes, uint64_t limit, uint64_t seq_offset, uint64_t *sum)
{
	uint64_t head = load_acquire(ring->head), at = ring->position & (ring->size - 1), n = 0;
	uint64_t stride = (bytes + 12 + 7) & ~7ull, plain = RECORD_SAMPLE | stride << 48;
	const uint8_t *first = ring->data + at;

	if (unlikely(ring->position % 8 || head % 8 || head - ring->position > ring->size))
		return 0;
	head = head - ring->position < ring->size - at ? head - ring->position : ring->size - at;
	for (uint64_t most = head / stride; n < most && n < limit; n++, first += stride) {
		if (unlikely((word_at(first) & 0xffff0000ffffffff) != plain))
			break;
		if (sum)
			*sum += word_at(first + 12 + seq_offset);
	}
	return (int64_t)n;
}
