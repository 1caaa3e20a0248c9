/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ftrace: the kernel itself writes the record, when the tracepoint comes to the callback of the tracefs instance that the
 * reader made. Nothing is submitted here; what is kept is what tells which of ftrace's records belong to the trial.
 *
 * The callbacks of a tracepoint run one after the other, in the order in which they were registered
 * (kernel/tracepoint.c, func_add()), and this program's came first: so on each CPU a run of it, its stamp, and ftrace's
 * stamp of the same event take turns. A record is of a span of runs if it is stamped after the span's first run, and not
 * after the first run behind it.
 *
 * What ftrace's callback takes is no program's run time, so three programs can look at the clock around it, in that same
 * order: the first two with nothing in between, the third behind the callback. What lies between the second and the third,
 * less what lies between the first and the second, is the callback's. */

struct ftrace_span {
	u64 runs;
	u64 first_ns; /* stamp of its first run; 0: none so far */
	u64 next_ns;  /* stamp of the first run behind it; 0: none so far */
};

struct ftrace_cpu {
	u64 counting; /* set by the reader: runs are counted, for all of ftrace's records of them have a way to the ring */
	struct ftrace_span counted; /* the runs meanwhile */
	struct ftrace_span window;  /* those in the trial's window */
	u64 first_ns, second_ns;    /* when the first two looked at the event that this CPU is at; 0: not at all */
	u64 looks;                  /* events in the window that all three have looked at */
	u64 idle_ns, busy_ns;       /* between the first two; between the last two */
	u64 unused[4];              /* two cache lines for each CPU */
};

BPF_F_TABLE("array", u32, struct ftrace_cpu, ftrace_runs, RINGS, BPF_F_MMAPABLE);

static __always_inline void ftrace_ran(struct ftrace_span *span, u64 ts_ns, int inside)
{
	if (inside) {
		if (!span->runs++)
			span->first_ns = ts_ns;
	} else if (span->runs && !span->next_ns) {
		span->next_ns = ts_ns;
	}
}

static __always_inline void note_run_ftrace(u64 ts_ns, int in_window)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct ftrace_cpu *own = ftrace_runs.lookup(&cpu);

	if (!own)
		return;
	ftrace_ran(&own->counted, ts_ns, own->counting != 0);
	ftrace_ran(&own->window, ts_ns, in_window);
}

/* The event is of the window if the last run was: that was this event's, and came before. */
int look_first(struct bpf_raw_tracepoint_args *ctx)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct ftrace_cpu *own = ftrace_runs.lookup(&cpu);

	if (own)
		own->first_ns = bpf_ktime_get_ns();
	return 0;
}

int look_second(struct bpf_raw_tracepoint_args *ctx)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct ftrace_cpu *own = ftrace_runs.lookup(&cpu);

	if (own)
		own->second_ns = bpf_ktime_get_ns();
	return 0;
}

int look_third(struct bpf_raw_tracepoint_args *ctx)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct ftrace_cpu *own = ftrace_runs.lookup(&cpu);
	u64 third_ns;

	if (!own)
		return 0;
	third_ns = bpf_ktime_get_ns();
	if (own->first_ns && own->second_ns && own->window.runs && !own->window.next_ns) {
		own->looks++;
		own->idle_ns += own->second_ns - own->first_ns;
		own->busy_ns += third_ns - own->second_ns;
	}
	own->first_ns = own->second_ns = 0;
	return 0;
}

static __always_inline int submit_ftrace(void *ctx, RECORD *e)
{
	return 0;
}
