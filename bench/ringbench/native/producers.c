/* SPDX-License-Identifier: Apache-2.0 */
/* The producers' loops: a cheap system call again and again, two processes that hand a byte back and forth, and writers
 * whose records go straight from user space into a ring or the kernel's log. Plain C11 and no Python.h, loaded through
 * ctypes; bench/ringbench/native/producer.py mirrors the structures. */

#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"

#define NEAR_NS 60000 /* what a timer may be late by, with the slack that workers have */

/* Wait until `due`: asleep while it is far, then watching the clock. */
static void wait_until(uint64_t due)
{
	uint64_t early = due - NEAR_NS;

	if (now_ns() < early) {
		struct timespec until = {.tv_sec = early / 1000000000, .tv_nsec = early % 1000000000};

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	}
	while (now_ns() < due)
		;
}

/* Call getpgid() for a pid that cannot exist, `times` times, and count the calls where another process sees them: one in
 * `interval_ns` on an absolute schedule, which a late call does not push back; flat out where that is 0. */
void firehose(uint64_t times, long pid, volatile uint64_t *calls, uint64_t interval_ns)
{
	uint64_t due = interval_ns ? now_ns() : 0;

	for (uint64_t i = 0; i < times; i++) {
		if (interval_ns)
			wait_until(due += interval_ns);
		syscall(SYS_getpgid, pid);
		*calls = *calls + 1;
	}
}

/* One side of a pair: wait for the byte at `from`, send it back to `to`, and count that, endlessly. Two sides pinned to
 * one CPU make it switch for each. At a load the side that has an interval sends its byte on an absolute schedule, as
 * firehose() calls. Returns when a pipe is closed or broken. */
void hand_over(int from, int to, volatile uint64_t *sent, uint64_t interval_ns)
{
	uint64_t due = interval_ns ? now_ns() : 0;
	char byte;

	while (read(from, &byte, 1) == 1) {
		if (interval_ns)
			wait_until(due += interval_ns);
		if (write(to, &byte, 1) != 1)
			return;
		*sent = *sent + 1;
	}
}

/* ---- writers: producers in user space ------------------------------------------------------------------------------- */

#define SPINS 1024 /* before who waits gives its CPU away */
#define CODES 134 /* errno's, 0 to EHWPOISON (include/uapi/asm-generic/errno.h) */

/* One writer's orders and its account, in memory that its parent sees. */
struct writer {
	uint64_t begin_ns, end_ns; /* the window: what is stamped in it is written; 0: not known yet */
	uint64_t interval_ns;      /* from one turn to the next, on an absolute schedule; 0: flat out */
	uint64_t batch;            /* records a turn */
	uint64_t cpu;              /* in each record */
	uint64_t most;             /* records, ever */
	uint64_t *baton;           /* of a relay: whose turn it is, modulo `members`; NULL: nobody waits for anybody */
	uint64_t members, member;
	uint64_t ready; /* 1: it waits for its window */
	uint64_t turns;
	uint64_t attempted;
	uint64_t failed_sum;       /* sum of the numbers of those that were refused, modulo 2^64 */
	uint64_t ns;               /* in the turns, the stamps included */
	uint64_t broke;            /* errno with which it broke off; of the one that forked it */
	uint64_t over;             /* 1: nothing comes any more; likewise */
	uint64_t failed[CODES];    /* by errno */
};

struct record {
	uint64_t ts_ns;
	uint64_t number; /* the writer's CPU, and below it how many it attempted before, 32 bits each */
};

static inline int stamp(const struct writer *w, struct record *record)
{
	record->ts_ns = now_ns();
	record->number = w->cpu << 32 | (uint32_t)w->attempted;
	return record->ts_ns < w->end_ns;
}

static void refused(struct writer *w, int code, uint64_t number)
{
	w->failed[code > 0 && code < CODES ? code : 0]++;
	w->failed_sum += number;
}

/* Wait for this writer's turn in a relay, at most until the window ends. What the others wrote before has then happened
 * before whatever follows here. */
