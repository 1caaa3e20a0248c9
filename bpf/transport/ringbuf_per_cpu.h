/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A ringbuf for each CPU. The reader makes them and puts them into the array of maps, under the numbers of their CPUs;
 * ringbuf_template only says of which kind they are. */

BPF_RINGBUF_OUTPUT(ringbuf_template, 1);
BPF_ARRAY_OF_MAPS(ringbuf_per_cpu_events, "ringbuf_template", RINGS);

static __always_inline RECORD *reserve_ringbuf_per_cpu(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return reserve_in(ringbuf_per_cpu_events.lookup(&cpu));
}

static __always_inline void commit_ringbuf_per_cpu(RECORD *slot, u64 seq)
{
	publish_in_own(slot, seq);
}

static __always_inline int submit_ringbuf_per_cpu(void *ctx, RECORD *e)
{
	return submit_in_own(reserve_ringbuf_per_cpu(), e);
}
