/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How deep submissions can nest on one CPU before one is refused. A program submits, and meanwhile another tracepoint is
 * met, whose program submits too, and so on: at_level() is loaded many times over, since no program is run over itself.
 *
 * INSIDE=0: while the record is under way, by a read that faults (exceptions:page_fault_kernel is met in it).
 * INSIDE=1: during the submission itself, where the transport's own code faults (bench/ringbench/tools/nesting/depth.py). */

struct levels {
	u64 ready;             /* the next tracepoint that is met may go one deeper */
	u64 depth;             /* programs that are running over each other */
	u64 deepest;
	s64 codes[DEPTHS + 1]; /* what each one's submission returned, by depth, from 1 */
};

BPF_PERCPU_ARRAY(levels_by_cpu, struct levels, 1);

#define WRITE(place, what) (*(volatile u64 *)&(place) = (what))
#define NOWHERE ((void *)0x47) /* no process has the page 0 (vm.mmap_min_addr) */

static __always_inline void let_in(struct levels *levels)
{
	char byte;

	WRITE(levels->ready, 1);
	bpf_probe_read_user(&byte, sizeof(byte), NOWHERE);
	WRITE(levels->ready, 0);
}

static __always_inline void climb(void *ctx, struct levels *levels)
{
	u64 depth = levels->depth + 1;
	int code = 0;
	RECORD e = {};
#ifdef RESERVE
	RECORD *slot;
#endif

	if (depth > DEPTHS)
		return;
	levels->depth = depth;
	if (depth > levels->deepest)
		levels->deepest = depth;
#ifdef RESERVE
	WRITE(levels->ready, INSIDE);
	slot = RESERVE();
	WRITE(levels->ready, 0);
	if (!INSIDE)
		let_in(levels);
	if (slot) {
		*slot = e;
		COMMIT(slot, 0);
	} else {
		code = NO_CODE;
	}
#else
	if (!INSIDE)
		let_in(levels);
	WRITE(levels->ready, INSIDE);
	code = FIRST(ctx, &e);
	WRITE(levels->ready, 0);
#endif
	levels->codes[depth] = code;
	levels->depth = depth - 1;
}

RAW_TRACEPOINT_PROBE(sys_enter)
{
	struct levels *levels;
	int zero = 0;

	levels = levels_by_cpu.lookup(&zero);
	if (levels && is_ours(ctx))
		climb(ctx, levels);
	return 0;
}

int at_level(struct bpf_raw_tracepoint_args *ctx)
{
	struct levels *levels;
	int zero = 0;

	levels = levels_by_cpu.lookup(&zero);
	if (!levels || !levels->ready)
		return 0;
	WRITE(levels->ready, 0); /* the next levels on the same tracepoint are for the fault that comes in this one */
	climb(ctx, levels);
	return 0;
}
