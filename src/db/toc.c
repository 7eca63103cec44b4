#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/toc.h"

#define VERSION_OLDEST 12
#define VERSION_NEWEST 16
#define FORMAT_CUSTOM 1
/* Sign and bytes of the smallest integer, times the integers and strings of
 * an entry: less than this cannot hold one. */
#define ENTRY_MIN 30
/* Dump ids count every object that pg_dump looked at, those that it left out
 * too; beyond the file's size and this they are taken for damage. */
#define ID_SLACK 1000000u

/*
 * Strings are copied into one run of memory that is as long as the file: in
 * the file each has at least two bytes of length before it, here it has one
 * NUL after it.
 */
struct owner {
	struct toc toc; /* first, so that toc_free() finds the rest */
	char *text;
	size_t text_len;
	int *deps;
	size_t dep_count;
	size_t dep_cap;
	size_t entry_cap;
	void **added; /* what toc_add() copied */
	size_t added_count;
};

struct cursor {
	const uint8_t *data;
	size_t len;
	size_t at;
	unsigned int_size;
	unsigned off_size;
	unsigned minor;
	uint64_t id_max;
	struct owner *owner;
};

static int
damaged(struct err *err, const char *what)
{
	return err_set(err, ERR_DAMAGED,
	    "the schema is not as pg_dump writes it: %s", what);
}

static int
cut(struct err *err)
{
	return damaged(err, "it ends early");
}

static int
get_bytes(struct cursor *c, const uint8_t **p, size_t len, struct err *err)
{
	if (len > c->len - c->at)
		return cut(err);
	*p = c->data + c->at;
	c->at += len;
	return 0;
}

static int
get_byte(struct cursor *c, unsigned *value, struct err *err)
{
	const uint8_t *p;

	if (get_bytes(c, &p, 1, err) != 0)
		return -1;
	*value = *p;
	return 0;
}

/* A sign byte, then the magnitude, little-endian; at most 32 bits count. */
static int
get_int(struct cursor *c, int64_t *value, struct err *err)
{
	const uint8_t *p;
	int64_t v = 0;
	unsigned i;

	if (get_bytes(c, &p, 1 + c->int_size, err) != 0)
		return -1;
	for (i = 0; i < c->int_size; i++) {
		if (i < 4)
			v |= (int64_t)p[1 + i] << (8 * i);
		else if (p[1 + i] != 0)
			return damaged(err, "a number is out of range");
	}
	*value = p[0] != 0 ? -v : v;
	return 0;
}

/* ${*text} is NULL for the string that is not there. */
static int
get_str(struct cursor *c, const char **text, struct err *err)
{
	struct owner *o = c->owner;
	const uint8_t *p;
	int64_t len;
	char *to;

	*text = NULL;
	if (get_int(c, &len, err) != 0)
		return -1;
	if (len < 0)
		return 0;
	if (get_bytes(c, &p, (size_t)len, err) != 0)
		return -1;
	if (memchr(p, '\0', (size_t)len) != NULL)
		return damaged(err, "a string holds a NUL");
	to = o->text + o->text_len;
	memcpy(to, p, (size_t)len);
	to[len] = '\0';
	o->text_len += (size_t)len + 1;
	*text = to;
	return 0;
}

/* The same, with "" for the string that is not there. */
static int
get_text(struct cursor *c, const char **text, struct err *err)
{
	if (get_str(c, text, err) != 0)
		return -1;
	if (*text == NULL)
		*text = "";
	return 0;
}

static int
check_magic(struct cursor *c, struct err *err)
{
	unsigned major, minor, revision, format;
	const uint8_t *p;

	if (get_bytes(c, &p, 5, err) != 0)
		return -1;
	if (memcmp(p, "PGDMP", 5) != 0)
		return damaged(err, "it does not begin with PGDMP");
	if (get_byte(c, &major, err) != 0 || get_byte(c, &minor, err) != 0 ||
	    get_byte(c, &revision, err) != 0 ||
	    get_byte(c, &c->int_size, err) != 0 ||
	    get_byte(c, &c->off_size, err) != 0 ||
	    get_byte(c, &format, err) != 0)
		return -1;
	if (major != 1 || minor < VERSION_OLDEST || minor > VERSION_NEWEST) {
		(void)err_set(err, ERR_DAMAGED,
		    "the schema is in pg_dump's archive version %u.%u; this "
		    "pgcask reads 1.%d to 1.%d",
		    major, minor, VERSION_OLDEST, VERSION_NEWEST);
		return err_hint(err,
		    "pgcask cat ARCHIVE schema | pg_restore -f - writes it as "
		    "SQL; a newer pgcask may read it");
	}
	if (format != FORMAT_CUSTOM)
		return damaged(err, "it is not of the custom format");
	if (c->int_size < 1 || c->int_size > 8 || c->off_size < 1 ||
	    c->off_size > 8)
		return damaged(err, "its integers have an unknown size");
	c->minor = minor;
	c->owner->toc.version = 100 + (int)minor;
	return 0;
}

