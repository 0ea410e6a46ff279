// Memory for lwIP: blocks of fixed sizes, four to each power of two, free ones in a list for each size. Taking
// and giving back are a few instructions, however many blocks there are. What a list has it keeps.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PAGE 65536
#define SIZES 128

/** Stands before each block; `next` while it is free. */
struct block {
  uint32_t size;
  struct block *next;
};

extern unsigned char __heap_base;

static struct block *free_blocks[SIZES];
static uintptr_t unused_at;

/** The index of the smallest size that holds `bytes`; the size itself goes to `*size`. */
static uint32_t size_for(uint32_t bytes, uint32_t *size) {
  if (bytes < 64) bytes = 64;
  uint32_t shift = 31 - (uint32_t)__builtin_clz(bytes);
  uint32_t quarter = 1u << (shift - 2);
  uint32_t quarters = (bytes - (1u << shift) + quarter - 1) / quarter;
  *size = (1u << shift) + quarters * quarter;
  return shift * 4 + quarters;
}

void *port_malloc(size_t bytes) {
  uint32_t size;
  if (bytes > 1u << 24) return NULL;
  uint32_t index = size_for((uint32_t)bytes + sizeof(struct block), &size);
  struct block *block = free_blocks[index];
  if (block != NULL) {
    free_blocks[index] = block->next;
    return block + 1;
  }
  if (unused_at == 0) unused_at = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
  uintptr_t end = unused_at + size;
  uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == (size_t)-1) return NULL;
  block = (struct block *)unused_at;
  unused_at = end;
  block->size = index;
  return block + 1;
}

void *port_calloc(size_t count, size_t size) {
  void *memory = port_malloc(count * size);
  if (memory != NULL) memset(memory, 0, count * size);
  return memory;
}

void port_free(void *memory) {
  if (memory == NULL) return;
  struct block *block = (struct block *)memory - 1;
  block->next = free_blocks[block->size];
  free_blocks[block->size] = block;
}

int memcmp(const void *a, const void *b, size_t length) {
  const unsigned char *left = a, *right = b;
  for (size_t at = 0; at < length; at++)
    if (left[at] != right[at]) return left[at] - right[at];
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}
