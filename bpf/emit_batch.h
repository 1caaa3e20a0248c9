/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* EVENTS records a call (-D), for the programs that measure what a record costs and how many can be carried. A transport
 * that can fill a record where it will lie does so (RESERVE and COMMIT); for the others it is made in memory of this
 * CPU's and copied by the helper. Either way the payload is written for every record. */

#if RECORD_BYTES > 64
struct payload_src {
	u64 words[RECORD_BYTES / 8 - 2];
};
BPF_PERCPU_ARRAY(payload_src, struct payload_src, 1); /* what the long records carry */
#endif
#ifndef RESERVE
BPF_PERCPU_ARRAY(scratch, RECORD, 1);
#endif

static __always_inline void fill_sample(RECORD *e, u64 seq, u64 ts_ns, void *from)
{
	e->seq = seq;
#if RECORD_BYTES >= 16
	e->ts_ns = ts_ns;
#endif
#if RECORD_BYTES > 64
	/* As a tracer does that copies a path or a packet. */
	bpf_probe_read_kernel(e->payload, sizeof(e->payload), from);
#elif RECORD_BYTES > 16
#pragma unroll
	for (int i = 0; i < RECORD_BYTES / 8 - 2; i++)
		e->payload[i] = seq;
#endif
}

static __always_inline void emit_batch(void *ctx, u64 ts_ns)
{
	struct counters *counters = own_counters();
	void *from = 0;
	int zero = 0;
	RECORD *e;

	if (!counters)
		return;
#if RECORD_BYTES > 64
	from = payload_src.lookup(&zero);
	if (!from)
		return;
#endif
#ifdef RESERVE
	for (int i = 0; i < EVENTS; i++) {
		u64 seq = counters->seq++;

		e = RESERVE();
		if (e) {
			fill_sample(e, seq, ts_ns, from);
			COMMIT(e, seq);
		}
		account(counters, 0, e ? 0 : NO_CODE, seq);
	}
#else
	e = scratch.lookup(&zero);
	if (!e)
		return;
	for (int i = 0; i < EVENTS; i++) {
		fill_sample(e, counters->seq++, ts_ns, from);
		emit(ctx, counters, e);
	}
#endif
}
