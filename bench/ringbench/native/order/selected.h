/* Chosen lives. Part of order.c. */

/* Puts n keys (none 0, none twice) into a table of slots, all zeros, as their index plus 1. */
void choose_keys(u32 *table, u64 slots, u64 seed, const u64 *keys, u64 n)
{
	for (u64 i = 0; i < n; i++) {
		u64 at = home(keys[i], seed, slots);

		while (table[at])
			at = (at + 1) & (slots - 1);
		table[at] = (u32)i + 1;
	}
}

/* Finds the events whose key is one of those: where they are, and the index of the key. Returns how many. */
u64 find_chosen(const u32 *table, u64 slots, u64 seed, const u64 *keys, const u64 *of, u64 n, u64 *where, u32 *index)
{
	u64 found = 0;

	for (u64 i = 0; i < n; i++) {
		u64 at;

		if (i + AHEAD < n)
			__builtin_prefetch(&table[home(of[i + AHEAD], seed, slots)]);
		if (!of[i])
			continue;
		at = home(of[i], seed, slots);
		while (table[at] && keys[table[at] - 1] != of[i])
			at = (at + 1) & (slots - 1);
		if (table[at]) {
			where[found] = i;
			index[found++] = table[at] - 1;
		}
	}
	return found;
}
