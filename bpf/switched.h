/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of a context switch: who was given which CPU, and when. bench/ringbench/spec/event.py has the same for Python. */

struct switched {
	u64 ts_ns; /* bpf_ktime_get_ns(), taken before the record is submitted */
	u64 seq;   /* counts the switches of its CPU, from 0 */
	u32 cpu;
	u32 pid;   /* the kernel's pid, a thread's id, of the task that gets the CPU; 0: nobody, the CPU is idle */
};

#define RECORD struct switched
