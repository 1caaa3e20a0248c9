/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a submit function returns: 0, or a negative errno, or NO_CODE where a helper refuses without giving one. */
#define FAILED_CODES 128
#define NO_CODE (-(FAILED_CODES - 1))

/* When a ringbuf's record wakes the reader: the flags of the submission. The perf buffer's counterpart stands in the
 * attributes of its perf events, which user space opens.
 *
 * WAKE_BATCH=N  one record in N, counted on each CPU, as perf's wakeup_events counts in each ring
 * WAKE_BYTES=N  the record with which N bytes are unread. The kernel's own benchmark forces a wake-up for every record
 *               from there on (tools/testing/selftests/bpf/progs/ringbuf_bench.c, get_flags()); a reader that is a
 *               little late then costs its producers several microseconds a record. Here only records just above N
 *               wake: each CPU has at most one that is reserved and hasn't asked yet, so of those that are about to
 *               cross N, the first to ask sees N and at most a record for each CPU more.
 * else          WAKE, the same flags for every record */

#if defined(WAKE_BYTES)
#define WAKE_SPAN ((sizeof(RECORD) + 8) * (WAKE_CPUS + 1))
#define WAKE_FLAGS(unread, seq) (unread() - WAKE_BYTES < WAKE_SPAN ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP)
#elif defined(WAKE_BATCH)
#define WAKE_FLAGS(unread, seq) ((seq) % WAKE_BATCH == WAKE_BATCH - 1 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP)
#else
#define WAKE_FLAGS(unread, seq) (WAKE)
#endif

/* BCC has no map function for bpf_ringbuf_query() (missing up to 0.31 at least). It rewrites events.ringbuf_reserve(x)
 * to bpf_ringbuf_reserve(map, x, 0); between these two names, that text becomes a query of the same map. */
#define QUERY_INSTEAD_OF_RESERVE(map, what, flags) bpf_ringbuf_query(map, what)
