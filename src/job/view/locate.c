#include <errno.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "archive/reader.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wall.h"
#include "job/view/locate.h"
#include "storage/store.h"

#define SUFFIX ".cask"
#define ID_DIGITS (LOCATE_ID_SIZE - 1)
#define ID_PREFIX_MIN 4 /* an id may be cut short to this */
#define STAMP_LEN (WALL_BASIC_SIZE - 1)

struct list {
	const char *root; /* the repository's path */
	struct located *all;
};

/* Where "STAMP-ID[-LABEL].cask" begins in a key, or NULL if it is not of that
 * form. */
static const char *
file_part(const char *key)
{
	const char *file = strrchr(key, '/');
	size_t i;

	file = file != NULL ? file + 1 : key;
	if (strlen(file) < STAMP_LEN + 1 + ID_DIGITS + strlen(SUFFIX) ||
	    file[STAMP_LEN] != '-')
		return NULL;
	for (i = 0; i < ID_DIGITS; i++) {
		if (!isxdigit((unsigned char)file[STAMP_LEN + 1 + i]))
			return NULL;
	}
	return file;
}

static char *
label_of(const char *key)
{
	const char *file = file_part(key);
	char *label;

	if (file == NULL || file[STAMP_LEN + 1 + ID_DIGITS] != '-')
		return NULL;
	label = mem_strdup(file + STAMP_LEN + 1 + ID_DIGITS + 1);
	label[strlen(label) - strlen(SUFFIX)] = '\0';
	return label;
}

char *
locate_unlabelled(const char *path)
{
	const char *file = file_part(path);
	char *label = label_of(path), *name = NULL;
	size_t len = strlen(path), tail = strlen(SUFFIX);

	if (label != NULL && strcmp(path + len - tail, SUFFIX) == 0)
		name =
		    mem_printf("%.*s" SUFFIX, STAMP_LEN + 1 + ID_DIGITS, file);
	free(label);
	return name;
}

/* When it was made: what the header says, or for want of one the name. */
static int64_t
made(const char *key, const struct header *header)
{
	const char *file = file_part(key);
	char stamp[WALL_BASIC_SIZE];
	int64_t when;

	if (header != NULL)
		return header->created;
	if (file == NULL)
		return 0;
	memcpy(stamp, file, STAMP_LEN);
	stamp[STAMP_LEN] = '\0';
	return wall_parse_basic(stamp, &when) == 0 ? when : 0;
}

/* The header alone: small reads, however large the archive. */
static struct header *
read_header(const char *path, struct err *err)
{
	struct reader *reader = reader_open_file(path, err);
	struct header *header = NULL;
	struct buf text = { 0 };

	/* The reader keeps its own. */
	if (reader != NULL &&
	    header_dump(reader_header(reader), &text, err) == 0)
		header = header_load(text.data, text.len, err);
	buf_free(&text);
	reader_free(reader);
	return header;
}

static void
fill_id(struct found *found)
{
	const char *file = file_part(found->key);
	char id[FORMAT_UUID_SIZE];

	if (found->header != NULL) {
		format_uuid(found->header->id, id);
		memcpy(found->id, id, ID_DIGITS);
	} else if (file != NULL) {
		memcpy(found->id, file + STAMP_LEN + 1, ID_DIGITS);
	}
}

/* Whether somebody chose the name: the id of the archive is not in it. */
static int
is_renamed(const struct found *found)
{
	const char *file = file_part(found->key), *id, *end;

	if (file == NULL || made(found->key, NULL) == 0)
		return 1;
	id = file + STAMP_LEN + 1;
	end = id + ID_DIGITS;
	return strncasecmp(id, found->id, ID_DIGITS) != 0 ||
	    (*end != '-' && strcmp(end, SUFFIX) != 0);
}

/* Return 0 if it was removed since its name was read. */
static int
look_at(struct found *found)
{
	struct stat st;

	if (lstat(found->path, &st) != 0)
		return errno != ENOENT;
	found->is_link = S_ISLNK(st.st_mode);
	if (found->is_link && stat(found->path, &st) != 0) {
		found->err = (struct err)ERR_INIT;
		(void)err_sys(&found->err, ERR_STORAGE,
		    "%s is a link that leads to no file", found->path);
		return 1;
	}
	found->written =
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return 1;
}

static void
found_clear(struct found *found)
{
	free(found->key);
	free(found->path);
	free(found->name);
	free(found->label);
	header_free(found->header);
}

