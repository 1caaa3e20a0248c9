/* SPDX-License-Identifier: Apache-2.0 */
/* io_uring's completions. */

/* Take completions of 16 bytes, each a record, at most sink->limit. `head` is the reader's, `tail` the kernel's; they
 * count on and wrap (include/uapi/linux/io_uring.h). Returns how many. */
int64_t completions_drain(uint32_t *head, const uint32_t *tail, const uint8_t *cqes, uint64_t entries, struct sink *sink)
{
	uint32_t position = *head, ready = load_acquire(tail) - position, taken;

	if (unlikely(ready > entries))
		return stop_at(sink, DAMAGED, 0, ready);
	if (ready > sink->limit)
		ready = (uint32_t)sink->limit;
	for (taken = 0; taken < ready; taken++)
		if (unlikely(put(sink, cqes + 16 * ((position + taken) & (entries - 1)), 16)))
			break;
	store_release(head, position + taken);
	return taken;
}
