#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static void fill(struct err *err, enum err_kind kind, int sysno,
    const char *fmt, va_list ap) __attribute__((format(printf, 4, 0)));

static void
fill(
    struct err *err, enum err_kind kind, int sysno, const char *fmt, va_list ap)
{
	err->kind = kind;
	err->sysno = sysno;
	err->signo = 0;
	err->sqlstate[0] = '\0';
	err->hint[0] = '\0';
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
}

void
err_put(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, kind, 0, fmt, ap);
	va_end(ap);
}

void
err_put_sys(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;
	int saved = errno;
	size_t len;

	va_start(ap, fmt);
	fill(err, kind, saved, fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	(void)snprintf(
	    err->msg + len, sizeof(err->msg) - len, ": %s", strerror(saved));
}

void
err_put_context(struct err *err, const char *fmt, ...)
{
	char context[sizeof(err->msg)];
	size_t len, room;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);

	/* The end of an overlong message gives way to its context. */
	len = strlen(context);
	if (len + 3 > sizeof(err->msg))
		return;
	room = sizeof(err->msg) - len - 3;
	if (strlen(err->msg) > room)
		err->msg[room] = '\0';
	memmove(err->msg + len + 2, err->msg, strlen(err->msg) + 1);
	memcpy(err->msg, context, len);
	memcpy(err->msg + len, ": ", 2);
}

void
err_put_hint(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (err->hint[0] != '\0')
		return;
	va_start(ap, fmt);
	(void)vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
}

int
err_status(const struct err *err)
{
	if (err->kind == ERR_INTERRUPT)
		return 128 + err->signo;
	return (int)err->kind;
}
