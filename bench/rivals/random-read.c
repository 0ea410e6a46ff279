// Reads 4 KiB at places by chance, one after the other and past the page cache: `random-read FILE BLOCKS READS`,
// where the file has BLOCKS of 4 KiB. For a guest that has no C library: i386, with the kernel's calls.
// The same places in each run. Ends with 1 where a read fails.

enum { BLOCK = 4096, OPEN = 5, EXIT = 1, PREAD64 = 180, DIRECT = 040000, LARGE = 0100000 };

static char block[BLOCK] __attribute__((aligned(BLOCK)));

static long call(long number, long a, long b, long c, long d, long e)
{
	long result;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory");
	return result;
}

static unsigned number(const char *text)
{
	unsigned value = 0;
	while (*text >= '0' && *text <= '9')
		value = value * 10 + (unsigned)(*text++ - '0');
	return value;
}

static int run(int count, char **words)
{
	if (count != 4)
		return 1;
	unsigned blocks = number(words[2]), reads = number(words[3]), chance = 2463534242u;
	long file = call(OPEN, (long)words[1], DIRECT | LARGE, 0, 0, 0);
	if (file < 0 || blocks == 0)
		return 1;
	while (reads-- > 0) {
		// Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003).
		chance ^= chance << 13;
		chance ^= chance >> 17;
		chance ^= chance << 5;
		unsigned long long at = (unsigned long long)(chance % blocks) * BLOCK;
		if (call(PREAD64, file, (long)block, BLOCK, (long)(at & 0xffffffffu), (long)(at >> 32)) != BLOCK)
			return 1;
	}
	return 0;
}

void begin(long *stack)
{
	call(EXIT, run((int)stack[0], (char **)(stack + 1)), 0, 0, 0, 0);
}

__asm__(".globl _start\n_start: mov %esp, %eax\n push %eax\n call begin\n");
