/* Distributions. Part of order.c. */

/* Log-linear bins: exact below 2^bits, then 2^bits of them for each doubling. Ascending with the value. */
static inline u64 bin_of(u64 value, u32 bits)
{
	u32 octave;

	if (value >> bits == 0)
		return value;
	octave = 63 - (u32)__builtin_clzll(value) - bits;
	return ((u64)octave << bits) + (value >> octave);
}

static inline u32 octave_of(u64 value)
{
	return value ? 64 - (u32)__builtin_clzll(value) : 0;
}

void count_bins(u64 *bins, u32 bits, const u64 *values, u64 n)
{
	for (u64 i = 0; i < n; i++)
		bins[bin_of(values[i], bits)]++;
}
