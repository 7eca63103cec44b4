#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/sqlname.h"
#include "job/restore/denied.h"

/* Bytes of names for each sort: all of it is to fit on a screen. */
#define NAMES_BYTES 200
#define SORTS_MAX 24
/* Whose names are statements. */
#define PROPERTY "database property"

struct sort {
	char *one;
	char *many;
	char *desc; /* of entries of a table of contents, or NULL */
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
	struct sort refused;
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
	free(s->desc);
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
	free_sort(&d->refused);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

/* The sort of that name; beyond the last, everything is of the last. */
static struct sort *
find_sort(struct denied *d, const char *one, const char *many, const char *desc)
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
	if (desc != NULL && d->sort_count < SORTS_MAX)
		s->desc = mem_strdup(desc);
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

static void
add(struct denied *d, const char *one, const char *many, const char *desc,
    const char *name)
{
	struct sort *s;

	(void)pthread_mutex_lock(&d->lock);
	s = find_sort(d, one, many, desc);
	s->count++;
	d->count++;
	add_name(s, name);
	(void)pthread_mutex_unlock(&d->lock);
}

void
denied_add(
    struct denied *d, const char *one, const char *many, const char *name)
{
	add(d, one, many, NULL, name);
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
		add(d, one, many, desc, name);
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

/* A statement's words between the database's name and a value, which may be
 * nobody's business. */
static char *
property_words(const char *statement)
{
	static const char before[] = " DATABASE ";
	const char *at = strstr(statement, before), *to, *is;
	struct sqlname n = { 0 };
	size_t len;

	if (at != NULL)
		at = sqlname_read(at + strlen(before), &n);
	if (at == NULL)
		return mem_strdup("");
	sqlname_free(&n);
	to = strstr(at, " TO ");
	is = strstr(at, " IS ");
	len = strcspn(at, "=;\n");
	if (to != NULL && (size_t)(to - at) < len)
		len = (size_t)(to - at);
	if (is != NULL && (size_t)(is - at) < len)
		len = (size_t)(is - at);
	return mem_printf("%.*s", (int)len, at);
}

static char *
words_of(const char *kind, const char *name)
{
	char *words, *all;

	/* Some tags begin with their kind. */
	if (strncmp(name, kind, strlen(kind)) == 0)
		return mem_strdup(name);
	if (strcmp(kind, PROPERTY) != 0)
		return mem_printf("%s %s", kind, name);
	words = property_words(name);
	all = mem_printf("%s%s", kind, words);
	free(words);
	return all;
}

void
denied_refused(struct denied *d, const char *one, const char *name)
{
	char *what = one != NULL ? words_of(one, name) : mem_strdup(name);

	(void)pthread_mutex_lock(&d->lock);
	add_name(&d->refused, what);
	(void)pthread_mutex_unlock(&d->lock);
	free(what);
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

/* What is there without these is there. */
static int
is_beside(const struct sort *s)
{
	static const char *const sorts[] = { "object's owner", "grant",
		"default privilege", "comment", PROPERTY, "set of statistics",
		"table's rows", "sequence's value" };

	return text_is_one_of(s->one, sorts, sizeof(sorts) / sizeof(sorts[0]));
}

/* Of names that say what they are. */
static void
list_whole(const struct sort *s, enum restore_lack why,
    const struct restore_listener *to)
{
	size_t i;

	for (i = 0; i < s->name_count; i++)
		to->lacks(to->arg, why, s->names[i]);
}

static void
list_sort(const struct sort *s, enum restore_lack why,
    const struct restore_listener *to)
{
	size_t i;

	for (i = 0; i < s->name_count; i++) {
		char *what =
		    words_of(s->desc != NULL ? s->desc : s->one, s->names[i]);

		to->lacks(to->arg, why, what);
		free(what);
	}
}

void
denied_list(const struct denied *d, const struct restore_listener *to)
{
	size_t i;

	list_whole(&d->refused, LACK_REFUSED, to);
	for (i = 0; i < d->sort_count; i++)
		if (!is_beside(&d->sorts[i]))
			list_sort(&d->sorts[i], LACK_DENIED, to);
	list_whole(&d->dependents, LACK_DENIED, to);
	for (i = 0; i < d->sort_count; i++)
		if (is_beside(&d->sorts[i]))
			list_sort(&d->sorts[i], LACK_BESIDE, to);
}
