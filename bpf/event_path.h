/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The account of somebody else's program: put in front of it by bench/ringbench/tools/event_path.py.
 *
 * The program hands to ringbench_count() what its own submission returned: attempted and refused are then counted where
 * they happen, on each CPU. A reservation that was refused is counted by what it would have returned:
 *
 *	ringbench_count(events.ringbuf_output(&e, sizeof(e), 0));
 *	ringbench_count(events.perf_submit(ctx, &e, sizeof(e)));
 *
 *	e = events.ringbuf_reserve(sizeof(*e));
 *	if (!e)
 *		return ringbench_count(-1), 0;
 *	...
 *	events.ringbuf_submit(e, 0);
 *	ringbench_count(0); */
#include <uapi/linux/ptrace.h>

struct ringbench_account {
	u64 attempted;
	u64 failed;
};

BPF_PERCPU_ARRAY(ringbench_accounts, struct ringbench_account, 1);

static __always_inline int ringbench_count(long error)
{
	int zero = 0;
	struct ringbench_account *account = ringbench_accounts.lookup(&zero);

	if (account) {
		account->attempted++;
		if (error < 0)
			account->failed++;
	}
	return error < 0;
}
