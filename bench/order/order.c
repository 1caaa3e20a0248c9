/* The loops of bench.order: exact figures of order over streams of any length, chunk by chunk. bench/order/compiled.py
 * is the same as Python sees it. Nothing here allocates memory, and nothing keeps a pointer between calls.
 *
 * A recording comes in chunks of columns, in delivery order. Stamps are u64 ns, CPUs u16, kinds u8 (bench.event), births
 * u64 with 0 for none. "seen" of an event is the highest stamp delivered up to it, its own included.
 */
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define NONE UINT64_MAX

/* ---- distributions ---- */

/* Log-linear bins: exact below 2^bits, then 2^bits of them for each doubling. Ascending with the value. */
static inline u64 bin_of(u64 value, u32 bits)
{
	u32 octave;

	if (value >> bits == 0)
		return value;
	octave = 63 - (u32)__builtin_clzll(value) - bits;
	return ((u64)octave << bits) + (value >> octave);
}

static inline u32 octave_of(u64 value)
{
	return value ? 64 - (u32)__builtin_clzll(value) : 0;
}

void count_bins(u64 *bins, u32 bits, const u64 *values, u64 n)
{
	for (u64 i = 0; i < n; i++)
		bins[bin_of(values[i], bits)]++;
}

/* ---- lateness: one event against what came before ---- */

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

/* ---- ranks: each event's place in stamp order, inversions over all pairs, and the wait that would do ---- */

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
		/* Held for less, it comes out behind "above" (bench/order/window.py has the proof). */
		u64 needed = x->above == NONE ? 0 : x->seen - x->above + 1;

		r->displacement[bin_of(distance, (u32)r->bits)]++;
		r->needed[bin_of(needed, (u32)r->bits)]++;
		if (distance > r->max_displacement)
			r->max_displacement = distance;
		if (needed > r->max_needed)
			r->max_needed = needed;
		if (distance) {
			r->displaced++;
			note_displaced(&l->kinds[x->tag & 3], distance);
			note_displaced(&l->spans[span_of(l, x->ts)], distance);
			if (l->pairs && x->seen != x->ts)
				note_displaced(&l->pairs[cpu * l->cpus + holder], distance);
		}
	}
	r->placed += n;
}

/* ---- lives: an effect delivered before its cause ---- */

enum { FORK, EXEC, EXIT };

struct life {
	u64 key;        /* 0: a free place */
	u32 execs;      /* not found to be early so far */
	u16 exits;      /* the same; and a flag */
	u16 cpu_flags;  /* the first event's CPU, and three flags */
};
#define CPU_MASK 0x1fff
#define AGAIN 0x2000   /* seen more than once */
#define MOVED 0x4000   /* seen on another CPU than at first */
#define EARLY 0x8000   /* an event of it came before its cause */
#define EXITS_MASK 0x7fff
#define FORKED 0x8000  /* its fork was delivered */

#define AHEAD 16
#define WORST 10
struct violation {
	u64 lateness; /* of the cause */
	u64 key, place; /* of the cause, in delivery order */
};

struct lives {
	struct life *table;
	u64 slots, used;    /* slots: a power of two */
	u64 seed;           /* odd */
	u64 violations, again, moved, early, forked_twice;
	u64 n_worst;
	struct violation worst[WORST]; /* of different lives, the worst first */
};

static inline u64 home(u64 key, u64 seed, u64 slots)
{
	u64 mixed = key * seed;

	return (mixed ^ mixed >> 32) & (slots - 1);
}

static struct life *find(struct life *table, u64 slots, u64 seed, u64 key)
{
	u64 at = home(key, seed, slots);

	while (table[at].key && table[at].key != key)
		at = (at + 1) & (slots - 1);
	return &table[at];
}

static void note_violation(struct lives *v, u64 lateness, u64 key, u64 place)
{
	u64 at = v->n_worst;

	for (u64 i = 0; i < v->n_worst; i++)
		if (v->worst[i].key == key) {
			if (v->worst[i].lateness >= lateness)
				return;
			memmove(&v->worst[i], &v->worst[i + 1], (v->n_worst - i - 1) * sizeof(v->worst[0]));
			at = --v->n_worst;
			break;
		}
	if (v->n_worst == WORST) {
		if (v->worst[WORST - 1].lateness >= lateness)
			return;
		at = --v->n_worst;
	}
	while (at && v->worst[at - 1].lateness < lateness) {
		v->worst[at] = v->worst[at - 1];
		at--;
	}
	v->worst[at] = (struct violation){ lateness, key, place };
	v->n_worst++;
}

/* Takes events up to n, or until four fifths of the table are used; returns how many. early gets the keys of lives that
 * have their first violation, and has room for n; their number is v->early - what it was before. */
u64 lives_feed(struct lives *v, const u64 *keys, const u16 *cpu, const u8 *kind, const u64 *ts, const u64 *seen, u64 n,
	       u64 first, u64 *early)
{
	u64 found = 0;

	for (u64 i = 0; i < n; i++) {
		struct life *life;
		u64 violations;

		if (i + AHEAD < n) /* the table is larger than any cache */
			__builtin_prefetch(&v->table[home(keys[i + AHEAD], v->seed, v->slots)], 1);
		if (!keys[i])
			continue;
		life = find(v->table, v->slots, v->seed, keys[i]);
		if (!life->key) {
			if (v->used >= v->slots / 5 * 4)
				return i;
			v->used++;
			*life = (struct life){ .key = keys[i], .cpu_flags = cpu[i] & CPU_MASK };
		} else {
			if (!(life->cpu_flags & AGAIN))
				v->again++;
			life->cpu_flags |= AGAIN;
			if ((life->cpu_flags & CPU_MASK) != cpu[i]) {
				if (!(life->cpu_flags & MOVED))
					v->moved++;
				life->cpu_flags |= MOVED;
			}
		}
		violations = 0;
		if (kind[i] == EXIT) {
			if ((life->exits & EXITS_MASK) < EXITS_MASK)
				life->exits++;
			continue;
		}
		violations = life->exits & EXITS_MASK;
		life->exits &= FORKED;
		if (kind[i] == FORK) {
			v->forked_twice += life->exits >> 15;
			life->exits = FORKED;
			violations += life->execs;
			life->execs = 0;
		} else if (life->execs < UINT32_MAX) {
			life->execs++;
		}
		if (!violations)
			continue;
		v->violations += violations;
		note_violation(v, seen[i] - ts[i], keys[i], first + i);
		if (!(life->cpu_flags & EARLY))
			early[found++] = keys[i];
		life->cpu_flags |= EARLY;
	}
	v->early += found;
	return n;
}

