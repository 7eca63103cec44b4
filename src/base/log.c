#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum log_level current = LOG_WARNINGS;
static unsigned warnings;
static void (*eraser)(void);

void
log_set_level(enum log_level level)
{
	current = level;
}

enum log_level
log_level(void)
{
	return current;
}

void
log_set_eraser(void (*erase)(void))
{
	log_lock();
	eraser = erase;
	log_unlock();
}

void
log_lock(void)
{
	(void)pthread_mutex_lock(&lock);
}

void
log_unlock(void)
{
	(void)pthread_mutex_unlock(&lock);
}

static void line(const char *label, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Messages quote names of files, of objects and of members, which others
 * chose: they must not speak to the terminal.  The caller holds the lock. */
static void
print(const char *label, const char *text)
{
	char *clean = mem_strdup(text);

	text_clean(clean);
	(void)fprintf(stderr, "pgcask: %s%s\n", label, clean);
	free(clean);
}

static void
line(const char *label, const char *fmt, va_list ap)
{
	char *text = mem_vprintf(fmt, ap);

	if (eraser != NULL)
		eraser();
	print(label, text);
	(void)fflush(stderr);
	free(text);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	log_lock();
	warnings++;
	if (current >= LOG_WARNINGS) {
		va_start(ap, fmt);
		line("warning: ", fmt, ap);
		va_end(ap);
	}
	log_unlock();
}

static void say(enum log_level level, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

static void
say(enum log_level level, const char *fmt, va_list ap)
{
	if (current < level)
		return;
	log_lock();
	line("", fmt, ap);
	log_unlock();
}

void
log_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_WARNINGS, fmt, ap);
	va_end(ap);
}

void
log_step(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_STEPS, fmt, ap);
	va_end(ap);
}

void
log_detail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(LOG_DETAILS, fmt, ap);
	va_end(ap);
}

void
log_err(const struct err *err)
{
	log_lock();
	if (eraser != NULL)
		eraser();
	print("", err->msg);
	if (err->hint[0] != '\0')
		print("", err->hint);
	(void)fflush(stderr);
	log_unlock();
}

unsigned
log_warnings(void)
{
	unsigned n;

	log_lock();
	n = warnings;
	log_unlock();
	return n;
}
