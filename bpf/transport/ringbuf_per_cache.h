/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A ringbuf for the CPUs that share a last-level cache. The reader makes the rings and puts each into the array of maps
 * under the numbers of all its CPUs; ringbuf_per_cache_template only says of which kind they are. */

BPF_RINGBUF_OUTPUT(ringbuf_per_cache_template, 1);
BPF_ARRAY_OF_MAPS(ringbuf_per_cache_events, "ringbuf_per_cache_template", RINGS);

static __always_inline RECORD *reserve_ringbuf_per_cache(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return reserve_in(ringbuf_per_cache_events.lookup(&cpu));
}

static __always_inline void commit_ringbuf_per_cache(RECORD *slot, u64 seq)
{
	publish_in_own(slot, seq);
}

static __always_inline int submit_ringbuf_per_cache(void *ctx, RECORD *e)
{
	return submit_in_own(reserve_ringbuf_per_cache(), e);
}
