/* Lives: an effect delivered before its cause. Part of order.c. */

enum { FORK, EXEC, EXIT, SWITCH, WRITE };

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
		if (!keys[i] || kind[i] >= SWITCH) /* who is given a CPU, what was written: no step of a life */
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
