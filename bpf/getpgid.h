/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a raw tracepoint's sys_enter is a call of getpgid() (its number: GETPGID) with FIREHOSE_PID, as the firehose
 * makes them. The tracepoint is met at every system call of the machine. */
#include <uapi/linux/ptrace.h>

static __always_inline int is_ours(struct bpf_raw_tracepoint_args *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx->args[0];
	unsigned long pid = 0;

	if (ctx->args[1] != GETPGID)
		return 0;
	bpf_probe_read_kernel(&pid, sizeof(pid), &PT_REGS_PARM1(regs));
	return (u32)pid == FIREHOSE_PID;
}
