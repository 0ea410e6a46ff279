// The functions of <string.h> that lwIP uses; port.c and the compiler have them.
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

#define memcpy __builtin_memcpy
#define memmove __builtin_memmove
#define memset __builtin_memset
int memcmp(const void *a, const void *b, size_t length);
int strncmp(const char *a, const char *b, size_t length);
size_t strlen(const char *text);

#endif
