/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* EVENTS records for each call of getpgid() with FIREHOSE_PID, a pid that no process can have, so that nobody else's
 * calls are counted in. The call itself does next to nothing. */

TRACEPOINT_PROBE(syscalls, sys_enter_getpgid)
{
	u64 ts_ns;

	if (args->pid != FIREHOSE_PID)
		return 0;
	ts_ns = bpf_ktime_get_ns();
	if (in_window(ts_ns))
		emit_batch(args, ts_ns);
	return 0;
}
