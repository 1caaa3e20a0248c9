/* ftrace's pages: a CPU's sub-buffers as read(2) of trace_pipe_raw gives them. Part of rings.c.
 *
 * A page has a stamp, the number of bytes of events behind it, and these events, each with a header of 5 bits of type and
 * 27 of the time since the one before (include/linux/ring_buffer.h, enum ring_buffer_type). Where the fields lie in page
 * and events is read from tracefs when the ring is opened. Nothing that a page says is followed unchecked. */

struct span {
	uint64_t runs, first_ns, next_ns;
};

/* struct ftrace_cpu of bpf/transport/ftrace.h, which the program writes meanwhile. */
struct spans {
	uint64_t counting;
	struct span counted, window;
};

/* What is needed of an event's format: offsets from the event's data, of fields that lie inside `least` bytes. */
struct traced {
	uint64_t type;       /* its number, common_type */
	uint64_t least;      /* bytes that it has at least */
	uint64_t pid;
	uint64_t other_pid;  /* a fork's parent, an exec's old_pid; an exit has none */
	uint64_t text;       /* a name, or an exec's path */
	uint64_t text_bytes; /* of a text of fixed length; 0: a __data_loc, u16 offset and u16 length */
};

enum { TRACED_FORK, TRACED_EXEC, TRACED_EXIT, TRACED_KINDS };

struct ftrace {
	uint64_t fd;
	uint8_t *page;             /* room for one */
	uint64_t page_bytes;
	uint64_t pages;            /* a call reads no more of them, so that it comes back under any load */
	uint64_t commit, commit_bytes, data; /* offsets in a page, and the width of commit */
	const struct spans *spans;
	uint64_t cpu;
	uint64_t counted;          /* records of runs that the program counted */
	uint64_t seq;              /* records of the window: the next one's number */
	uint64_t record_bytes;     /* bytes of the window's records in their pages, headers included */
	uint64_t outside;          /* records of neither */
	uint64_t foreign;          /* records of other events */
	uint64_t bytes;            /* of events read in all */
	struct traced events[TRACED_KINDS];
};

/* struct event of bpf/event.h. */
struct event {
	uint64_t ts_ns, seq, birth;
	uint32_t cpu, pid, parent_pid, kind;
	char comm[16];
};

#define PAGE_COMMIT ((1u << 27) - 1) /* the bits above say that events were lost before, and how many */
#define DATA_MOST 28
enum { PADDING = 29, TIME_EXTEND, TIME_STAMP };
#define STAMP_TOP (0xf8ull << 56) /* what an absolute stamp has no room for */

static inline uint32_t half_at(const uint8_t *place)
{
	uint32_t half;

	memcpy(&half, place, sizeof(half));
	return half;
}

static inline uint16_t quarter_at(const uint8_t *place)
{
	uint16_t quarter;

	memcpy(&quarter, place, sizeof(quarter));
	return quarter;
}

static inline int in_span(const struct span *span, uint64_t ts_ns)
{
	uint64_t next_ns = load_acquire(&span->next_ns), first_ns = load_acquire(&span->first_ns);

	return first_ns && ts_ns >= first_ns && !(next_ns && ts_ns >= next_ns);
}

/* Up to 15 bytes of a name; of a path what stands behind its last slash, by which an exec names its process
 * (fs/exec.c, begin_new_exec()). */
static void name_of(char *comm, const uint8_t *text, uint64_t bytes, int path)
{
	uint64_t name = 0, length = 0;

	for (uint64_t i = 0; path && i < bytes && text[i]; i++)
		if (text[i] == '/')
			name = i + 1;
	while (name + length < bytes && text[name + length] && length < 15)
		length++;
	memcpy(comm, text + name, length);
}

