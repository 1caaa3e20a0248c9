/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The window of the measurement, and the account of what was tried and what was refused in it.
 *
 * An event belongs to the trial when its own stamp lies in the window, so the decision is taken once, in the kernel,
 * and needs no agreement with user space about when "start" was. FIRST and SECOND name the submit functions (-D);
 * SECOND only in a paired trial. */

struct window {
	u64 start_ns;
	u64 end_ns;
};

/* A CPU's account. With the sums of sequence numbers, what was delivered can be told from what was not, and not only
 * how many: delivered and refused ones together are 0 + 1 + ... + (seq - 1).
 *
 * Programs of which one can interrupt the other have a counters each, LEVELS of them: to add is to load, to add and to
 * store, and what an interrupt adds in between would be undone. No program interrupts itself (kernel/trace/bpf_trace.c,
 * prog->active and bpf_prog_active). */
#ifndef LEVELS
#define LEVELS 1
#endif

struct counters {
	u64 seq;            /* records made so far: the next one's number */
	u64 attempted[2];   /* submissions tried, by transport: FIRST, SECOND */
	u64 refused_seq[2]; /* sum of the numbers of those that were refused */
	u64 failed[2 * FAILED_CODES]; /* by transport and return code */
#ifdef INJECTED
	u64 injected_ns; /* time that the injected cost took, but for the first reading's */
#endif
};

BPF_ARRAY(window, struct window, 1);
BPF_PERCPU_ARRAY(all_counters, struct counters, LEVELS);
BPF_PERCPU_ARRAY(task_map_full, u64, 1); /* lives that could not be named */

/* Each run of a probe asks this once. NOTE_RUN (-D): a transport's function that must know of every run. */
static __always_inline int in_window(u64 ts_ns)
{
	int zero = 0;
	struct window *w = window.lookup(&zero);
	int inside = w && ts_ns >= w->start_ns && ts_ns < w->end_ns;

#ifdef NOTE_RUN
	NOTE_RUN(ts_ns, inside);
#endif
	return inside;
}

static __always_inline struct counters *counters_of(int level)
{
	return all_counters.lookup(&level);
}

static __always_inline struct counters *own_counters(void)
{
	return counters_of(0);
}

/* A cost that is known, to see whether the analysis finds it: INJECTED readings of the clock for each submission. They
 * time themselves: from the first to the last lies what all but one of them take, here and now. */
static __always_inline void injected(struct counters *counters)
{
#ifdef INJECTED
	u64 first = bpf_ktime_get_ns(), last = first;

#pragma unroll
	for (int i = 1; i < INJECTED; i++)
		last = bpf_ktime_get_ns();
	counters->injected_ns += last - first;
#endif
}

/* A cost that is small against a clock reading: SPUN steps, each of which waits for the one before. How long they take
 * depends on the processor, so it is measured: bench/ringbench/analysis/selftest/gate_rates.py. */
static __always_inline void spun(struct counters *counters)
{
#ifdef SPUN
	u64 x = counters->seq | 1;

#pragma unroll
	for (int i = 0; i < SPUN; i++) {
		x ^= x << 7;
		asm volatile("" : "+r"(x)); /* or the compiler would take several steps at once, or none */
	}
#endif
}

static __always_inline void account(struct counters *counters, int transport, int code, u64 seq)
{
	u32 slot;

	injected(counters);
	spun(counters);
	counters->attempted[transport]++;
	if (code >= 0)
		return;
	counters->refused_seq[transport] += seq;
	slot = code > NO_CODE ? -code : FAILED_CODES - 1;
	counters->failed[transport * FAILED_CODES + (slot & (FAILED_CODES - 1))]++; /* the verifier must see the bound */
}

/* Submit a record that has its number. In a paired trial both transports get the same bytes, and the one that goes
 * first alternates from record to record, so that neither always pays for the other. */
static __always_inline void emit(void *ctx, struct counters *counters, RECORD *e)
{
#ifdef SECOND
	if (e->seq & 1) {
		account(counters, 1, SECOND(ctx, e), e->seq);
		account(counters, 0, FIRST(ctx, e), e->seq);
		return;
	}
	account(counters, 0, FIRST(ctx, e), e->seq);
	account(counters, 1, SECOND(ctx, e), e->seq);
#else
	account(counters, 0, FIRST(ctx, e), e->seq);
#endif
}
