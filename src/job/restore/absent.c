#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/queries.h"
#include "job/restore/absent.h"
#include "job/restore/settings.h"

struct absent {
	struct session session;
	char *user;
	struct names roles;     /* that the server lacks */
	struct names foreign;   /* that the user may not give objects to */
	struct names no_spaces; /* tablespaces that the server lacks */
};

/* What is looked at, and what is found. */
struct finder {
	struct conn *leader;
	const struct absent_opts *opts;
	struct absent *found;
};

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sort names, and keep each once. */
static size_t
sort_names(const char **names, size_t n)
{
	size_t i, kept = 0;

	if (n > 0)
		qsort(names, n, sizeof(*names), compare_text);
	for (i = 0; i < n; i++)
		if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	return kept;
}

/* Whether a statement that runs grants something to a role, or speaks of it in
 * another way; a word that only looks like it does no harm. */
static int
is_spoken_of(const struct absent_opts *o, const char *role)
{
	static const char *const kinds[] = { "ACL", "ACL LANGUAGE",
		"DEFAULT ACL", "POLICY", "USER MAPPING" };
	struct buf quoted = { 0 };
	size_t i, k;
	int found = 0;

	sql_ident(&quoted, role);
	for (i = 0; i < o->toc->count && !found; i++) {
		const struct toc_entry *e = &o->toc->entries[i];

		for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			found |= o->passes[i] != PASS_NONE &&
			    strcmp(e->desc, kinds[k]) == 0 &&
			    (strstr(e->defn, role) != NULL ||
				strstr(e->defn, buf_text(&quoted)) != NULL);
	}
	buf_free(&quoted);
	return found;
}

/* Every role that what is restored names.  Of all of a database that is every
 * one that it had; those that were no more than owners are asked for where they
 * are to be that again. */
static const char **
named_roles(const struct finder *f, size_t *count)
{
	const struct absent_opts *o = f->opts;
	const struct catalog *cat = o->cat;
	int own = o->whole || o->made;
	int all = o->whole && !o->said->no_privileges && !o->said->no_owner;
	size_t i, n = 0;
	const char **names = mem_array(NULL,
	    o->toc->count + cat->role_count + cat->setting_count + 2,
	    sizeof(*names));

	for (i = 0; i < o->toc->count && !o->said->no_owner; i++)
		if (o->passes[i] != PASS_NONE &&
		    o->toc->entries[i].owner[0] != '\0')
			names[n++] = o->toc->entries[i].owner;
	for (i = 0; i < cat->role_count; i++)
		if (all || is_spoken_of(o, cat->roles[i]) ||
		    (own && settings_speak_of(cat, cat->roles[i])))
			names[n++] = cat->roles[i];
	for (i = 0; i < cat->setting_count && own; i++)
		if (cat->settings[i].role != NULL)
			names[n++] = cat->settings[i].role;
	if (own && !o->said->no_owner)
		names[n++] = cat->owner;
	*count = sort_names(names, n);
	return names;
}

/* The role that makes the objects; PQuser() is who logged in, which a
 * default role may replace. */
static int
find_user(struct finder *f, struct err *err)
{
	PGresult *row = conn_query(f->leader, sql_current_role, err);

	if (row == NULL)
		return -1;
	f->found->user = mem_strdup(PQgetvalue(row, 0, 0));
	f->found->session.limited = PQgetvalue(row, 0, 1)[0] == 't';
	PQclear(row);
	return 0;
}

static void
add_name(struct names *names, const char *name, struct buf *list)
{
	names->names[names->count++] = name;
	buf_printf(list, "%s%s", list->len > 0 ? ", " : "", name);
}

/* Find the roles that the target lacks, and say so once; and those that it
 * does not let this user make owners. */
static int
find_roles(struct finder *f, struct err *err)
{
	PGresult *have = conn_query(f->leader, sql_owner_roles, err);
	struct buf absent = { 0 };
	const char **names;
	size_t count, i;
	int row, rows;

	if (have == NULL)
		return -1;
	names = named_roles(f, &count);
	f->found->roles.names = mem_array(NULL, count + 1, sizeof(*names));
	f->found->foreign.names = mem_array(NULL, count + 1, sizeof(*names));
	rows = PQntuples(have);
	for (i = 0; i < count; i++) {
		for (row = 0; row < rows; row++)
			if (strcmp(PQgetvalue(have, row, 0), names[i]) == 0)
				break;
		if (row == rows)
			add_name(&f->found->roles, names[i], &absent);
		else if (PQgetvalue(have, row, 1)[0] != 't')
			f->found->foreign.names[f->found->foreign.count++] =
			    names[i];
	}
	PQclear(have);
	free(names);
	if (f->found->roles.count > 0 && !f->opts->quiet)
		log_warn("the server lacks %zu role%s of the archive: %.900s; "
			 "their objects belong to you, their privileges are "
			 "left out (--globals %s)",
		    f->found->roles.count, f->found->roles.count > 1 ? "s" : "",
		    buf_text(&absent),
		    f->opts->globals ? "could not make them"
				     : "makes them first");
	buf_free(&absent);
	return 0;
}

/* Find the tablespaces that the target lacks, and say so once. */
static int
find_spaces(struct finder *f, struct err *err)
{
	const struct absent_opts *o = f->opts;
	PGresult *have = conn_query(f->leader, sql_tablespaces, err);
	const char **names;
	struct buf list = { 0 };
	size_t i, n = 0;
	int row;

	if (have == NULL)
		return -1;
	names = mem_array(NULL, o->toc->count + 1, sizeof(*names));
	for (i = 0; i < o->toc->count && !o->said->no_tablespaces; i++)
		if (o->passes[i] != PASS_NONE &&
		    o->toc->entries[i].tablespace != NULL &&
		    o->toc->entries[i].tablespace[0] != '\0')
			names[n++] = o->toc->entries[i].tablespace;
	n = sort_names(names, n);
	f->found->no_spaces.names = names;
	for (i = 0; i < n; i++) {
		for (row = 0; row < PQntuples(have); row++)
			if (strcmp(PQgetvalue(have, row, 0), names[i]) == 0)
				break;
		if (row == PQntuples(have))
			add_name(&f->found->no_spaces, names[i], &list);
	}
	PQclear(have);
	if (f->found->no_spaces.count > 0 && !f->opts->quiet)
		log_warn("the server lacks %zu tablespace%s of the archive, or "
			 "does not let %s use them: %.900s; the database's own "
			 "takes their place",
		    f->found->no_spaces.count,
		    f->found->no_spaces.count > 1 ? "s" : "", f->found->user,
		    buf_text(&list));
	buf_free(&list);
	return 0;
}

struct absent *
absent_find(struct conn *conn, const struct absent_opts *opts, struct err *err)
{
	struct absent *a = mem_zalloc(sizeof(*a));
	struct finder f = { conn, opts, a };

	if (find_user(&f, err) != 0 || find_roles(&f, err) != 0 ||
	    find_spaces(&f, err) != 0) {
		absent_free(a);
		return NULL;
	}
	a->session.user = a->user;
	a->session.absent = &a->roles;
	a->session.foreign = &a->foreign;
	a->session.no_spaces = &a->no_spaces;
	a->session.no_owner = opts->said->no_owner;
	a->session.no_tablespaces = opts->said->no_tablespaces;
	return a;
}

const struct session *
absent_session(const struct absent *a)
{
	return &a->session;
}

void
absent_free(struct absent *a)
{
	if (a == NULL)
		return;
	free(a->user);
	free(a->roles.names);
	free(a->foreign.names);
	free(a->no_spaces.names);
	free(a);
}
