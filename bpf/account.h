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

BPF_ARRAY(window, struct window, 1);
BPF_PERCPU_ARRAY(sequence, u64, 1);                      /* events that passed the window */
BPF_PERCPU_ARRAY(attempted, u64, 2);                     /* by transport: FIRST, SECOND */
BPF_PERCPU_ARRAY(failed, u64, 2 * FAILED_CODES);         /* by transport and return code */
BPF_PERCPU_ARRAY(births_refused, u64, 1);                /* lives that could not be named */

static __always_inline int in_window(u64 ts_ns)
{
	int zero = 0;
	struct window *w = window.lookup(&zero);

	return w && ts_ns >= w->start_ns && ts_ns < w->end_ns;
}

static __always_inline void account(int transport, int code)
{
	u64 *count = attempted.lookup(&transport);
	int slot;

	if (count)
		(*count)++;
	if (code >= 0)
		return;
	slot = code > NO_CODE ? -code : FAILED_CODES - 1;
	slot += transport * FAILED_CODES;
	count = failed.lookup(&slot);
	if (count)
		(*count)++;
}

/* Number the event on its CPU and submit it. In a paired trial both transports get the same bytes, and the one that
 * goes first alternates from event to event, so that neither always pays for the other. */
static __always_inline void emit(void *ctx, struct event *e)
{
	int zero = 0;
	u64 *seq = sequence.lookup(&zero);

	if (!seq)
		return;
	e->seq = (*seq)++;
#ifdef SECOND
	if (e->seq & 1) {
		account(1, SECOND(ctx, e));
		account(0, FIRST(ctx, e));
		return;
	}
	account(0, FIRST(ctx, e));
	account(1, SECOND(ctx, e));
#else
	account(0, FIRST(ctx, e));
#endif
}
