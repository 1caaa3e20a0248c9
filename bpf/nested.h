/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of programs that interrupt each other. It says where it was made, and by its checksum whether what arrives
 * is what was written: one that was overwritten or copied half-way has words of two records. */

enum level { OUTER = 0, INNER = 1 };

struct nested {
	u64 seq;           /* counts the records of its CPU and level, from 0 */
	u64 ts_ns;         /* bpf_ktime_get_ns() as the program began, before anything was reserved */
	u64 submit_ns;     /* the same just before the submission */
	u64 outer;         /* the number, plus one, of the outer record that was interrupted; 0: none was; an outer's: 0 */
	u64 interruptions; /* an outer's: how often it was interrupted between ts_ns and submit_ns */
	u32 cpu;
	u32 level;
	u64 check;         /* over the words before: bench/ringbench/tools/nesting/interruptions.py */
};

#define RECORD struct nested
