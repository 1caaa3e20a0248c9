/* SPDX-License-Identifier: Apache-2.0 */
/* The callbacks of other readers: of libbpf and of BCC. */

/* For libbpf's ring_buffer, and BCC's, which is that. A negative return ends the poll with this record consumed. */
int on_ringbuf(void *context, void *data, size_t bytes)
{
	struct sink *sink = context;

	if (unlikely(!fits(sink, 0, bytes) || put_any(sink, data, bytes)))
		return -1;
	return unlikely(++sink->in_call >= sink->limit) ? -1 : 0;
}

/* For BCC's perf reader (perf_reader_raw_cb): it cannot be stopped, and reads a CPU's ring until that is empty. */
void on_perf_of_bcc(void *context, void *data, int bytes)
{
	struct sink *sink = context;

	if (unlikely(sink->error))
		return;
	if (unlikely(bytes < 0 || (sink->record_bytes && (uint64_t)bytes - sink->record_bytes >= 8)))
		stop_at(sink, UNEXPECTED_RECORD, RECORD_SAMPLE, (uint32_t)bytes);
	else if (likely(sink->record_bytes))
		put_any(sink, data, sink->record_bytes);
	else if (fits(sink, RECORD_SAMPLE, (uint64_t)bytes))
		put(sink, data, (uint64_t)bytes);
}

void on_lost_of_bcc(void *context, uint64_t lost)
{
	((struct sink *)context)->lost += lost;
}

/* For libbpf's perf_buffer__new_raw(): LIBBPF_PERF_EVENT_CONT is -2, LIBBPF_PERF_EVENT_DONE 0, _ERROR -1. After DONE
 * and ERROR the record counts as consumed (libbpf.c, perf_event_read_simple()). */
int on_perf_of_libbpf(void *context, int cpu, void *record)
{
	struct sink *sink = context;

	(void)cpu;
	if (unlikely(perf_record(sink, record)))
		return -1;
	return unlikely(++sink->in_call >= sink->limit) ? 0 : -2;
}
