#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Small memory: names, lists, structures whose size this program chose.
 * These never return NULL: a machine that cannot give a few kilobytes cannot
 * go on either, so they print one line and end the process with status 1,
 * as a SIGKILL would, which every writer survives (nothing has its final name
 * yet).  Anything sized by a file or a server goes through struct buf, which
 * reports.
 */

void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
/* mem_aligned(align, size): aligned to ${align}, a power of two of which
 * ${size} is a multiple. */
void *mem_aligned(size_t align, size_t size);
/* mem_array(old, count, size): realloc to ${count} elements, overflow
 * checked. */
void *mem_array(void *old, size_t count, size_t size);
char *mem_strdup(const char *text);
/* mem_printf(fmt, ...): a new string; the caller frees it. */
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *
mem_vprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
/* mem_exhausted(): end the process as the others do; for a library's small
 * object that could not be made. */
_Noreturn void mem_exhausted(void);
/* mem_set_status(status): with this status instead of 1, for a command where
 * that means something else; before any thread. */
void mem_set_status(int status);

#endif