/* Moves every life to a larger table, which is all zeros. */
void lives_move(const struct lives *v, struct life *table, u64 slots)
{
	for (u64 i = 0; i < v->slots; i++)
		if (v->table[i].key)
			*find(table, slots, v->seed, v->table[i].key) = v->table[i];
}

/* ---- chosen lives ---- */

/* Puts n keys (none 0, none twice) into a table of slots, all zeros, as their index plus 1. */
void choose_keys(u32 *table, u64 slots, u64 seed, const u64 *keys, u64 n)
{
	for (u64 i = 0; i < n; i++) {
		u64 at = home(keys[i], seed, slots);

		while (table[at])
			at = (at + 1) & (slots - 1);
		table[at] = (u32)i + 1;
	}
}

/* Finds the events whose key is one of those: where they are, and the index of the key. Returns how many. */
u64 find_chosen(const u32 *table, u64 slots, u64 seed, const u64 *keys, const u64 *of, u64 n, u64 *where, u32 *index)
{
	u64 found = 0;

	for (u64 i = 0; i < n; i++) {
		u64 at;

		if (i + AHEAD < n)
			__builtin_prefetch(&table[home(of[i + AHEAD], seed, slots)]);
		if (!of[i])
			continue;
		at = home(of[i], seed, slots);
		while (table[at] && keys[table[at] - 1] != of[i])
			at = (at + 1) & (slots - 1);
		if (table[at]) {
			where[found] = i;
			index[found++] = table[at] - 1;
		}
	}
	return found;
}

/* ---- a reader's passes over rings of CPUs, and the same events merged ---- */

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

/* ---- holding events back ---- */

struct hold {
	u64 window;         /* an event is let go once the highest stamp lies this far above its own */
	u64 at_once;        /* events that were too late to be held */
	u64 let_go;         /* events that were held, and the step that let them go is known */
	u64 step;           /* among the steps in hand */
	u64 peak;           /* most events held at once */
	u64 most_latency;
	u64 *latency, bits; /* bins of received - ts; those below 0 count as 0 */
};

struct step { /* an event that raised the highest stamp */
	u64 seen, received, place;
	u64 at_once[4]; /* of each window: events before it that were too late */
};

static inline void note_latency(struct hold *h, u64 received, u64 ts)
{
	u64 latency = received > ts ? received - ts : 0;

	h->latency[bin_of(latency, (u32)h->bits)]++;
	if (latency > h->most_latency)
		h->most_latency = latency;
}

/* In delivery order: notes steps and events too late for a window. Returns how many steps; there is room for n. */
u64 hold_arrivals(struct hold *holds, u64 n_holds, const u64 *ts, const u64 *seen, const u64 *received, u64 n, u64 first,
		  u64 *seen_before, struct step *steps)
{
	u64 found = 0;

	for (u64 i = 0; i < n; i++) {
		if (seen[i] > *seen_before || !(first + i)) {
			struct step *step = &steps[found++];

			*seen_before = seen[i];
			*step = (struct step){ .seen = seen[i], .received = received[i], .place = first + i };
			for (u64 w = 0; w < n_holds; w++)
				step->at_once[w] = holds[w].at_once;
		}
		for (u64 w = 0; w < n_holds; w++)
			if (seen[i] - ts[i] >= holds[w].window) {
				holds[w].at_once++;
				note_latency(&holds[w], received[i], ts[i]);
			}
	}
	return found;
}

/* In stamp order: finds the step that lets each of n items go, and with it the latency and how many were held. */
void hold_release(struct hold *holds, u64 n_holds, const struct item *items, u64 n, const struct step *steps, u64 n_steps)
{
	for (u64 i = 0; i < n; i++) {
		u64 ts = items[i].ts, late = items[i].seen - ts;

		for (u64 w = 0; w < n_holds; w++) {
			struct hold *h = &holds[w];
			u64 from = h->step, held;

			if (late >= h->window)
				continue;
			while (h->step < n_steps && steps[h->step].seen < ts + h->window) /* both are below 2^63 */
				h->step++;
			if (h->step == n_steps)
				continue; /* only at the end of the recording: it is held still */
			if (h->step != from || !h->let_go) {
				held = steps[h->step].place - h->let_go - steps[h->step].at_once[w];
				if (held > h->peak)
					h->peak = held;
			}
			h->let_go++;
			note_latency(h, steps[h->step].received, ts);
		}
	}
}

/* ---- latency ---- */

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

const u64 structure_bytes[] = {
	sizeof(struct group),  sizeof(struct lateness), sizeof(struct item), sizeof(struct ranks), sizeof(struct life),
	sizeof(struct lives),  sizeof(struct passes),   sizeof(struct hold), sizeof(struct step),  sizeof(struct latency),
};