static void
add_closed(const char *name, void *arg)
{
	struct list *list = arg;
	char *folder = mem_printf("%s/%s", list->root, name);

	naming_add(&list->all->closed, folder);
	free(folder);
}

static int
visit(const char *key, uint64_t size, void *arg, struct err *err)
{
	struct list *list = arg;
	struct located *all = list->all;
	const char *slash = strchr(key, '/');
	size_t len = slash != NULL ? (size_t)(slash - key) : 0;
	struct found found = { .size = size, .err = ERR_INIT };

	if (stop_check(err))
		return -1;
	found.key = mem_strdup(key);
	found.path = mem_printf("%s/%s", list->root, key);
	found.name = mem_printf("%.*s", (int)len, key);
	found.label = label_of(key);
	found.header = read_header(found.path, &found.err);
	if (!look_at(&found)) {
		found_clear(&found);
		return 0;
	}
	fill_id(&found);
	found.renamed = is_renamed(&found);
	found.made = made(key, found.header);
	all->found = mem_array(all->found, all->count + 1, sizeof(*all->found));
	all->found[all->count++] = found;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->made != y->made)
		return x->made < y->made ? -1 : 1;
	/* Two within one second. */
	if (x->written != y->written)
		return x->written < y->written ? -1 : 1;
	return strcmp(x->key, y->key);
}

/* It is taken for an empty repository otherwise. */
static int
refuse_folder(const struct store *store, struct err *err)
{
	if (!store_is_folder(store))
		return 0;
	(void)err_set(err, ERR_USAGE,
	    "%s is no repository, but a folder of one, with archives in it",
	    store_path(store));
	return err_hint(err,
	    "give the folder above it with --repo, and this one's name as "
	    "latest:NAME, or to list with --name");
}

int
locate_all(
    const char *repo, const char *name, struct located *all, struct err *err)
{
	struct store *store = store_open(repo, err);
	struct list list = { .all = all };
	int rc;

	*all = (struct located){ .closed = NAMING(", ") };
	if (store == NULL)
		return -1;
	list.root = store_path(store);
	rc = name != NULL
	    ? store_list_in(store, name, visit, add_closed, &list, err)
	    : store_list(store, visit, add_closed, &list, err);
	if (rc == 0 && all->count == 0 && all->closed.count == 0)
		rc = refuse_folder(store, err);
	store_free(store);
	if (rc == 0 && all->count > 0)
		qsort(all->found, all->count, sizeof(*all->found), compare);
	return rc;
}

void
locate_free(struct located *all)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		found_clear(&all->found[i]);
	free(all->found);
	naming_free(&all->closed);
	*all = (struct located){ 0 };
}

/* Digit by digit; hyphens count on neither side. */
static int
id_matches(const char *id, const char *prefix)
{
	for (;;) {
		while (*id == '-')
			id++;
		while (*prefix == '-')
			prefix++;
		if (*prefix == '\0')
			return 1;
		if (tolower((unsigned char)*prefix++) !=
		    tolower((unsigned char)*id++))
			return 0;
	}
}

/* An archive that can't be read is found, too, so that asking for it tells
 * why; by its file's name. */
static int
has_id(const struct found *found, const char *prefix)
{
	char id[FORMAT_UUID_SIZE];

	if (found->header == NULL)
		return id_matches(found->id, prefix);
	format_uuid(found->header->id, id);
	return id_matches(id, prefix);
}

static int
is_id(const char *spec)
{
	size_t digits = 0;

	for (; *spec != '\0'; spec++) {
		if (isxdigit((unsigned char)*spec))
			digits++;
		else if (*spec != '-')
			return 0;
	}
	return digits >= ID_PREFIX_MIN;
}

/* The path of one of the archives, unless its header can't be read; it goes to
 * ${unread} then. */
static char *
take(const struct found *found, char **unread, struct err *err)
{
	if (found->header != NULL)
		return mem_strdup(found->path);
	*err = found->err;
	*unread = mem_strdup(found->path);
	return NULL;
}