static int
get_head(struct cursor *c, struct err *err)
{
	struct toc *toc = &c->owner->toc;
	unsigned compression, i;
	int64_t number;

	if (check_magic(c, err) != 0)
		return -1;
	if (c->minor >= 15 ? get_byte(c, &compression, err) != 0
			   : get_int(c, &number, err) != 0)
		return -1;
	for (i = 0; i < 7; i++) /* struct tm, second to is-dst */
		if (get_int(c, &number, err) != 0)
			return -1;
	if (get_text(c, &toc->dbname, err) != 0 ||
	    get_text(c, &toc->server_version, err) != 0 ||
	    get_text(c, &toc->dump_version, err) != 0)
		return -1;
	return 0;
}

/* Dump ids as decimal strings, up to one that is not there. */
static int
get_deps(struct cursor *c, struct toc_entry *e, struct err *err)
{
	struct owner *o = c->owner;
	const char *text;
	uint64_t id;

	for (;;) {
		size_t mark = o->text_len;

		if (get_str(c, &text, err) != 0)
			return -1;
		o->text_len = mark;
		if (text == NULL)
			return 0;
		if (text_number(text, c->id_max, &id) != 0 || id == 0)
			return damaged(err, "a dependency is not a dump id");
		if (o->dep_count == o->dep_cap) {
			o->dep_cap = o->dep_cap > 0 ? o->dep_cap * 2 : 1024;
			o->deps =
			    mem_array(o->deps, o->dep_cap, sizeof(*o->deps));
		}
		o->deps[o->dep_count++] = (int)id;
		e->dep_count++;
	}
}

static int
get_oid(struct cursor *c, uint32_t *oid, struct err *err)
{
	const char *text;
	uint64_t value;

	if (get_text(c, &text, err) != 0)
		return -1;
	if (text_number(text, UINT32_MAX, &value) != 0)
		return damaged(err, "an OID is not a number");
	*oid = (uint32_t)value;
	return 0;
}

static int
get_identity(struct cursor *c, struct toc_entry *e, struct err *err)
{
	int64_t id, had_dumper, section;
	uint32_t catalog;

	if (get_int(c, &id, err) != 0)
		return -1;
	if (id < 1 || (uint64_t)id > c->id_max)
		return damaged(err, "a dump id is out of range");
	e->id = (int)id;
	if (get_int(c, &had_dumper, err) != 0 ||
	    get_oid(c, &catalog, err) != 0 || get_oid(c, &e->oid, err) != 0 ||
	    get_text(c, &e->tag, err) != 0 || get_text(c, &e->desc, err) != 0 ||
	    get_int(c, &section, err) != 0)
		return -1;
	if (section < TOC_NONE || section > TOC_POST_DATA)
		return damaged(err, "an entry is of no known section");
	e->section = (enum toc_section)section;
	return 0;
}

static int
get_entry(struct cursor *c, struct toc_entry *e, struct err *err)
{
	const char *copy, *with_oids;
	const uint8_t *offset;
	int64_t relkind = 0;

	if (get_identity(c, e, err) != 0 || get_text(c, &e->defn, err) != 0 ||
	    get_text(c, &e->drop, err) != 0 || get_str(c, &copy, err) != 0 ||
	    get_text(c, &e->schema, err) != 0 ||
	    get_str(c, &e->tablespace, err) != 0)
		return -1;
	if (c->minor >= 14 && get_str(c, &e->access_method, err) != 0)
		return -1;
	if (c->minor >= 16 && get_int(c, &relkind, err) != 0)
		return -1;
	if (relkind < 0 || relkind > 'z')
		return damaged(err, "a relation is of no known kind");
	e->relkind = (char)relkind;
	if (get_text(c, &e->owner, err) != 0 ||
	    get_str(c, &with_oids, err) != 0 || get_deps(c, e, err) != 0)
		return -1;
	return get_bytes(c, &offset, 1 + c->off_size, err);
}

/* Dependencies were gathered in one array that moved while it grew. */
static void
place_deps(struct owner *o)
{
	size_t at = 0, i;

	for (i = 0; i < o->toc.count && o->deps != NULL; i++) {
		o->toc.entries[i].deps = o->deps + at;
		at += o->toc.entries[i].dep_count;
	}
}

/* Memory that the file's size decides. */
static void *
sized(size_t count, size_t size, struct err *err)
{
	void *p = calloc(count, size);

	if (p == NULL)
		(void)err_set(err, ERR_FAIL, "no memory for the schema");
	return p;
}

