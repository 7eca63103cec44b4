#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/doctor/report.h"

void
report_group(struct report *r, const char *fmt, ...)
{
	va_list ap;

	free(r->group);
	va_start(ap, fmt);
	r->group = mem_vprintf(fmt, ap);
	va_end(ap);
}

void
report_repo(struct report *r, const char *path)
{
	free(r->repo);
	r->repo = text_shell(path);
}

static struct finding *
add(struct report *r, const char *check, enum level level, enum err_kind kind)
{
	struct finding *f;

	r->findings =
	    mem_array(r->findings, r->count + 1, sizeof(*r->findings));
	f = &r->findings[r->count++];
	*f = (struct finding){ .group =
				   mem_strdup(r->group != NULL ? r->group : ""),
		.check = check,
		.level = level,
		.kind = kind };
	return f;
}

void
report_ok(struct report *r, const char *check, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(r, check, LEVEL_OK, ERR_NONE)->what = mem_vprintf(fmt, ap);
	va_end(ap);
}

void
report_warn(struct report *r, const char *check, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(r, check, LEVEL_WARN, ERR_WARNINGS)->what = mem_vprintf(fmt, ap);
	va_end(ap);
}

void
report_bad(struct report *r, const char *check, enum err_kind kind,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(r, check, LEVEL_BAD, kind)->what = mem_vprintf(fmt, ap);
	va_end(ap);
}

void
report_remedy(struct report *r, const char *fmt, ...)
{
	struct finding *f = &r->findings[r->count - 1];
	va_list ap;

	free(f->remedy);
	va_start(ap, fmt);
	f->remedy = mem_vprintf(fmt, ap);
	va_end(ap);
}

/* Where an error does not say itself what to do. */
static void
add_usual_remedy(struct report *r, enum err_kind kind)
{
	switch (kind) {
	case ERR_DB:
		report_remedy(r, "see what the server's log says of it");
		break;
	case ERR_STORAGE:
		report_remedy(
		    r, "see what the kernel's log says of the disk: dmesg");
		break;
	case ERR_DAMAGED:
		report_remedy(r,
		    "make a new backup now; \"pgcask list -r %s\" tells which "
		    "older archives are good",
		    r->repo != NULL ? r->repo : "REPO");
		break;
	case ERR_KEY:
		report_remedy(r, "give another key or passphrase");
		break;
	default:
		report_remedy(r, "\"pgcask help doctor\" explains the options");
	}
}

void
report_err(struct report *r, const char *check, enum level level,
    const struct err *err)
{
	struct finding *f = add(
	    r, check, level, level == LEVEL_WARN ? ERR_WARNINGS : err->kind);
	char *p;

	f->what = mem_strdup(err->msg);
	/* A program's last words come in lines. */
	for (p = f->what; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	if (err->hint[0] != '\0')
		report_remedy(r, "%s", err->hint);
	else
		add_usual_remedy(r, err->kind);
}

size_t
report_count(const struct report *r, enum level level)
{
	size_t i, n = 0;

	for (i = 0; i < r->count; i++)
		n += r->findings[i].level == level;
	return n;
}

enum err_kind
report_kind(const struct report *r)
{
	enum err_kind kind = ERR_NONE;
	size_t i;

	for (i = 0; i < r->count; i++) {
		const struct finding *f = &r->findings[i];

		if (f->level != LEVEL_BAD)
			continue;
		kind = kind == ERR_NONE || kind == f->kind ? f->kind : ERR_FAIL;
	}
	if (kind == ERR_NONE && report_count(r, LEVEL_WARN) > 0)
		return ERR_WARNINGS;
	return kind;
}

const char *
report_level_name(enum level level)
{
	static const char *const names[] = { "ok", "warn", "bad" };

	return names[level];
}

void
report_free(struct report *r)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		free(r->findings[i].group);
		free(r->findings[i].what);
		free(r->findings[i].remedy);
	}
	free(r->findings);
	free(r->group);
	free(r->repo);
	*r = (struct report){ 0 };
}
