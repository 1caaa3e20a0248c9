/* SPDX-License-Identifier: Apache-2.0 */
/* Where records go: the sink of a reader, and the ways to put records into it. */

/* What can stop a reader for good; sink.error. */
enum { NOTHING, FULL, UNEXPECTED_RECORD, DAMAGED };

/* Where records go, and what became of them. One sink belongs to one reader and one thread. */
struct sink {
	uint8_t *records;      /* room for what is kept; NULL: records are counted where they lie */
	uint64_t *ends;        /* of records of any length: where each kept one ends in records; NULL: they are fixed */
	uint64_t *received_ns; /* CLOCK_MONOTONIC at which each kept record was in hand; NULL: not asked for */
	uint64_t room;         /* bytes at records */
	uint64_t slots;        /* entries at ends and received_ns */
	uint64_t record_bytes; /* what a record must have; 0: any length */
	uint64_t seq_offset;   /* where its sequence number (u64) lies */
	uint64_t overwrite;    /* a full sink starts again at its beginning, since only the counts matter; else it stops */
	uint64_t limit;        /* records that one call may hand over */
	uint64_t in_call;      /* records that the callbacks met in this call, perf's others included */
	uint64_t kept;         /* records at records */
	uint64_t used;         /* bytes at records */
	uint64_t count;        /* records handed over in all */
	uint64_t bytes;        /* their payload */
	uint64_t seq_sum;      /* sum of their sequence numbers, modulo 2^64 */
	uint64_t lost;         /* what PERF_RECORD_LOST said */
	uint64_t discarded;    /* the ringbuf's discarded records, stepped over */
	uint64_t others;       /* perf's records that carry no event (throttle and the like), stepped over */
	uint64_t error;        /* what stopped the reader for good */
	uint64_t error_kind;   /* with UNEXPECTED_RECORD or DAMAGED: the record's type (perf) ... */
	uint64_t error_bytes;  /* ... and its length */
	int (*turn)(struct sink *); /* called when a sink is full that doesn't start again: gives it other memory and returns
				     * 0; NULL: there is none */
};

static int stop_at(struct sink *sink, uint64_t error, uint64_t kind, uint64_t bytes)
{
	sink->error = error;
	sink->error_kind = kind;
	sink->error_bytes = bytes;
	return -1;
}

static inline uint64_t word_at(const uint8_t *place)
{
	uint64_t word;

	memcpy(&word, place, sizeof(word));
	return word;
}

/* Have room again for a record of `bytes` in a sink that is full, or stop it for good. */
static __attribute__((noinline, cold)) int make_room(struct sink *sink, uint64_t bytes)
{
	if (sink->turn) {
		if (sink->turn(sink) || bytes > sink->room - sink->used || sink->slots <= sink->kept)
			return stop_at(sink, FULL, 0, bytes);
		return 0;
	}
	if (!sink->overwrite || bytes > sink->room)
		return stop_at(sink, FULL, 0, bytes);
	sink->used = sink->kept = 0;
	return 0;
}

/* Take one record; `bytes` is a constant in the callers that matter, so that the copy is a few moves. */
static inline __attribute__((always_inline)) int put(struct sink *sink, const uint8_t *data, uint64_t bytes)
{
	if (sink->records) {
		uint64_t used = sink->used;

		if (unlikely(used + bytes > sink->room || sink->kept >= sink->slots)) {
			if (make_room(sink, bytes))
				return -1;
			used = sink->used;
		}
		memcpy(sink->records + used, data, bytes);
		sink->used = used + bytes;
		if (sink->ends)
			sink->ends[sink->kept] = sink->used;
		if (sink->received_ns)
			sink->received_ns[sink->kept] = now_ns();
		sink->kept++;
	}
	sink->seq_sum += word_at(data + sink->seq_offset);
	sink->bytes += bytes;
	sink->count++;
	return 0;
}

/* A record of a length that is not ours is refused: the ring carries something else than events. */
static inline __attribute__((always_inline)) int fits(struct sink *sink, uint64_t kind, uint64_t bytes)
{
	uint64_t least = sink->seq_offset + sizeof(uint64_t);

	if (likely(sink->record_bytes ? bytes == sink->record_bytes : bytes >= least))
		return 1;
	stop_at(sink, UNEXPECTED_RECORD, kind, bytes);
	return 0;
}

static inline __attribute__((always_inline)) int put_any(struct sink *sink, const uint8_t *data, uint64_t bytes)
{
	switch (bytes) {
	case 8: return put(sink, data, 8);
	case 32: return put(sink, data, 32);
	case 56: return put(sink, data, 56);
	case 64: return put(sink, data, 64);
	default: return put(sink, data, bytes);
	}
}

/* Take up to `most` records of one length that lie `stride` apart, as long as each is preceded by `plain`, its header.
 * Where the next one lies doesn't hang on what this one says, so the processor need not wait for it: half the time of
 * following the lengths. Returns how many. `payload`: from the header to the data. */
static inline __attribute__((always_inline)) uint64_t
take_run(struct sink *sink, const uint8_t *first, uint64_t most, uint64_t stride, uint64_t mask, uint64_t plain,
	 uint64_t payload, uint64_t bytes)
{
	uint8_t *into = sink->records ? sink->records + sink->used : 0;
	uint64_t sum = 0, n, seq_offset = sink->seq_offset;

#pragma GCC unroll 4
	for (n = 0; n < most; n++, first += stride) {
		if (unlikely((load_acquire((const uint64_t *)first) & mask) != plain))
			break;
		if (into) {
			memcpy(into, first + payload, bytes);
			into += bytes;
		}
		sum += word_at(first + payload + seq_offset);
	}
	if (into) {
		sink->used += n * bytes;
		sink->kept += n;
	}
	sink->seq_sum += sum;
	sink->count += n;
	sink->bytes += n * bytes;
	return n;
}

/* As take_run(), for as many as the sink has room for; the common lengths are constants, so that a copy is few moves. */
static uint64_t take_plain(struct sink *sink, const uint8_t *first, uint64_t most, uint64_t stride, uint64_t mask,
			   uint64_t plain, uint64_t payload)
{
	uint64_t bytes = sink->record_bytes;

	if (sink->ends || sink->received_ns)
		return 0;
	if (sink->records) {
		uint64_t room = (sink->room - sink->used) / bytes;

		if (sink->slots - sink->kept < room)
			room = sink->slots - sink->kept;
		if (!room && sink->overwrite) {
			sink->used = sink->kept = 0;
			room = sink->room / bytes < sink->slots ? sink->room / bytes : sink->slots;
		}
		if (room < most)
			most = room;
	}
	switch (bytes) {
	case 8: return take_run(sink, first, most, stride, mask, plain, payload, 8);
	case 32: return take_run(sink, first, most, stride, mask, plain, payload, 32);
	case 56: return take_run(sink, first, most, stride, mask, plain, payload, 56);
	case 64: return take_run(sink, first, most, stride, mask, plain, payload, 64);
	default: return take_run(sink, first, most, stride, mask, plain, payload, bytes);
	}
}
