/* SPDX-License-Identifier: Apache-2.0 */
/* The loops that Python and numpy cannot run at the speed of C: draining mapped rings record by record, and the callbacks
 * that BCC's and libbpf's readers call. Plain C11 and no Python.h: ringbench/native/__init__.py loads it through ctypes
 * and mirrors the structures. One file under rings/ for each kind of ring; the producers are producers.c.
 *
 * Every length and position is checked before it is followed: a ring can be damaged, and nothing outside its mapping
 * may be read. Positions are loaded with acquire and stored with release, as kernel/bpf/ringbuf.c and
 * include/uapi/linux/perf_event.h ask for; on x86-64 these are plain moves. */

#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

#include "rings/sink.h"
#include "rings/ringbuf.h"
#include "rings/perf.h"
#include "rings/tickets.h"
#include "rings/completions.h"
#include "rings/queue.h"
#include "rings/ftrace.h"
#include "rings/callbacks.h"

/* Python compares these with its own before it uses anything here. */
const uint64_t structure_bytes[5] = {sizeof(struct sink), sizeof(struct ringbuf), sizeof(struct perf_ring),
				     sizeof(struct tickets), sizeof(struct ftrace)};
