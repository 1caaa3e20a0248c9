/* SPDX-License-Identifier: Apache-2.0 */
/* The queue map. */

#define BPF_MAP_LOOKUP_AND_DELETE_ELEM 21

/* Pop records, at most sink->limit, each by a system call (`number`: bpf(2)'s). Returns how many, or minus the errno
 * with which the kernel refused; an empty queue is no refusal. */
int64_t queue_drain(int map, long number, uint64_t record, struct sink *sink)
{
	struct {
		uint32_t map, unused;
		uint64_t key, value, flags;
	} attributes = {.map = (uint32_t)map, .value = record};
	uint64_t before = sink->count;

	while (sink->count - before < sink->limit) {
		if (syscall(number, BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attributes, sizeof(attributes))) {
			if (errno != ENOENT)
				return -errno;
			break;
		}
		if (unlikely(put_any(sink, (const uint8_t *)(uintptr_t)record, sink->record_bytes)))
			break;
	}
	return (int64_t)(sink->count - before);
}
