/* SPDX-License-Identifier: Apache-2.0 */
/* The loops that Python and numpy cannot run at the speed of C: draining mapped rings record by record, and the callbacks
 * that BCC's and libbpf's readers call. Plain C11 and no Python.h: bench/ringbench/native/__init__.py loads it through ctypes and
 * mirrors the structures. The producers are producers.c.
 *
 * Every length and position is checked before it is followed: a ring can be damaged, and nothing outside its mapping
 * may be read. Positions are loaded with acquire and stored with release, as kernel/bpf/ringbuf.c and
 * include/uapi/linux/perf_event.h ask for; on x86-64 these are plain moves. */

#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

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

/* ---- the ringbuf ------------------------------------------------------------------------------------------------ */

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

/* ---- a CPU's perf ring ------------------------------------------------------------------------------------------ */

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

/* ---- the ticket ring --------------------------------------------------------------------------------------------- */

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

/* ---- io_uring's completions ---------------------------------------------------------------------------------------- */

/* Take completions of 16 bytes, each a record, at most sink->limit. `head` is the reader's, `tail` the kernel's; they
 * count on and wrap (include/uapi/linux/io_uring.h). Returns how many. */
int64_t completions_drain(uint32_t *head, const uint32_t *tail, const uint8_t *cqes, uint64_t entries, struct sink *sink)
{
	uint32_t position = *head, ready = load_acquire(tail) - position, taken;

	if (unlikely(ready > entries))
		return stop_at(sink, DAMAGED, 0, ready);
	if (ready > sink->limit)
		ready = (uint32_t)sink->limit;
	for (taken = 0; taken < ready; taken++)
		if (unlikely(put(sink, cqes + 16 * ((position + taken) & (entries - 1)), 16)))
			break;
	store_release(head, position + taken);
	return taken;
}

/* ---- the queue map ---------------------------------------------------------------------------------------------- */

#define BPF_MAP_LOOKUP_AND_DELETE_ELEM 21

/* Pop records, at most sink->limit, each by a system call (`number`: bpf(2)'s). Returns how many, or minus the errno
 * with which the kernel refused; an empty queue is no refusal. */
int64_t queue_drain(int map, long number, uint64_t record, struct sink *sink)
{
	struct {
		uint32_t map, unused;
		uint64_t key, value, flags;
	} attributes = {.map = (uint32_t)map, .value = record};
	uint64_t before = sink->count;

	while (sink->count - before < sink->limit) {
		if (syscall(number, BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attributes, sizeof(attributes))) {
			if (errno != ENOENT)
				return -errno;
			break;
		}
		if (unlikely(put_any(sink, (const uint8_t *)(uintptr_t)record, sink->record_bytes)))
			break;
	}
	return (int64_t)(sink->count - before);
}

/* ---- ftrace ------------------------------------------------------------------------------------------------------ */

#include "ftrace.h"

/* ---- callbacks of other readers --------------------------------------------------------------------------------- */

/* For libbpf's ring_buffer, and BCC's, which is that. A negative return ends the poll with this record consumed. */
int on_ringbuf(void *context, void *data, size_t bytes)
{
	struct sink *sink = context;

	if (unlikely(!fits(sink, 0, bytes) || put_any(sink, data, bytes)))
		return -1;
	return unlikely(++sink->in_call >= sink->limit) ? -1 : 0;
}

/* For BCC's perf reader (perf_reader_raw_cb): it cannot be stopped, and reads a CPU's ring until that is empty. */
void on_perf_of_bcc(void *context, void *data, int bytes)
{
	struct sink *sink = context;

	if (unlikely(sink->error))
		return;
	if (unlikely(bytes < 0 || (sink->record_bytes && (uint64_t)bytes - sink->record_bytes >= 8)))
		stop_at(sink, UNEXPECTED_RECORD, RECORD_SAMPLE, (uint32_t)bytes);
	else if (likely(sink->record_bytes))
		put_any(sink, data, sink->record_bytes);
	else if (fits(sink, RECORD_SAMPLE, (uint64_t)bytes))
		put(sink, data, (uint64_t)bytes);
}

void on_lost_of_bcc(void *context, uint64_t lost)
{
	((struct sink *)context)->lost += lost;
}

/* For libbpf's perf_buffer__new_raw(): LIBBPF_PERF_EVENT_CONT is -2, LIBBPF_PERF_EVENT_DONE 0, _ERROR -1. After DONE
 * and ERROR the record counts as consumed (libbpf.c, perf_event_read_simple()). */
int on_perf_of_libbpf(void *context, int cpu, void *record)
{
	struct sink *sink = context;

	(void)cpu;
	if (unlikely(perf_record(sink, record)))
		return -1;
	return unlikely(++sink->in_call >= sink->limit) ? 0 : -2;
}

/* Python compares these with its own before it uses anything here. */
const uint64_t structure_bytes[5] = {sizeof(struct sink), sizeof(struct ringbuf), sizeof(struct perf_ring),
				     sizeof(struct tickets), sizeof(struct ftrace)};