static int
check_ids(struct toc *toc, struct err *err)
{
	uint8_t *seen;
	size_t i;

	for (i = 0; i < toc->count; i++)
		if (toc->entries[i].id > toc->max_id)
			toc->max_id = toc->entries[i].id;
	seen = sized((size_t)toc->max_id + 1, 1, err);
	if (seen == NULL)
		return -1;
	for (i = 0; i < toc->count; i++) {
		if (seen[toc->entries[i].id]++) {
			free(seen);
			return damaged(err, "two entries have one dump id");
		}
	}
	free(seen);
	return 0;
}

static void
note_session(struct toc *toc)
{
	size_t i;

	toc->encoding = toc->std_strings = "";
	for (i = 0; i < toc->count; i++) {
		if (strcmp(toc->entries[i].desc, "ENCODING") == 0)
			toc->encoding = toc->entries[i].defn;
		else if (strcmp(toc->entries[i].desc, "STDSTRINGS") == 0)
			toc->std_strings = toc->entries[i].defn;
	}
}

static int
get_entries(struct cursor *c, struct err *err)
{
	struct toc *toc = &c->owner->toc;
	int64_t count;
	size_t i;

	if (get_int(c, &count, err) != 0)
		return -1;
	if (count < 0 || (uint64_t)count > (c->len - c->at) / ENTRY_MIN)
		return damaged(err, "it states more entries than fit");
	toc->entries = sized((size_t)count + 1, sizeof(*toc->entries), err);
	if (toc->entries == NULL)
		return -1;
	toc->count = (size_t)count;
	c->owner->entry_cap = toc->count + 1;
	for (i = 0; i < toc->count; i++)
		if (get_entry(c, &toc->entries[i], err) != 0)
			return -1;
	if (check_ids(toc, err) != 0)
		return -1;
	place_deps(c->owner);
	note_session(toc);
	return 0;
}

struct toc *
toc_parse(const void *data, size_t len, struct err *err)
{
	struct owner *o = mem_zalloc(sizeof(*o));
	struct cursor c = { .data = data, .len = len, .owner = o };

	c.id_max = (uint64_t)len + ID_SLACK;
	if (c.id_max > INT32_MAX)
		c.id_max = INT32_MAX;
	o->text = sized(len + 1, 1, err);
	if (o->text != NULL && get_head(&c, err) == 0 &&
	    get_entries(&c, err) == 0)
		return &o->toc;
	toc_free(&o->toc);
	return NULL;
}

struct toc *
toc_new(void)
{
	struct owner *o = mem_zalloc(sizeof(*o));
	struct toc *toc = &o->toc;

	o->entry_cap = 16;
	toc->entries = mem_array(NULL, o->entry_cap, sizeof(*toc->entries));
	toc->dbname = toc->server_version = toc->dump_version = "";
	toc->encoding = toc->std_strings = "";
	return toc;
}

/* A copy that lives as long as the toc. */
static void *
keep(struct owner *o, const void *data, size_t size)
{
	size_t n = o->added_count;
	void *copy = mem_alloc(size);

	memcpy(copy, data, size);
	if ((n & (n - 1)) == 0)
		o->added =
		    mem_array(o->added, n > 0 ? 2 * n : 1, sizeof(*o->added));
	o->added[o->added_count++] = copy;
	return copy;
}

static const char *
keep_text(struct owner *o, const char *text)
{
	return text == NULL || *text == '\0' ? ""
					     : keep(o, text, strlen(text) + 1);
}

int
toc_add(struct toc *toc, const struct toc_entry *entry)
{
	struct owner *o = (struct owner *)toc;
	struct toc_entry *e;

	if (toc->count == o->entry_cap) {
		o->entry_cap *= 2;
		toc->entries = mem_array(
		    toc->entries, o->entry_cap, sizeof(*toc->entries));
	}
	e = &toc->entries[toc->count++];
	*e = *entry;
	e->id = ++toc->max_id;
	e->tag = keep_text(o, e->tag);
	e->desc = keep_text(o, e->desc);
	e->defn = keep_text(o, e->defn);
	e->drop = keep_text(o, e->drop);
	e->schema = keep_text(o, e->schema);
	e->owner = keep_text(o, e->owner);
	e->tablespace = e->access_method = NULL;
	if (e->dep_count > 0)
		e->deps = keep(o, entry->deps, e->dep_count * sizeof(*e->deps));
	return e->id;
}

void
toc_free(struct toc *toc)
{
	struct owner *o = (struct owner *)toc;
	size_t i;

	if (toc == NULL)
		return;
	for (i = 0; i < o->added_count; i++)
		free(o->added[i]);
	free(o->added);
	free(toc->entries);
	free(o->deps);
	free(o->text);
	free(o);
}
