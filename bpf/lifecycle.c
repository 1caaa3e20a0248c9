/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fork, exec and exit of every process and thread on the machine, the measuring process's own included: a count that
 * leaves some out can't be checked against the kernel's own. The same source serves every transport. */

/* A life is what runs between a fork and its exit. Pids are reused (a fork storm wraps pid_max = 32768 in seconds), so
 * each life gets a number of its own at its fork: the CPU in the upper 16 bits, a count per CPU below. */
struct life {
	u64 birth;
	u32 parent_pid;
	u32 reserved;
};

BPF_HASH(lives, u32, struct life, LIVES);
BPF_PERCPU_ARRAY(births, u64, 1);

static __always_inline void name_life(u32 pid, struct life *life)
{
	int zero = 0;
	u64 *refused;

	if (!lives.update(&pid, life))
		return;
	refused = task_map_full.lookup(&zero);
	if (refused)
		(*refused)++;
}

static __always_inline void send(void *ctx, struct event *e, u32 kind, u64 ts_ns, u32 pid, struct life *life)
{
	struct counters *counters = own_counters();

	if (!counters)
		return;
	e->ts_ns = ts_ns;
	e->birth = life ? life->birth : 0;
	e->cpu = bpf_get_smp_processor_id();
	e->pid = pid;
	e->parent_pid = life ? life->parent_pid : 0;
	e->kind = kind;
	bpf_get_current_comm(&e->comm, sizeof(e->comm));
	e->seq = counters->seq++;
	emit(ctx, counters, e);
}

/* Runs in the parent, for threads too, before the child is woken: nothing the child does can come earlier. */
TRACEPOINT_PROBE(sched, sched_process_fork)
{
	u64 ts_ns = bpf_ktime_get_ns();
	struct life life = {.parent_pid = args->parent_pid};
	struct event e = {};
	u32 pid = args->child_pid;
	int zero = 0;
	u64 *count = births.lookup(&zero);

	if (!count)
		return 0;
	life.birth = ((u64)(bpf_get_smp_processor_id() + 1) << 48) | ++*count;
	name_life(pid, &life);
	if (!in_window(ts_ns))
		return 0;
	send(args, &e, EVENT_FORK, ts_ns, pid, &life);
	return 0;
}

/* A thread that execs takes over the pid of its leader, which has exited by then (kernel: de_thread() in fs/exec.c).
 * The life that goes on is the thread's: it moves to the new pid, and keeps the name its own fork gave it. */
TRACEPOINT_PROBE(sched, sched_process_exec)
{
	u64 ts_ns = bpf_ktime_get_ns();
	struct event e = {};
	u32 pid = args->pid, old_pid = args->old_pid;
	struct life *life = lives.lookup(&old_pid);
	struct life moved = {};

	if (pid != old_pid) {
		if (life) {
			moved = *life;
			lives.delete(&old_pid);
			name_life(pid, &moved);
			life = &moved;
		} else {
			lives.delete(&pid);
		}
	}
	if (!in_window(ts_ns))
		return 0;
	send(args, &e, EVENT_EXEC, ts_ns, pid, life);
	return 0;
}

/* Runs in the task that exits, before its pid can be given to anyone else. */
TRACEPOINT_PROBE(sched, sched_process_exit)
{
	u64 ts_ns = bpf_ktime_get_ns();
	struct event e = {};
	u32 pid = args->pid;
	struct life *found = lives.lookup(&pid);
	struct life life = {};

	if (found) {
		life = *found;
		lives.delete(&pid);
	}
	if (!in_window(ts_ns))
		return 0;
	send(args, &e, EVENT_EXIT, ts_ns, pid, &life);
	return 0;
}
