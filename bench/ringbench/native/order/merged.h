/* A reader's passes over rings of CPUs, and the same events merged. Part of order.c. */

struct passes {
	u64 number, cpu, received, events; /* of the pass that is going on; events of it so far */
	u64 blocks;              /* whether a ring's events came as blocks, each with one received stamp */
	u64 longest, cut;        /* passes that are longer are cut, and counted */
	u64 in_pass[1 << 13];    /* by CPU: the last pass that read it */
};

/* Writes where passes end: one does before a CPU that it has read already and left, and before a second block of one CPU.
 * Returns how many. */
u64 pass_ends(struct passes *p, const u16 *cpu, const u64 *received, u64 n, u64 *ends)
{
	u64 found = 0;

	for (u64 i = 0; i < n; i++) {
		int again = p->number && p->in_pass[cpu[i]] == p->number;
		int ended = again && (cpu[i] != p->cpu || (p->blocks && received[i] != p->received));

		if (p->events >= p->longest) {
			ended = 1;
			p->cut++;
		}
		if (ended)
			ends[found++] = i;
		if (ended || !p->number) {
			p->number++;
			p->events = 0;
		}
		p->cpu = cpu[i];
		p->received = received[i];
		p->in_pass[cpu[i]] = p->number;
		p->events++;
	}
	return found;
}

struct head {
	u64 ts, at;
};

static inline int earlier(struct head a, struct head b)
{
	return a.ts < b.ts || (a.ts == b.ts && a.at < b.at);
}

static void sift_down(struct head *heap, u64 n, u64 at)
{
	struct head moving = heap[at];

	for (;;) {
		u64 child = 2 * at + 1;

		if (child >= n)
			break;
		if (child + 1 < n && earlier(heap[child + 1], heap[child]))
			child++;
		if (!earlier(heap[child], moving))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moving;
}

/* Merges each pass's streams of one CPU each, always the head with the lowest stamp first: order gets the indices. A
 * stream keeps its own order. next has room for n; heap and last for one a CPU; last is all NONE before and after. */
void merge_passes(const u64 *ts, const u16 *cpu, const u64 *ends, u64 n_ends, u64 *order, u64 *next, u64 *last,
		  struct head *heap)
{
	u64 begin = 0;

	for (u64 pass = 0; pass < n_ends; pass++) {
		u64 streams = 0, end = ends[pass];

		for (u64 i = begin; i < end; i++) {
			if (last[cpu[i]] == NONE)
				heap[streams++] = (struct head){ ts[i], i };
			else
				next[last[cpu[i]]] = i;
			last[cpu[i]] = i;
			next[i] = NONE;
		}
		for (u64 i = begin; i < end; i++)
			last[cpu[i]] = NONE;
		for (u64 i = streams / 2; i-- > 0;)
			sift_down(heap, streams, i);
		for (u64 out = begin; out < end; out++) {
			u64 at = heap[0].at;

			order[out] = at;
			if (next[at] != NONE)
				heap[0] = (struct head){ ts[next[at]], next[at] };
			else
				heap[0] = heap[--streams];
			sift_down(heap, streams, 0);
		}
		begin = end;
	}
}
