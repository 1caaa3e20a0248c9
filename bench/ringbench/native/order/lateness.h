/* Lateness: one event against what came before. Part of order.c. */

#define OCTAVES 65

struct group { /* of late events, by pair of CPUs, by kind or by span of time */
	u64 events, late, inversions, max_lateness, max_displacement;
	u32 lateness[OCTAVES], displacement[OCTAVES];
};

struct lateness {
	u64 events, seen, before;   /* the highest stamp, and that of the event just before */
	u64 seen_cpu, before_cpu;   /* whose they were */
	u64 overlap_ns;             /* submissions that lie this close may have overlapped */
	u64 inversions, same_cpu, close; /* same_cpu: both on one CPU; close: on two, within overlap_ns */
	u64 late, max_late;
	u64 *bins;                  /* of lateness, every event; 0: not kept */
	u64 bits;
	struct group *pairs, *kinds, *spans; /* pairs, spans: 0: not kept */
	u64 cpus, span_ns, begin_ns, n_spans;
};

static inline u64 span_of(const struct lateness *l, u64 ts)
{
	u64 span = ts > l->begin_ns ? (ts - l->begin_ns) / l->span_ns : 0;

	return span < l->n_spans ? span : l->n_spans - 1;
}

static inline void note_late(struct group *g, u64 late)
{
	g->late++;
	g->lateness[octave_of(late)]++;
	if (late > g->max_lateness)
		g->max_lateness = late;
}

/* Writes what each event had seen, and the CPU of the event that held that stamp. */
void lateness_feed(struct lateness *l, const u64 *ts, const u16 *cpu, const u8 *kind, u64 n, u64 *seen, u16 *holder)
{
	for (u64 i = 0; i < n; i++) {
		u64 at = ts[i], late;
		struct group *of_kind = l->kinds ? &l->kinds[kind[i]] : 0;
		struct group *of_span = l->spans ? &l->spans[span_of(l, at)] : 0;

		if (!l->events || at >= l->seen) {
			l->seen = at;
			l->seen_cpu = cpu[i];
		}
		late = l->seen - at;
		seen[i] = l->seen;
		holder[i] = (u16)l->seen_cpu;
		if (of_kind)
			of_kind->events++;
		if (of_span)
			of_span->events++;
		if (l->bins)
			l->bins[bin_of(late, (u32)l->bits)]++;
		if (late) {
			l->late++;
			if (late > l->max_late)
				l->max_late = late;
			if (of_kind)
				note_late(of_kind, late);
			if (of_span)
				note_late(of_span, late);
			if (l->pairs)
				note_late(&l->pairs[(u64)cpu[i] * l->cpus + l->seen_cpu], late);
		}
		if (l->events && at < l->before) {
			l->inversions++;
			if (cpu[i] == l->before_cpu)
				l->same_cpu++;
			else if (l->before - at <= l->overlap_ns)
				l->close++;
			if (of_kind)
				of_kind->inversions++;
			if (of_span)
				of_span->inversions++;
			if (l->pairs)
				l->pairs[(u64)cpu[i] * l->cpus + l->before_cpu].inversions++;
		}
		l->before = at;
		l->before_cpu = cpu[i];
		l->events++;
	}
}
