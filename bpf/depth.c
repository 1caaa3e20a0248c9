/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How deep submissions can nest on one CPU before one is refused. A program submits, and meanwhile another tracepoint is
 * met, whose program submits too, and so on: rung() is loaded many times over, since no program is run over itself.
 *
 * INSIDE=0: while the record is under way, by a read that faults (exceptions:page_fault_kernel is met in it).
 * INSIDE=1: during the submission itself, where the transport's own code faults (bench/ringbench/tools/nesting/depth.py). */

struct ladder {
	u64 ready;             /* the next tracepoint that is met may go one deeper */
	u64 depth;             /* programs that are running over each other */
	u64 deepest;
	s64 codes[DEPTHS + 1]; /* what each one's submission returned, by depth, from 1 */
};

BPF_PERCPU_ARRAY(ladders, struct ladder, 1);

#define WRITE(place, what) (*(volatile u64 *)&(place) = (what))
#define NOWHERE ((void *)0x47) /* no process has the page 0 (vm.mmap_min_addr) */

static __always_inline void let_in(struct ladder *ladder)
{
	char byte;

	WRITE(ladder->ready, 1);
	bpf_probe_read_user(&byte, sizeof(byte), NOWHERE);
	WRITE(ladder->ready, 0);
}

static __always_inline void climb(void *ctx, struct ladder *ladder)
{
	u64 depth = ladder->depth + 1;
	int code = 0;
	RECORD e = {};
#ifdef RESERVE
	RECORD *slot;
#endif

	if (depth > DEPTHS)
		return;
	ladder->depth = depth;
	if (depth > ladder->deepest)
		ladder->deepest = depth;
#ifdef RESERVE
	WRITE(ladder->ready, INSIDE);
	slot = RESERVE();
	WRITE(ladder->ready, 0);
	if (!INSIDE)
		let_in(ladder);
	if (slot) {
		*slot = e;
		COMMIT(slot, 0);
	} else {
		code = NO_CODE;
	}
#else
	if (!INSIDE)
		let_in(ladder);
	WRITE(ladder->ready, INSIDE);
	code = FIRST(ctx, &e);
	WRITE(ladder->ready, 0);
#endif
	ladder->codes[depth] = code;
	ladder->depth = depth - 1;
}

RAW_TRACEPOINT_PROBE(sys_enter)
{
	struct ladder *ladder;
	int zero = 0;

	ladder = ladders.lookup(&zero);
	if (ladder && is_ours(ctx))
		climb(ctx, ladder);
	return 0;
}

int rung(struct bpf_raw_tracepoint_args *ctx)
{
	struct ladder *ladder;
	int zero = 0;

	ladder = ladders.lookup(&zero);
	if (!ladder || !ladder->ready)
		return 0;
	WRITE(ladder->ready, 0); /* the next rungs on the same tracepoint are for the fault that comes in this one */
	climb(ctx, ladder);
	return 0;
}
