/* Ranks: each event's place in stamp order, inversions over all pairs, and the wait that would do. Part of order.c. */

struct item {
	u64 ts, tag;
	u64 seen;
	u64 above; /* the lowest stamp above its own that was delivered before it; NONE: there is none, it is not late */
};

/* A tag is place << 28 | holder << 15 | cpu << 2 | kind: 36 bits of place, 13 of each CPU. */
void make_items(struct item *items, const u64 *ts, const u64 *seen, const u16 *holder, const u16 *cpu, const u8 *kind,
		u64 n, u64 first)
{
	for (u64 i = 0; i < n; i++)
		items[i] = (struct item){
			.ts = ts[i],
			.tag = (first + i) << 28 | (u64)holder[i] << 15 | (u64)cpu[i] << 2 | kind[i],
			.seen = seen[i],
			.above = NONE,
		};
}

/* The first of n sorted items whose stamp is above ts. */
static u64 after(const struct item *items, u64 n, u64 ts)
{
	u64 low = 0, high = n;

	while (low < high) {
		u64 middle = low + (high - low) / 2;

		if (items[middle].ts <= ts)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Merges two sorted neighbours, the left delivered before the right, stably; scratch has room for left items. Returns
 * how many pairs of one from each are inverted (Knight 1966, JASA 61: Kendall's tau by merging). */
u64 merge_items(struct item *items, u64 left, u64 right, struct item *scratch)
{
	struct item *out, *l = scratch, *l_end, *r = items + left, *r_end = r + right;
	u64 inversions = 0, skip;

	if (!left || !right || items[left - 1].ts <= r->ts)
		return 0;
	skip = after(items, left, r->ts); /* these stay where they are */
	out = items + skip;
	l_end = scratch + (left - skip);
	memcpy(scratch, out, (left - skip) * sizeof(*out));
	while (l < l_end && r < r_end) {
		if (l->ts <= r->ts) {
			*out++ = *l++;
		} else {
			inversions += (u64)(l_end - l);
			if (l->ts < r->above)
				r->above = l->ts;
			*out++ = *r++;
		}
	}
	memcpy(out, l, (size_t)(l_end - l) * sizeof(*out)); /* what is left of the right lies there already */
	return inversions;
}

static u64 run_end(const struct item *items, u64 from, u64 n)
{
	u64 i = from + 1;

	while (i < n && items[i - 1].ts <= items[i].ts)
		i++;
	return i;
}

/* Sorts n items by stamp, stably; returns the inversions among them. ends has room for n, scratch for n. */
u64 sort_items(struct item *items, u64 n, struct item *scratch, u64 *ends)
{
	u64 runs = 0, inversions = 0;

	for (u64 i = 0; i < n; runs++)
		ends[runs] = i = run_end(items, i, n);
	while (runs > 1) {
		u64 kept = 0, begin = 0;

		for (u64 run = 0; run < runs; run += 2) {
			u64 end = ends[run];

			if (run + 1 < runs) {
				inversions += merge_items(items + begin, end - begin, ends[run + 1] - end, scratch);
				end = ends[run + 1];
			}
			ends[kept++] = end;
			begin = end;
		}
		runs = kept;
	}
	return inversions;
}

/* How many of n sorted items have a stamp of at most ts. */
u64 up_to(const struct item *items, u64 n, u64 ts)
{
	return after(items, n, ts);
}

struct ranks {
	u64 placed;                /* items that have their place in stamp order */
	u64 max_displacement, displaced;
	u64 *displacement, *needed, bits; /* bins, every event */
	u64 max_needed;
};

static inline void note_displaced(struct group *g, u64 distance)
{
	g->displacement[octave_of(distance)]++;
	if (distance > g->max_displacement)
		g->max_displacement = distance;
}

/* Takes the next n items of stamp order. The groups are those of the lateness that has seen the same events. */
void place_items(struct ranks *r, const struct lateness *l, const struct item *items, u64 n)
{
	for (u64 i = 0; i < n; i++) {
		const struct item *x = &items[i];
		u64 place = x->tag >> 28, rank = r->placed + i;
		u64 distance = place > rank ? place - rank : rank - place;
		u64 cpu = x->tag >> 2 & 0x1fff, holder = x->tag >> 15 & 0x1fff;
		/* Held for less, it comes out behind "above" (data/order/reorder_window.py has the proof). */
		u64 needed = x->above == NONE ? 0 : x->seen - x->above + 1;

		r->displacement[bin_of(distance, (u32)r->bits)]++;
		r->needed[bin_of(needed, (u32)r->bits)]++;
		if (distance > r->max_displacement)
			r->max_displacement = distance;
		if (needed > r->max_needed)
			r->max_needed = needed;
		if (distance) {
			r->displaced++;
			if (l->kinds)
				note_displaced(&l->kinds[x->tag & 3], distance);
			if (l->spans)
				note_displaced(&l->spans[span_of(l, x->ts)], distance);
			if (l->pairs && x->seen != x->ts)
				note_displaced(&l->pairs[cpu * l->cpus + holder], distance);
		}
	}
	r->placed += n;
}