static inline int take_over(const struct writer *w)
{
	for (uint32_t spins = 1; load_acquire(w->baton) % w->members != w->member; spins++)
		if (spins % SPINS == 0) {
			if (now_ns() >= w->end_ns)
				return 0;
			sched_yield();
		}
	return 1;
}

/* Turn by turn until the window ends; `turn` writes up to `batch` records and returns how many it attempted. */
static inline __attribute__((always_inline)) void
write_in_turns(struct writer *w, uint64_t (*turn)(struct writer *, void *), void *to)
{
	const struct timespec moment = {.tv_nsec = 100000};
	uint64_t due;

	store_release(&w->ready, 1);
	while (!(due = load_acquire(&w->begin_ns)))
		nanosleep(&moment, NULL);
	do {
		uint64_t began, attempted;

		wait_until(due);
		due += w->interval_ns;
		if (w->baton && !take_over(w))
			break;
		began = now_ns();
		if (began >= w->end_ns || w->attempted + w->batch > w->most)
			break;
		attempted = turn(w, to);
		w->ns += now_ns() - began;
		if (w->baton)
			store_release(w->baton, *w->baton + 1);
		if (attempted < w->batch)
			break;
		store_release(&w->turns, w->turns + 1);
	} while (1);
}

/* ---- a mapped ring: the BPF ringbuf's algorithm in user space ------------------------------------------------------- */

#define BUSY (1u << 31)

/* Addresses, as struct ringbuf of rings.c; the lock lies on the producers' page. */
struct mapped_ring {
	uint64_t *consumer, *producer;
	uint8_t *data; /* mapped twice in a row */
	uint64_t size;
	uint32_t *lock;
};

/* Whoever holds it may have lost its CPU meanwhile, for the kernel alone can forbid that; so who waits long gives way. */
static inline void lock(uint32_t *word)
{
	while (unlikely(__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE)))
		for (uint32_t spins = 1; __atomic_load_n(word, __ATOMIC_RELAXED); spins++)
			if (spins % SPINS == 0)
				sched_yield();
}

/* kernel/bpf/ringbuf.c, __bpf_ringbuf_reserve() and bpf_ringbuf_commit(): room is taken under the lock, the record is
 * filled outside of it behind a header that says BUSY, and submitted by a header that doesn't. NULL: no room. */
static inline uint8_t *reserve(struct mapped_ring *ring, uint32_t bytes)
{
	uint64_t stride = (bytes + 8 + 7) & ~7u, position;
	uint32_t *header = NULL;

	lock(ring->lock);
	position = *ring->producer;
	if (likely(position + stride - load_acquire(ring->consumer) <= ring->size - 1)) {
		header = (uint32_t *)(ring->data + (position & (ring->size - 1)));
		header[0] = bytes | BUSY;
		header[1] = 0;
		store_release(ring->producer, position + stride);
	}
	store_release(ring->lock, 0);
	return (uint8_t *)header;
}

static uint64_t turn_of_ring(struct writer *w, void *to)
{
	struct mapped_ring *ring = to;
	struct record record;
	uint64_t n;

	for (n = 0; n < w->batch && stamp(w, &record); n++, w->attempted++) {
		uint8_t *header = reserve(ring, sizeof(record));

		if (unlikely(!header)) {
			refused(w, EAGAIN, record.number);
			continue;
		}
		memcpy(header + 8, &record, sizeof(record));
		store_release((uint32_t *)header, (uint32_t)sizeof(record));
	}
	return n;
}

void write_to_ring(struct writer *w, struct mapped_ring *ring)
{
	write_in_turns(w, turn_of_ring, ring);
}

/* ---- io_uring: completions posted into another ring ----------------------------------------------------------------- */

/* The writer's own ring, and the one that it posts to. Addresses of words of the mapping; masks are entries - 1. */
struct poster {
	uint32_t *sq_tail;
	uint8_t *sqes;
	uint64_t sq_mask;
	uint32_t *cq_head, *cq_tail;
	uint8_t *cqes;
	uint64_t cq_mask;
	uint64_t fd;
	uint64_t target_fd;
	uint64_t error; /* errno with which io_uring_enter() broke off */
};

