/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of the programs that only make many of them: RECORD_BYTES long (-D), a multiple of 8. */

struct sample {
	u64 seq;   /* counts the records of its CPU, from 0 */
#if RECORD_BYTES >= 16
	u64 ts_ns; /* bpf_ktime_get_ns(), taken once a call, before its records are submitted */
#endif
#if RECORD_BYTES > 16
	u64 payload[RECORD_BYTES / 8 - 2];
#endif
};

#define RECORD struct sample
