/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of a fork, exec or exit, the same in every transport. bench/ringbench/spec/event.py has the same record for Python; the
 * two are compared field by field each time a program is loaded. Fields are ordered by size so that there is no
 * padding: paired transports are compared byte by byte, and padding would carry whatever was on the stack. */

enum event_kind { EVENT_FORK = 0, EVENT_EXEC = 1, EVENT_EXIT = 2 };

struct event {
	u64 ts_ns;      /* bpf_ktime_get_ns(), taken before the record is submitted */
	u64 seq;        /* counts the events of its CPU, from 0 */
	u64 birth;      /* a number that the fork gave this life (lifecycle.c), no time; 0: began before the session */
	u32 cpu;
	u32 pid;        /* the kernel's pid, a thread's id; of a fork, the child's */
	u32 parent_pid; /* 0 where the life began before the session */
	u32 kind;
	char comm[16];
};

#define RECORD struct event
