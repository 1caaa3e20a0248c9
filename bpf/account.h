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
 * how many: delivered and refused ones together are 0 + 1 + ... + (seq - 1). */
struct tally {
	u64 seq;            /* records made so far: the next one's number */
	u64 attempted[2];   /* submissions tried, by transport: FIRST, SECOND */
	u64 refused_seq[2]; /* sum of the numbers of those that were refused */
#ifdef INJECTED
	u64 injected_ns; /* time that the injected cost took, but for the first reading's */
#endif
};

BPF_ARRAY(window, struct window, 1);
BPF_PERCPU_ARRAY(tallies, struct tally, 1);
BPF_PERCPU_ARRAY(failed, u64, 2 * FAILED_CODES); /* by transport and return code */
BPF_PERCPU_ARRAY(births_refused, u64, 1);        /* lives that could not be named */

static __always_inline int in_window(u64 ts_ns)
{
	int zero = 0;
	struct window *w = window.lookup(&zero);

	return w && ts_ns >= w->start_ns && ts_ns < w->end_ns;
}

static __always_inline struct tally *own_tally(void)
{
	int zero = 0;

	return tallies.lookup(&zero);
}

/* A cost that is known, to see whether the analysis finds it: INJECTED readings of the clock for each submission. They
 * time themselves: from the first to the last lies what all but one of them take, here and now. */
static __always_inline void injected(struct tally *tally)
{
#ifdef INJECTED
	u64 first = bpf_ktime_get_ns(), last = first;

#pragma unroll
	for (int i = 1; i < INJECTED; i++)
		last = bpf_ktime_get_ns();
	tally->injected_ns += last - first;
#endif
}

/* A cost that is small against a clock reading: SPUN steps, each of which waits for the one before. How long they take
 * depends on the processor, so it is measured: bench/gatecheck.py. */
static __always_inline void spun(struct tally *tally)
{
#ifdef SPUN
	u64 x = tally->seq | 1;

#pragma unroll
	for (int i = 0; i < SPUN; i++) {
		x ^= x << 7;
		asm volatile("" : "+r"(x)); /* or the compiler would take several steps at once, or none */
	}
#endif
}

static __always_inline void account(struct tally *tally, int transport, int code, u64 seq)
{
	u64 *count;
	int slot;

	injected(tally);
	spun(tally);
	tally->attempted[transport]++;
	if (code >= 0)
		return;
	tally->refused_seq[transport] += seq;
	slot = code > NO_CODE ? -code : FAILED_CODES - 1;
	slot += transport * FAILED_CODES;
	count = failed.lookup(&slot);
	if (count)
		(*count)++;
}

/* Submit a record that has its number. In a paired trial both transports get the same bytes, and the one that goes
 * first alternates from record to record, so that neither always pays for the other. */
static __always_inline void emit(void *ctx, struct tally *tally, RECORD *e)
{
#ifdef SECOND
	if (e->seq & 1) {
		account(tally, 1, SECOND(ctx, e), e->seq);
		account(tally, 0, FIRST(ctx, e), e->seq);
		return;
	}
	account(tally, 0, FIRST(ctx, e), e->seq);
	account(tally, 1, SECOND(ctx, e), e->seq);
#else
	account(tally, 0, FIRST(ctx, e), e->seq);
#endif
}