int
locate_no_name(const char *repo, const char *name, struct err *err)
{
	struct located all;
	const char **names = NULL, *meant;
	size_t i;

	if (locate_all(repo, NULL, &all, err) != 0)
		goto out;
	names = mem_array(NULL, all.count + 1, sizeof(*names));
	for (i = 0; i < all.count; i++)
		names[i] = all.found[i].name;
	meant = text_nearest(name, names, all.count);
	(void)err_set(err, ERR_ABSENT,
	    "there is no archive of \"%s\" in %s%s%s%s", name, repo,
	    meant != NULL ? "; did you mean \"" : "",
	    meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
	(void)err_hint(err, "\"pgcask list -r %s\" lists them", repo);
out:
	free(names);
	locate_free(&all);
	return -1;
}

/* What is asked for may be where this user may not look. */
static int
closed_failed(struct located *all, struct err *err)
{
	char user[TEXT_USER_SIZE];

	text_user(user);
	return err_set(err, ERR_STORAGE, "user %s may not read %s", user,
	    naming_text(&all->closed));
}

/* The newest one, even if it is damaged: to fall back on an older one is a
 * decision that is not ours. */
static char *
find_latest(const char *repo, const char *name, char **unread, struct err *err)
{
	struct located all;
	char *path = NULL;

	if (locate_all(repo, name, &all, err) != 0)
		goto out;
	if (all.closed.count > 0) {
		(void)closed_failed(&all, err);
		if (name == NULL)
			err_hint(err,
			    "the newest archive may be there; latest:NAME "
			    "looks into one folder alone");
	} else if (all.count > 0) {
		path = take(&all.found[all.count - 1], unread, err);
		if (path == NULL) {
			err_wrap(err, "the latest archive");
			/* More of use than what an archive looks like. */
			err->hint[0] = '\0';
			err_hint(err,
			    "\"pgcask list -r %s\" shows the others: name one "
			    "by its id",
			    repo);
		}
	} else if (name != NULL) {
		locate_no_name(repo, name, err);
	} else {
		err_set(err, ERR_ABSENT, "there is no archive in %s", repo);
	}
out:
	locate_free(&all);
	return path;
}

/* A word that is no path is an id, a label, or both. */
static int
is_called(const struct found *found, const char *spec)
{
	return (is_id(spec) && has_id(found, spec)) ||
	    (found->label != NULL && strcmp(found->label, spec) == 0);
}

static void
fail_several(const char *repo, const char *spec, size_t matches,
    size_t labelled, struct err *err)
{
	if (labelled == 0) {
		err_set(err, ERR_USAGE, "%zu archives in %s begin with \"%s\"",
		    matches, repo, spec);
		err_hint(err, "give more digits of the id");
		return;
	}
	err_set(err, ERR_USAGE, "%zu archives in %s have the label%s \"%s\"",
	    matches, repo, labelled < matches ? " or the id" : "", spec);
	err_hint(
	    err, "name one by its id, which \"pgcask list -r %s\" shows", repo);
}

/* The label or folder that ${spec} was most likely meant to be, as an
 * ARCHIVE.  The caller frees. */
static char *
nearest(const struct found *found, size_t count, const char *spec)
{
	const char **words = mem_array(NULL, 2 * count + 1, sizeof(*words));
	const char *hit;
	char *result = NULL;
	size_t i, n = 0;

	for (i = 0; i < count; i++)
		if (found[i].label != NULL)
			words[n++] = found[i].label;
	hit = text_nearest(spec, words, n);
	if (hit != NULL) {
		result = mem_strdup(hit);
		goto out;
	}
	for (n = 0; n < count; n++)
		words[n] = found[n].name;
	hit = text_nearest(spec, words, n);
	if (hit != NULL)
		result = mem_printf("latest:%s", hit);
out:
	free(words);
	return result;
}

static void
fail_absent(const char *repo, const char *spec, const struct located *all,
    struct err *err)
{
	char *meant = nearest(all->found, all->count, spec);

	err_set(err, ERR_ABSENT,
	    "there is no archive \"%s\" in %s, nor a file of that name%s%s%s",
	    spec, repo, meant != NULL ? "; did you mean \"" : "",
	    meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
	err_hint(err,
	    "\"pgcask list -r %s\" lists them: give a label, at least %d "
	    "digits of an id, or latest:NAME",
	    repo, ID_PREFIX_MIN);
	free(meant);
}

static char *
find_called(const char *repo, const char *spec, char **unread, struct err *err)
{
	struct located all;
	const struct found *match = NULL;
	char *path = NULL;
	size_t i, matches = 0, labelled = 0;

	if (locate_all(repo, NULL, &all, err) != 0)
		goto out;
	for (i = 0; i < all.count; i++) {
		if (!is_called(&all.found[i], spec))
			continue;
		match = &all.found[i];
		matches++;
		labelled +=
		    match->label != NULL && strcmp(match->label, spec) == 0;
	}
	if (matches == 1 && labelled == 1 && all.closed.count > 0) {
		(void)closed_failed(&all, err);
		err_hint(err,
		    "another archive there may have the label \"%s\"; name "
		    "one by its id or path",
		    spec);
	} else if (matches == 1) {
		path = take(match, unread, err);
	} else if (matches > 1) {
		fail_several(repo, spec, matches, labelled, err);
	} else if (all.closed.count == 0) {
		fail_absent(repo, spec, &all, err);
	} else {
		(void)closed_failed(&all, err);
		err_hint(err, "the archive may be there: it is nowhere else");
	}
out:
	locate_free(&all);
	return path;
}

static int
is_path(const char *path, int or_folder)
{
	struct stat st;

	/* Of a disk's fault tells who opens it. */
	if (stat(path, &st) != 0)
		return errno == EIO || errno == ENOMEM || errno == ESTALE;
	return or_folder || !S_ISDIR(st.st_mode);
}

/* A path as it is, or one that begins in the repository, as listed there.  A
 * folder is none where the word could be a label. */
static char *
find_path(const char *repo, const char *spec)
{
	int or_folder = repo == NULL || !text_is_name(spec);
	char *path;

	if (is_path(spec, or_folder))
		return mem_strdup(spec);
	if (repo == NULL || spec[0] == '/')
		return NULL;
	path = mem_printf("%s/%s", repo, spec);
	if (is_path(path, or_folder))
		return path;
	free(path);
	return NULL;
}

char *
locate_file(const char *repo, const char *spec, char **unread, struct err *err)
{
	int latest = strcmp(spec, "latest") == 0;
	int latest_of = strncmp(spec, "latest:", 7) == 0;
	int id = is_id(spec);
	char *path = NULL;

	*unread = NULL;
	if (strcmp(spec, "-") == 0) {
		err_set(err, ERR_USAGE,
		    "this takes an archive in a file, not on standard input");
		return NULL;
	}
	if (!latest && !latest_of) {
		path = find_path(repo, spec);
		if (path != NULL)
			return path;
	}
	if (repo == NULL && (latest || latest_of || id)) {
		err_set(err, id ? ERR_ABSENT : ERR_USAGE,
		    "\"%s\" needs a repository to be found in", spec);
		err_hint(err, "give --repo=DIR, or set PGCASK_REPO");
		return NULL;
	}
	if (latest || latest_of)
		return find_latest(repo, latest ? NULL : spec + 7, unread, err);
	if (repo != NULL && (id || text_is_name(spec)))
		return find_called(repo, spec, unread, err);
	err_set(err, ERR_ABSENT, "there is no archive \"%s\"", spec);
	err_hint(err,
	    "an archive is a path or, with --repo, latest, latest:NAME, a "
	    "label, or at least %d digits of an id",
	    ID_PREFIX_MIN);
	return NULL;
}

char *
locate_one(const char *repo, const char *spec, struct err *err)
{
	char *unread, *path = locate_file(repo, spec, &unread, err);

	free(unread);
	return path;
}

/* Whether the archive ${i} is the first of its name. */
static int
is_first(const struct located *all, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (strcmp(all->found[k].name, all->found[i].name) == 0)
			return 0;
	return 1;
}

/* How many names there are; what to say goes to ${list}: ${name} alone if it
 * is among them, else all. */
static size_t
list_names(const struct located *all, const char *name, struct naming *list)
{
	size_t i, count = 0;
	int has_name = 0;

	for (i = 0; i < all->count; i++)
		has_name |=
		    name != NULL && strcmp(all->found[i].name, name) == 0;
	for (i = 0; i < all->count; i++) {
		char *spec;

		if (!is_first(all, i))
			continue;
		count++;
		if (has_name && strcmp(all->found[i].name, name) != 0)
			continue;
		spec = mem_printf("latest:%s", all->found[i].name);
		naming_add(list, spec);
		free(spec);
	}
	return count;
}

int
locate_sure(
    const char *repo, const char *spec, const char *name, struct err *err)
{
	struct naming list = NAMING(", ");
	struct located all;
	size_t names;
	int rc = 0;

	if (repo == NULL || strcmp(spec, "latest") != 0)
		return 0;
	rc = locate_all(repo, NULL, &all, err);
	names = rc == 0 ? list_names(&all, name, &list) : 0;
	if (names > 1) {
		rc = err_set(err, ERR_USAGE,
		    "%s has archives of %zu names, and the newest is of %s",
		    repo, names, all.found[all.count - 1].name);
		(void)err_hint(err, "say which: %s", naming_text(&list));
	}
	naming_free(&list);
	locate_free(&all);
	return rc;
}
