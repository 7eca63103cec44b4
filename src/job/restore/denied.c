#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "job/restore/denied.h"

/* Bytes of names for each sort: all of it is to fit on a screen. */
#define NAMES_BYTES 200
#define SORTS_MAX 24

struct sort {
	char *one;
	char *many;
	size_t count;
	char **names; /* each once */
	size_t name_count;
};

struct denied {
	pthread_mutex_t lock;
	struct sort sorts[SORTS_MAX];
	size_t sort_count;
	size_t count;
	struct sort dependents;
};

struct denied *
denied_new(void)
{
	struct denied *d = mem_zalloc(sizeof(*d));

	(void)pthread_mutex_init(&d->lock, NULL);
	d->dependents.one = mem_strdup("more that depends on these");
	d->dependents.many = mem_strdup("more that depend on these");
	return d;
}

static void
free_sort(struct sort *s)
{
	size_t i;

	for (i = 0; i < s->name_count; i++)
		free(s->names[i]);
	free(s->names);
	free(s->one);
	free(s->many);
}

void
denied_free(struct denied *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->sort_count; i++)
		free_sort(&d->sorts[i]);
	free_sort(&d->dependents);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

/* The sort of that name; beyond the last, everything is of the last. */
static struct sort *
find_sort(struct denied *d, const char *one, const char *many)
{
	struct sort *s;
	size_t i;

	for (i = 0; i < d->sort_count; i++)
		if (strcmp(d->sorts[i].one, one) == 0)
			return &d->sorts[i];
	if (d->sort_count == SORTS_MAX)
		return &d->sorts[SORTS_MAX - 1];
	s = &d->sorts[d->sort_count++];
	s->one = mem_strdup(d->sort_count == SORTS_MAX ? "other" : one);
	s->many = mem_strdup(d->sort_count == SORTS_MAX ? "others" : many);
	return s;
}

static void
add_name(struct sort *s, const char *name)
{
	size_t i;

	for (i = 0; i < s->name_count; i++)
		if (strcmp(s->names[i], name) == 0)
			return;
	s->names = mem_array(s->names, s->name_count + 1, sizeof(*s->names));
	s->names[s->name_count++] = mem_strdup(name);
}

void
denied_add(
    struct denied *d, const char *one, const char *many, const char *name)
{
	struct sort *s;

	(void)pthread_mutex_lock(&d->lock);
	s = find_sort(d, one, many);
	s->count++;
	d->count++;
	add_name(s, name);
	(void)pthread_mutex_unlock(&d->lock);
}

void
denied_object(struct denied *d, const char *desc, const char *name)
{
	char *one = mem_strdup(desc), *many, *p;
	size_t len = strlen(one);

	for (p = one; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	if (strcmp(one, "acl") == 0) {
		denied_add(d, "grant", "grants", name);
	} else if (strcmp(one, "default acl") == 0) {
		denied_add(d, "default privilege", "default privileges", name);
	} else {
		many = len > 0 && one[len - 1] == 'y'
		    ? mem_printf("%.*sies", (int)len - 1, one)
		    : mem_printf("%s%s", one,
			  len > 0 && one[len - 1] == 's' ? "es" : "s");
		denied_add(d, one, many, name);
		free(many);
	}
	free(one);
}

void
denied_dependent(struct denied *d, const char *name)
{
	(void)pthread_mutex_lock(&d->lock);
	d->dependents.count++;
	add_name(&d->dependents, name);
	(void)pthread_mutex_unlock(&d->lock);
}

size_t
denied_count(struct denied *d)
{
	size_t count;

	(void)pthread_mutex_lock(&d->lock);
	count = d->count;
	(void)pthread_mutex_unlock(&d->lock);
	return count;
}

/* "2 comments (EXTENSION hstore, EXTENSION ltree)" */
static void
say(const struct sort *s, struct buf *out)
{
	size_t i, from;

	buf_printf(out, "%s%zu %s (", out->len > 0 ? ", " : "", s->count,
	    s->count == 1 ? s->one : s->many);
	from = out->len;
	for (i = 0; i < s->name_count; i++) {
		if (i > 0 &&
		    out->len + strlen(s->names[i]) > from + NAMES_BYTES)
			break;
		buf_printf(out, "%s%s", i > 0 ? ", " : "", s->names[i]);
	}
	buf_puts(out, i < s->name_count ? ", ...)" : ")");
}

void
denied_tell(struct denied *d, const char *user)
{
	struct buf text = { 0 };
	size_t i;

	if (d->count == 0)
		return;
	for (i = 0; i < d->sort_count; i++)
		say(&d->sorts[i], &text);
	if (d->dependents.count > 0)
		say(&d->dependents, &text);
	log_warn("%s is no superuser and may not make all of it; left out: %s. "
		 "Everything else is restored; -v says why each was refused. "
		 "To have these too, let a superuser restore, or run them "
		 "from \"pgcask cat ARCHIVE schema | pg_restore -f -\"",
	    user, buf_text(&text));
	buf_free(&text);
}
