// The compiler and the machine, as lwIP asks for them: clang for WebAssembly without a C library.
#ifndef ARCH_CC_H
#define ARCH_CC_H

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_CTYPE_H 1
#define LWIP_NO_UNISTD_H 1
#define SSIZE_MAX 0x7fffffff
typedef int ssize_t;
typedef unsigned long sys_prot_t;

#define X8_F "x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "u"

// A broken assertion ends the call; the host throws the instance away.
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) __builtin_trap()
#define BYTE_ORDER LITTLE_ENDIAN

#define mem_clib_malloc port_malloc
#define mem_clib_calloc port_calloc
#define mem_clib_free port_free
void *port_malloc(__SIZE_TYPE__ size);
void *port_calloc(__SIZE_TYPE__ count, __SIZE_TYPE__ size);
void port_free(void *memory);

#endif
