/* The loops of ringbench.data.order: exact figures of order over streams of any length, chunk by chunk. bench/ringbench/data/order/compiled.py
 * is the same as Python sees it. Nothing here allocates memory, and nothing keeps a pointer between calls.
 *
 * A recording comes in chunks of columns, in delivery order. Stamps are u64 ns, CPUs u16, kinds u8 (ringbench.spec.event), births
 * u64 with 0 for none. "seen" of an event is the highest stamp delivered up to it, its own included.
 */
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define NONE UINT64_MAX

#include "order/bins.h"
#include "order/lateness.h"
#include "order/displacement.h"
#include "order/tasks.h"
#include "order/selected.h"
#include "order/merged.h"
#include "order/reorder_window.h"
#include "order/latency.h"

const u64 structure_bytes[] = {
	sizeof(struct group),  sizeof(struct lateness), sizeof(struct item), sizeof(struct ranks), sizeof(struct life),
	sizeof(struct lives),  sizeof(struct passes),   sizeof(struct hold), sizeof(struct step),  sizeof(struct latency),
};