/* Take an event of `bytes` at `data`; 0 where its text lies outside of it, or the sink has no room. */
static int take_traced(struct ftrace *ring, struct sink *sink, uint64_t ts_ns, const uint8_t *data, uint64_t bytes,
		       uint64_t header)
{
	struct event e = {.ts_ns = ts_ns, .cpu = (uint32_t)ring->cpu};
	uint64_t text, text_bytes, kind = 0;
	const struct traced *format;
	int counted, inside;

	while (kind < TRACED_KINDS && (bytes < sizeof(uint16_t) || quarter_at(data) != ring->events[kind].type))
		kind++;
	if (kind == TRACED_KINDS) {
		ring->foreign++;
		return 1;
	}
	format = &ring->events[kind];
	if (bytes < format->least)
		return 0;
	text = format->text;
	text_bytes = format->text_bytes;
	if (!text_bytes) {
		text_bytes = quarter_at(data + text + 2);
		text = quarter_at(data + text);
	}
	if (text > bytes || text_bytes > bytes - text)
		return 0;
	counted = in_span(&ring->spans->counted, ts_ns);
	inside = in_span(&ring->spans->window, ts_ns);
	ring->counted += counted;
	ring->outside += !counted && !inside;
	if (!inside)
		return 1;
	e.seq = ring->seq;
	e.kind = (uint32_t)kind;
	e.pid = half_at(data + format->pid);
	e.parent_pid = kind == TRACED_EXIT ? 0 : half_at(data + format->other_pid);
	name_of(e.comm, data + text, text_bytes, kind == TRACED_EXEC);
	if (unlikely(put(sink, (const uint8_t *)&e, sizeof(e))))
		return 0;
	ring->seq++;
	ring->record_bytes += header + bytes;
	return 1;
}

/* Take what a page of ring->page_bytes holds; -1 where the sink was stopped: it is full, or the page is damaged. */
static int take_page(struct ftrace *ring, struct sink *sink, const uint8_t *page)
{
	uint64_t commit = ring->commit_bytes == 8 ? word_at(page + ring->commit) : half_at(page + ring->commit);
	uint64_t ts_ns = word_at(page), at = ring->data, end = ring->data + (commit & PAGE_COMMIT);

	if (unlikely(end > ring->page_bytes))
		return stop_at(sink, DAMAGED, 0, commit & PAGE_COMMIT);
	while (at < end) {
		uint32_t word, type;
		uint64_t header = 4, bytes, delta;

		if (unlikely(end - at < header))
			return stop_at(sink, DAMAGED, 0, end - at);
		word = half_at(page + at);
		type = word & 31;
		delta = word >> 5;
		if (type == PADDING && !delta)
			break; /* the rest of the page is empty */
		bytes = 4ull * type;
		if (!type || type > DATA_MOST) {
			header = 8;
			if (unlikely(end - at < header))
				return stop_at(sink, DAMAGED, type, end - at);
			bytes = half_at(page + at + 4); /* counts itself: of data and padding, what lies behind the first word */
			if (type == TIME_EXTEND || type == TIME_STAMP) {
				delta |= bytes << 27;
				ts_ns = type == TIME_STAMP ? delta | (ts_ns & STAMP_TOP) : ts_ns + delta;
				at += header;
				continue;
			}
			if (unlikely(bytes < 4))
				return stop_at(sink, DAMAGED, type, bytes);
			bytes -= 4;
		}
		if (unlikely(bytes > end - at - header))
			return stop_at(sink, DAMAGED, type, bytes);
		ts_ns += delta; /* of a discarded one, too: the next is timed from it */
		if (type != PADDING && unlikely(!take_traced(ring, sink, ts_ns, page + at + header, bytes, header)))
			return sink->error ? -1 : stop_at(sink, DAMAGED, type, bytes);
		at += header + ((bytes + 3) & ~3ull);
	}
	ring->bytes += end - ring->data;
	return 0;
}

/* Hand over the records of the window that the ring holds now: page after page, until sink->limit is reached or a
 * buffer's worth was read. Returns how many, or minus the errno with which the kernel refused to read. */
int64_t ftrace_drain(struct ftrace *ring, struct sink *sink)
{
	uint64_t before = sink->count;

	for (uint64_t pages = 0; pages < ring->pages && sink->count - before < sink->limit; pages++) {
		ssize_t got = read((int)ring->fd, ring->page, ring->page_bytes);

		if (got <= 0) { /* an empty ring: 0, or EAGAIN where it never held anything */
			if (got < 0 && errno != EAGAIN && errno != EINTR)
				return -errno;
			break;
		}
		if (unlikely((uint64_t)got < ring->page_bytes)) {
			stop_at(sink, DAMAGED, 0, (uint64_t)got);
			break;
		}
		if (unlikely(take_page(ring, sink, ring->page)))
			break;
	}
	return (int64_t)(sink->count - before);
}

/* For tests: the same of a page in hand. */
int64_t ftrace_page(struct ftrace *ring, struct sink *sink)
{
	uint64_t before = sink->count;

	take_page(ring, sink, ring->page);
	return (int64_t)(sink->count - before);
}
