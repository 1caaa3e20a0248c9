/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ticket ring in a BPF arena: the next ticket at its beginning, slots from SLOTS_AT on. What is at which place is
 * arithmetic: no lookup, and no verdict of the verifier on its bounds, for all of the arena is the program's.
 *
 * BCC declares no such map, so user space makes it and names it by its descriptor (ARENA_FD). An instruction that loads
 * a map's value (bpf_pseudo_fd(2, ...)) then loads the address at which the arena begins in user space, and ties the
 * program to it (kernel/bpf/arena.c, arena_map_direct_value_addr(); kernel/bpf/verifier.c, __add_used_map()).
 *
 * The verifier takes no number for a pointer but by a cast from the arena's address space, and compilers know that
 * instruction from LLVM 19 on. Its eight bytes can be told to any: BPF_ALU64 | BPF_MOV | BPF_X; the register, to itself;
 * off: BPF_ADDR_SPACE_CAST; imm: to address space 0, from 1. The kernel's own tests do the same
 * (tools/testing/selftests/bpf/bpf_experimental.h, bpf_addr_space_cast()). */

static __always_inline void *arena_at(u64 offset)
{
	u64 address = bpf_pseudo_fd(2, ARENA_FD) + offset;

	asm(".byte 0xbf\n"
	    ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9\n"
	    ".ifc %0, r\\i\n"
	    ".byte 0x\\i\\i\n"
	    ".endif\n"
	    ".endr\n"
	    ".2byte 1\n"
	    ".4byte 1"
	    : "+r"(address));
	return (void *)address;
}

static __always_inline int submit_arena_ring(void *ctx, RECORD *e)
{
	u64 *next = arena_at(0), ticket = __sync_fetch_and_add(next, 1);

	put(arena_at(SLOTS_AT + ticket % TICKETS * sizeof(struct ticket_slot)), ticket, e);
	return 0;
}