/* struct io_uring_sqe, for IORING_OP_MSG_RING (io_uring/msg_ring.c): the record is off, len and file_index, which become
 * the completion's user_data, res and flags. */
struct msg_sqe {
	uint8_t opcode, flags;
	uint16_t ioprio;
	int32_t fd;
	uint64_t off, command;
	uint32_t len, msg_ring_flags;
	uint64_t user_data;
	uint32_t buffer, file_index;
	uint64_t more[2];
};

#define MSG_RING 40
#define CQE_SKIP_SUCCESS (1 << 6) /* the writer's own ring hears of refusals alone */
#define FLAGS_PASS (1 << 1)

static void hear_refusals(struct writer *w, struct poster *p)
{
	uint32_t head = *p->cq_head, tail = load_acquire(p->cq_tail);

	for (; head != tail; head++) {
		const uint8_t *cqe = p->cqes + 16 * (head & p->cq_mask);
		uint64_t number;
		int32_t result;

		memcpy(&number, cqe, sizeof(number));
		memcpy(&result, cqe + 8, sizeof(result));
		if (result < 0)
			refused(w, -result, number);
	}
	store_release(p->cq_head, head);
}

static uint64_t turn_of_poster(struct writer *w, void *to)
{
	struct poster *p = to;
	uint32_t tail = *p->sq_tail;
	uint64_t n, left;
	struct record record;

	for (n = 0; n < w->batch && stamp(w, &record); n++, w->attempted++) {
		struct msg_sqe *sqe = (struct msg_sqe *)(p->sqes + 64 * (tail++ & p->sq_mask));

		*sqe = (struct msg_sqe){
			.opcode = MSG_RING,
			.flags = CQE_SKIP_SUCCESS,
			.fd = (int32_t)p->target_fd,
			.off = record.ts_ns,
			.len = (uint32_t)record.number,
			.msg_ring_flags = FLAGS_PASS,
			.user_data = record.number,
			.file_index = (uint32_t)(record.number >> 32),
		};
	}
	store_release(p->sq_tail, tail);
	for (left = n; left;) {
		long taken = syscall(__NR_io_uring_enter, (int)p->fd, (uint32_t)left, 0, 0, NULL, 0);

		if (unlikely(taken < 0 && errno != EINTR)) {
			p->error = (uint64_t)errno;
			return 0;
		}
		left -= taken > 0 ? (uint64_t)taken : 0;
		hear_refusals(w, p);
	}
	return n;
}

void write_to_completions(struct writer *w, struct poster *p)
{
	write_in_turns(w, turn_of_poster, p);
}

/* ---- the kernel's log ----------------------------------------------------------------------------------------------- */

#define DEBUG_OF_USER 15 /* facility user, priority debug (syslog(3)) */

struct logger {
	uint64_t fd;
	const char *mark; /* what makes the record one of this session's */
};

static uint64_t turn_of_logger(struct writer *w, void *to)
{
	struct logger *l = to;
	struct record record;
	uint64_t n;

	for (n = 0; n < w->batch && stamp(w, &record); n++, w->attempted++) {
		char text[128];
		int bytes = snprintf(text, sizeof(text), "<%d>%s %llu %llu\n", DEBUG_OF_USER, l->mark,
				     (unsigned long long)record.number, (unsigned long long)record.ts_ns);

		if (unlikely(write((int)l->fd, text, (size_t)bytes) < 0))
			refused(w, errno, record.number);
	}
	return n;
}

void write_to_log(struct writer *w, struct logger *l)
{
	write_in_turns(w, turn_of_logger, l);
}

/* Python compares these with its own before it uses anything here. */
const uint64_t structure_bytes[4] = {sizeof(struct writer), sizeof(struct mapped_ring), sizeof(struct poster),
				     sizeof(struct logger)};
