/* Holding events back. Part of order.c. */

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
