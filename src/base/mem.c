#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static int exhausted_status = 1;

void
mem_set_status(int status)
{
	exhausted_status = status;
}

_Noreturn void
mem_exhausted(void)
{
	static const char text[] = "pgcask: out of memory\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(exhausted_status);
}

void *
mem_alloc(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
		mem_exhausted();
	return p;
}

void *
mem_zalloc(size_t size)
{
	void *p = calloc(1, size > 0 ? size : 1);

	if (p == NULL)
		mem_exhausted();
	return p;
}

void *
mem_aligned(size_t align, size_t size)
{
	void *p = aligned_alloc(align, size);

	if (p == NULL)
		mem_exhausted();
	return p;
}

void *
mem_array(void *old, size_t count, size_t size)
{
	void *p;

	if (size > 0 && count > SIZE_MAX / size)
		mem_exhausted();
	p = realloc(old, count * size > 0 ? count * size : 1);
	if (p == NULL)
		mem_exhausted();
	return p;
}

char *
mem_strdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(mem_alloc(size), text, size);
}

char *
mem_vprintf(const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		mem_exhausted();
	text = mem_alloc((size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
	return text;
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = mem_vprintf(fmt, ap);
	va_end(ap);
	return text;
}
