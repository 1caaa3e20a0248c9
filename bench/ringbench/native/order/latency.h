/* Latency. Part of order.c. */

struct latency {
	u64 bits, *bins, *negative; /* received - ts; negative: of those received before their stamp */
	u64 *batching;              /* bins of how much older an event is than the youngest of its block */
	u64 blocks, most;
};

/* Takes whole blocks: events with one received stamp. */
void latency_feed(struct latency *l, const u64 *ts, const u64 *received, u64 n)
{
	u64 end;

	for (u64 begin = 0; begin < n; begin = end) {
		u64 at = received[begin], youngest = 0;

		for (end = begin; end < n && received[end] == at; end++) {
			if (ts[end] > youngest)
				youngest = ts[end];
			if (at >= ts[end])
				l->bins[bin_of(at - ts[end], (u32)l->bits)]++;
			else
				l->negative[bin_of(ts[end] - at, (u32)l->bits)]++;
		}
		for (u64 i = begin; i < end; i++)
			l->batching[bin_of(youngest - ts[i], (u32)l->bits)]++;
		if (end - begin > l->most)
			l->most = end - begin;
		l->blocks++;
	}
}

/* Counts the values of one bin [low, low + width << shift) by 2^shift: which of them the quantile is. */
void count_closely(u64 *counts, u64 n_counts, u64 low, u64 shift, const u64 *ts, const u64 *received, u64 n)
{
	for (u64 i = 0; i < n; i++) {
		u64 value = received[i] - ts[i];

		if (received[i] >= ts[i] && value >= low && (value - low) >> shift < n_counts)
			counts[(value - low) >> shift]++;
	}
}
