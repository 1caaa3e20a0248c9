/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two programs that share the transport, of which one interrupts the other on its own CPU: one at each call of getpgid()
 * with FIREHOSE_PID, which lingers while its record is under way, and one at each tick of a timer.
 *
 * The outer one is a raw tracepoint's. A program that is attached by way of a perf event, as TRACEPOINT_PROBE() is, shuts
 * out all others of that kind on its CPU while it runs (bpf_prog_active, in kernel/trace/bpf_trace.c, trace_call_bpf(),
 * and kernel/events/core.c, bpf_overflow_handler()): over such a one, the timer's would never run. */
struct bpf_perf_event_data; /* what is in it isn't asked, and its header takes a second to compile */

/* What the two programs of a CPU tell each other. Each word has one writer. */
struct nest {
	u64 outer;         /* the number, plus one, of the outer record that is under way; 0: none is */
	u64 interruptions; /* how often an outer program was interrupted so far */
};

BPF_PERCPU_ARRAY(nests, struct nest, 1);

#define READ(place) (*(volatile u64 *)&(place))
#define WRITE(place, what) (*(volatile u64 *)&(place) = (what))
#define MOST_LOOKS 1024 /* at the clock: the verifier must see an end */

static __always_inline void linger(u64 since_ns)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < MOST_LOOKS; i++)
		if (bpf_ktime_get_ns() - since_ns >= LINGER_NS)
			break;
}

static __always_inline void begin(RECORD *e, u32 level, u64 seq, u64 ts_ns, u64 outer)
{
	e->seq = seq;
	e->ts_ns = ts_ns;
	e->outer = outer;
	e->cpu = bpf_get_smp_processor_id();
	e->level = level;
}

/* Everything but the submission itself. */
static __always_inline void finish(RECORD *e, u64 interruptions)
{
	u64 *words = (u64 *)e, check = 0;

	e->interruptions = interruptions;
	e->submit_ns = bpf_ktime_get_ns();
#pragma unroll
	for (int i = 0; i < sizeof(*e) / 8 - 1; i++) {
		check = (check ^ words[i]) * 0xff51afd7ed558ccdULL;
		check ^= check >> 32;
	}
	e->check = check;
}

/* Where a record can be filled where it will lie, it is reserved now and submitted after the lingering; for the others it
 * is made in this program's own memory, and the helper copies it at the end. */
static __always_inline void send(void *ctx, struct nest *nest, u32 level, u64 ts_ns, u64 outer)
{
	struct counters *counters = counters_of(level);
	u64 before = READ(nest->interruptions), seq;
#ifndef RESERVE
	RECORD own = {};
#endif
	RECORD *e;

	if (!counters)
		return;
	seq = counters->seq++;
	if (level == OUTER)
		WRITE(nest->outer, seq + 1);
#ifdef RESERVE
	e = RESERVE();
	if (e) {
#else
	e = &own;
	{
#endif
		begin(e, level, seq, ts_ns, outer);
		if (level == OUTER)
			linger(ts_ns);
		finish(e, level == OUTER ? READ(nest->interruptions) - before : 0);
#ifdef RESERVE
		COMMIT(e, seq);
	}
	account(counters, 0, e ? 0 : NO_CODE, seq);
#else
	}
	emit(ctx, counters, e);
#endif
	if (level == OUTER)
		WRITE(nest->outer, 0);
}

RAW_TRACEPOINT_PROBE(sys_enter)
{
	struct nest *nest;
	int zero = 0;
	u64 ts_ns;

	if (!is_ours(ctx))
		return 0;
	ts_ns = bpf_ktime_get_ns();
	nest = nests.lookup(&zero);
	if (nest && in_window(ts_ns))
		send(ctx, nest, OUTER, ts_ns, 0);
	return 0;
}

int timer(struct bpf_perf_event_data *ctx)
{
	u64 ts_ns = bpf_ktime_get_ns(), outer;
	struct nest *nest;
	int zero = 0;

	nest = nests.lookup(&zero);
	if (!nest || !in_window(ts_ns))
		return 0;
	outer = READ(nest->outer);
	if (outer)
		WRITE(nest->interruptions, nest->interruptions + 1);
	send(ctx, nest, INNER, ts_ns, outer);
	return 0;
}
