/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One record at a time into a ring of one page, as user space orders it: for `ringbench ringdump`, which looks at what
 * that leaves in the mapped memory. Nothing is attached; BPF_PROG_TEST_RUN runs a program of the type syscall with the
 * order as its context.
 *
 * A reservation ends before its program does, or the verifier refuses the program. So that it can be seen, the program
 * lingers: it reads a page of user space that is not there until user space provides it (bench/ringbench/tools/ringdump/fault_page.py), and
 * sleeps meanwhile, as programs of this type may. */

struct order {
	u64 word;    /* what the record is filled with */
	u64 absent;  /* address of the page that keeps the program waiting; 0: it does not wait */
	u32 discard; /* 1: discarded, not submitted */
};

BPF_RINGBUF_OUTPUT(demo_ring, 1);

/* 0, or 1 where the reservation was refused. The length must be a constant: one program for each. */
static __always_inline int add(struct order *order, const u32 length)
{
	u64 absent = order->absent, word = order->word, there;
	u32 discard = order->discard, at;
	void *record = demo_ring.ringbuf_reserve(length);

	if (!record)
		return 1;
	if (absent)
		bpf_copy_from_user(&there, sizeof(there), (void *)absent);
	for (at = 0; at + sizeof(word) <= length; at += sizeof(word))
		*(u64 *)(record + at) = word;
	if (discard)
		demo_ring.ringbuf_discard(record, BPF_RB_NO_WAKEUP);
	else
		demo_ring.ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

int add_8(struct order *order) { return add(order, 8); }
int add_20(struct order *order) { return add(order, 20); }
int add_56(struct order *order) { return add(order, 56); }
int add_500(struct order *order) { return add(order, 500); }
