#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/queries.h"
#include "job/restore/ddl.h"

/* Of one transaction: far below what max_locks_per_transaction, at its
 * default, leaves to one session, and enough that committing costs nothing. */
#define PER_TRANSACTION 128
#define TEXT_PER_TRANSACTION ((size_t)256 << 10)
/* Refusals that are named at the default log level: less than a screen, and
 * few that all say the same. */
#define NAMED_MAX 12
#define ALIKE_MAX 3
#define DEADLOCK_TRIES 5

enum failure { REFUSED = 1, DENIED };

struct ddl {
	const struct toc *toc;
	struct session session;
	int escapes;      /* the source has standard_conforming_strings off */
	size_t *entry_of; /* by dump id: 1 + the entry's place */
	struct denied *denied;
	pthread_mutex_t lock; /* guards what follows */
	uint8_t *failed;      /* of each entry: 0 or an enum failure */
	size_t *owners;       /* entries whose owner is to be tried again */
	size_t owner_count;
	unsigned refused;
	unsigned named;
	struct {
		char msg[160]; /* how it begins */
		unsigned count;
	} alike[NAMED_MAX];
};

/* Not in every version, or not for everybody to set. */
static const char *const OPTIONAL[] = {
	"SET default_table_access_method = heap",
	/* An autovacuum that holds a lock we wait for is cancelled after
	 * this long, not after a second. */
	"SET deadlock_timeout = '100ms'"
};

/* Objects that can't have the owner that they had. */
static void
deny_owners(struct ddl *ddl, const enum pass *passes)
{
	static const struct names nobody = { NULL, 0 };
	struct session free_hand = ddl->session;
	struct buf sql = { 0 };
	size_t i;

	free_hand.foreign = &nobody;
	for (i = 0; i < ddl->toc->count; i++) {
		const struct toc_entry *e = &ddl->toc->entries[i];

		if (passes[i] == PASS_NONE ||
		    !names_have(ddl->session.foreign, e->owner))
			continue;
		sql.len = 0;
		statement_owner(e, &free_hand, &sql);
		if (sql.len > 0)
			denied_add(ddl->denied, "object's owner",
			    "objects' owners", e->owner);
	}
	buf_free(&sql);
}

struct ddl *
ddl_new(const struct toc *toc, const enum pass *passes,
    const struct session *session)
{
	struct ddl *ddl = mem_zalloc(sizeof(*ddl));
	size_t i;

	ddl->toc = toc;
	ddl->session = *session;
	ddl->escapes = strstr(toc->std_strings, "'off'") != NULL;
	ddl->failed = mem_zalloc(toc->count + 1);
	ddl->entry_of =
	    mem_zalloc(((size_t)toc->max_id + 1) * sizeof(*ddl->entry_of));
	for (i = 0; i < toc->count; i++)
		ddl->entry_of[toc->entries[i].id] = i + 1;
	ddl->denied = denied_new();
	deny_owners(ddl, passes);
	(void)pthread_mutex_init(&ddl->lock, NULL);
	return ddl;
}

void
ddl_free(struct ddl *ddl)
{
	if (ddl == NULL)
		return;
	(void)pthread_mutex_destroy(&ddl->lock);
	free(ddl->failed);
	free(ddl->owners);
	free(ddl->entry_of);
	denied_free(ddl->denied);
	free(ddl);
}

int
ddl_helpers(struct conn *conn, unsigned count, struct err *err)
{
	char text[16];
	PGresult *r;

	(void)snprintf(text, sizeof(text), "%u", count);
	r = conn_query1(conn, sql_maintenance_workers, text, err);
	PQclear(r);
	return r != NULL ? 0 : -1;
}

int
ddl_session(struct ddl *ddl, struct conn *conn, struct err *err)
{
	/* maintenance_work_mem stays the server's: sorting a B-tree's entries
	 * in more memory is slower than merging runs that fit the caches. */
	static const char common[] =
	    "SET check_function_bodies = off;"
	    "SET xmloption = content;"
	    "SET default_tablespace = '';"
	    "SET synchronous_commit = off;"
	    /* Keys are checked by generated queries on tables that nobody has
	     * analysed: compiling them takes longer than they do. */
	    "SET jit = off;";
	size_t i;

	if (conn_exec(conn, common, err) != 0)
		return -1;
	for (i = 0; i < sizeof(OPTIONAL) / sizeof(OPTIONAL[0]); i++) {
		struct err ignored = ERR_INIT;

		(void)conn_attempt(conn, OPTIONAL[i], &ignored);
	}
	if (!ddl->escapes)
		return 0;
	return conn_exec(conn, "SET escape_string_warning = off", err);
}

/* Statements of ours expect standard strings, those of such a source not. */
static int
set_escapes(struct ddl *ddl, struct conn *conn, int on, struct err *err)
{
	if (!ddl->escapes)
		return 0;
	return conn_exec(conn,
	    on ? "SET standard_conforming_strings = off"
	       : "SET standard_conforming_strings = on",
	    err);
}

/* Errors after which nothing else would work either. */
static int
is_fatal(struct conn *conn, const struct err *err)
{
	static const char *const classes[] = { "08", "53", "57", "58" };
	size_t i;

	/* Without a SQLSTATE it was not the server that refused. */
	if (err->kind != ERR_DB || err->sqlstate[0] == '\0' ||
	    PQstatus(conn_pg(conn)) == CONNECTION_BAD)
		return 1;
	/* A library or an extension that the server lacks is no trouble with
	 * its files, though versions before 15 say so. */
	if (strcmp(err->sqlstate, "58P01") == 0)
		return 0;
	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (strncmp(err->sqlstate, classes[i], 2) == 0)
			return 1;
	return 0;
}

/* A privilege of a role that the target lacks: that was said.  The role's name
 * may as well be part of other words. */
static int
is_known(
    const struct ddl *ddl, const struct toc_entry *e, const struct err *err)
{
	size_t i;

	if (strstr(e->desc, "ACL") == NULL ||
	    (strcmp(err->sqlstate, "42704") != 0 &&
		strcmp(err->sqlstate, "22023") != 0))
		return 0;
	for (i = 0; i < ddl->session.absent->count; i++)
		if (strstr(err->msg, ddl->session.absent->names[i]) != NULL)
			return 1;
	return 0;
}

/* Whether a refusal is to be named; the caller holds the lock. */
static int
is_news(struct ddl *ddl, const char *msg)
{
	size_t i, room = sizeof(ddl->alike[0].msg) - 1;

	for (i = 0; i < NAMED_MAX && ddl->alike[i].count > 0; i++)
		if (strncmp(ddl->alike[i].msg, msg, room) == 0)
			break;
	if (i == NAMED_MAX || ddl->named == NAMED_MAX)
		return 0;
	if (ddl->alike[i].count == 0)
		memcpy(ddl->alike[i].msg, msg, strnlen(msg, room));
	if (ddl->alike[i].count++ >= ALIKE_MAX)
		return 0;
	ddl->named++;
	return 1;
}

/* 42501: insufficient_privilege.  A superuser meets it too, where a statement
 * runs something with the rights of somebody else. */
static int
is_denied(const struct ddl *ddl, const struct err *err)
{
	return ddl->session.limited && strcmp(err->sqlstate, "42501") == 0;
}

static void
refuse(struct ddl *ddl, const char *name, const struct err *err)
{
	int news;

	(void)pthread_mutex_lock(&ddl->lock);
	ddl->refused++;
	news = is_news(ddl, err->msg);
	(void)pthread_mutex_unlock(&ddl->lock);
	if (news)
		log_warn("%s: %s", name, err->msg);
	else
		log_detail("%s: %s", name, err->msg);
}

void
ddl_refuse(
    struct ddl *ddl, const struct ddl_refusal *what, const struct err *err)
{
	if (!is_denied(ddl, err)) {
		refuse(ddl, what->what, err);
		denied_refused(ddl->denied, what->one, what->name);
		return;
	}
	log_step("left out: %s: %s", what->what, err->msg);
	denied_add(ddl->denied, what->one, what->many, what->name);
}

void
ddl_list(const struct ddl *ddl, const struct restore_listener *to)
{
	const struct names *roles = ddl->session.absent;
	size_t i;

	denied_list(ddl->denied, to);
	for (i = 0; i < roles->count; i++) {
		char *what = mem_printf("role %s", roles->names[i]);

		to->lacks(to->arg, LACK_BESIDE, what);
		free(what);
	}
}

void
ddl_finish(struct ddl *ddl)
{
	unsigned refused = ddl_refused(ddl);

	if (refused > ddl->named)
		log_warn("%u more statement%s refused; -vv names each",
		    refused - ddl->named,
		    refused - ddl->named == 1 ? " was" : "s were");
	denied_tell(ddl->denied, ddl->session.user);
}

/* Whether an entry needs another that the user had not the right to. */
static int
lacks_denied(struct ddl *ddl, const struct toc_entry *e)
{
	size_t i, at;
	int lacks = 0;

	(void)pthread_mutex_lock(&ddl->lock);
	for (i = 0; i < e->dep_count && !lacks; i++) {
		at = e->deps[i] <= ddl->toc->max_id ? ddl->entry_of[e->deps[i]]
						    : 0;
		lacks = at > 0 && ddl->failed[at - 1] == DENIED;
	}
	(void)pthread_mutex_unlock(&ddl->lock);
	return lacks;
}

static void
deny(struct ddl *ddl, const struct toc_entry *e)
{
	/* A tag of these is a kind and a name by itself. */
	int plain = e->schema[0] == '\0' || strcmp(e->desc, "COMMENT") == 0 ||
	    strstr(e->desc, "ACL") != NULL;
	char *name = mem_printf(
	    "%s%s%s", plain ? "" : e->schema, plain ? "" : ".", e->tag);

	denied_object(ddl->denied, e->desc, name);
	free(name);
}

/* Whether something that ${e} is about was refused itself, and so is not
 * found: that was said of it.  A table is named all the same. */
static int
is_consequence(
    struct ddl *ddl, const struct toc_entry *e, const struct err *err)
{
	static const char *const states[] = { "42704", "42883", "42P01",
		"3F000" };
	size_t i, d;

	if (strcmp(e->desc, "TABLE") == 0 ||
	    !text_is_one_of(
		err->sqlstate, states, sizeof(states) / sizeof(states[0])))
		return 0;
	for (i = 0; i < ddl->toc->count; i++) {
		if (!ddl_has_failed(ddl, i))
			continue;
		for (d = 0; d < e->dep_count; d++)
			if (e->deps[d] == ddl->toc->entries[i].id)
				return 1;
	}
	return 0;
}

static void
note_failure(struct ddl *ddl, const struct toc_entry *e, const char *sql,
    const struct err *err)
{
	struct buf name = { 0 };
	int denied = is_denied(ddl, err);
	int dependent = !denied && lacks_denied(ddl, e);

	/* A table that is there but for its owner or an option takes rows, as
	 * does one that has another tablespace or access method. */
	if (strcmp(e->desc, "TABLE") != 0 ||
	    (strncmp(sql, "ALTER ", strlen("ALTER ")) != 0 &&
		strncmp(sql, "SET ", strlen("SET ")) != 0)) {
		(void)pthread_mutex_lock(&ddl->lock);
		ddl->failed[e - ddl->toc->entries] =
		    denied || dependent ? DENIED : REFUSED;
		(void)pthread_mutex_unlock(&ddl->lock);
	}
	statement_name(e, &name);
	if (is_known(ddl, e, err)) {
		log_detail("%s: %s", buf_text(&name), err->msg);
	} else if (denied || dependent) {
		log_step("left out: %s: %s", buf_text(&name), err->msg);
		if (denied)
			deny(ddl, e);
		else
			denied_dependent(ddl->denied, buf_text(&name));
	} else if (is_consequence(ddl, e, err)) {
		log_detail("%s: %s", buf_text(&name), err->msg);
		(void)pthread_mutex_lock(&ddl->lock);
		ddl->refused++;
		(void)pthread_mutex_unlock(&ddl->lock);
		denied_refused(ddl->denied, NULL, buf_text(&name));
	} else {
		refuse(ddl, buf_text(&name), err);
		denied_refused(ddl->denied, NULL, buf_text(&name));
	}
	buf_free(&name);
}

/* Run ${sql} as one transaction, or within the one that there is; a deadlock
 * with another session of ours, or with the server's own, is worth another try.
 */
static int
run_sql(struct conn *conn, const char *sql, struct err *err)
{
	int tries = DEADLOCK_TRIES;

	if (conn_is_within(conn))
		return conn_attempt(conn, sql, err);
	for (;;) {
		struct err e = ERR_INIT;

		if (conn_exec(conn, sql, &e) == 0)
			return 0;
		if (PQtransactionStatus(conn_pg(conn)) != PQTRANS_IDLE) {
			struct err ignored = ERR_INIT;

			(void)conn_exec(conn, "ROLLBACK", &ignored);
		}
		if (strcmp(e.sqlstate, "40P01") != 0 || --tries == 0) {
			*err = e;
			return -1;
		}
		log_detail("deadlock, trying again");
	}
}

/* One statement at a time, so that one that is refused takes no other's with
 * it. */
static int
run_singly(struct ddl *ddl, struct conn *conn, const struct toc_entry *e,
    const char *sql, struct err *err)
{
	const char *next;

	for (; *sql != '\0'; sql = next) {
		struct err one_err = ERR_INIT;
		char *one;
		int rc;

		next = statement_next(sql);
		one = mem_printf("%.*s", (int)(next - sql), sql);
		rc = run_sql(conn, one, &one_err);
		if (rc != 0 && is_fatal(conn, &one_err)) {
			*err = one_err;
			free(one);
			return -1;
		}
		if (rc != 0)
			note_failure(ddl, e, one, &one_err);
		free(one);
	}
	return 0;
}

static void
step_text(
    const struct ddl *ddl, const struct step *step, int owner, struct buf *out)
{
	const struct toc_entry *e = &ddl->toc->entries[step->entry];
	struct buf index = { 0 }, constraint = { 0 };

	if (step->form == STEP_WHOLE ||
	    !statement_split_key(e, &index, &constraint)) {
		statement_definition(ddl->toc, e, &ddl->session, out);
		if (owner)
			statement_owner(e, &ddl->session, out);
	} else if (step->form == STEP_INDEX) {
		statement_set(e, &ddl->session, out);
		buf_puts(out, buf_text(&index));
		statement_unset(e, &ddl->session, out);
	} else {
		buf_puts(out, buf_text(&constraint));
	}
	buf_free(&index);
	buf_free(&constraint);
}

/* Run one statement by itself.  Return 0; 1 if it was refused, which is then
 * in ${why}; -1 if nothing else would work either. */
static int
try_sql(struct conn *conn, const struct toc_entry *e, const char *sql,
    struct err *why, struct err *err)
{
	struct buf name = { 0 };
	int rc;

	*why = (struct err)ERR_INIT;
	if (run_sql(conn, sql, why) == 0)
		return 0;
	if (!is_fatal(conn, why))
		return 1;
	*err = *why;
	statement_name(e, &name);
	rc = err_wrap(err, "%s", buf_text(&name));
	buf_free(&name);
	return rc;
}

/* Whether a definition is a list of statements that make sense one by one.
 * Bodies of functions and rules hold statements of their own. */
static int
is_list(const struct toc_entry *e)
{
	return strcmp(e->desc, "TABLE") == 0 || strstr(e->desc, "ACL") != NULL;
}

/* A new owner must have the right to make objects in the schema, which the
 * schema's privileges, at the end, may give. */
static void
put_off_owner(struct ddl *ddl, size_t entry)
{
	(void)pthread_mutex_lock(&ddl->lock);
	ddl->owners =
	    mem_array(ddl->owners, ddl->owner_count + 1, sizeof(*ddl->owners));
	ddl->owners[ddl->owner_count++] = entry;
	(void)pthread_mutex_unlock(&ddl->lock);
}

int
ddl_retry_owners(struct ddl *ddl, struct conn *conn, struct err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < ddl->owner_count && rc >= 0; i++) {
		const struct toc_entry *e = &ddl->toc->entries[ddl->owners[i]];
		struct buf sql = { 0 };
		struct err why;

		statement_owner(e, &ddl->session, &sql);
		rc = try_sql(conn, e, buf_text(&sql), &why, err);
		if (rc > 0) {
			log_step("left out: owner %s of %s: %s", e->owner,
			    e->tag, why.msg);
			denied_add(ddl->denied, "object's owner",
			    "objects' owners", e->owner);
		}
		buf_free(&sql);
	}
	return rc < 0 ? -1 : 0;
}

/* What was refused may be but the owner, a privilege, or an option of a table
 * that this server does not know: all the rest is still wanted. */
static int
run_apart(struct ddl *ddl, struct conn *conn, const struct step *step,
    struct err *err)
{
	const struct toc_entry *e = &ddl->toc->entries[step->entry];
	struct buf object = { 0 }, owner = { 0 };
	struct err why;
	int rc;

	step_text(ddl, step, 0, &object);
	statement_owner(e, &ddl->session, &owner);
	if (step->form == STEP_WHOLE && is_list(e)) {
		rc = run_singly(ddl, conn, e, buf_text(&object), err);
	} else {
		rc = try_sql(conn, e, buf_text(&object), &why, err);
		if (rc > 0)
			note_failure(ddl, e, buf_text(&object), &why);
	}
	if (rc == 0 && owner.len > 0 && !ddl_has_failed(ddl, step->entry)) {
		rc = try_sql(conn, e, buf_text(&owner), &why, err);
		if (rc > 0 && is_denied(ddl, &why))
			put_off_owner(ddl, step->entry);
		else if (rc > 0)
			note_failure(ddl, e, buf_text(&owner), &why);
	}
	buf_free(&object);
	buf_free(&owner);
	return rc < 0 ? -1 : 0;
}

static int
run_one(struct ddl *ddl, struct conn *conn, const struct step *step,
    struct err *err)
{
	struct buf sql = { 0 };
	struct err why;
	int rc;

	step_text(ddl, step, 1, &sql);
	rc = try_sql(
	    conn, &ddl->toc->entries[step->entry], buf_text(&sql), &why, err);
	buf_free(&sql);
	return rc > 0 ? run_apart(ddl, conn, step, err) : rc;
}

static int
run_batch(struct ddl *ddl, struct conn *conn, const struct step *steps,
    size_t count, struct err *err)
{
	struct err all = ERR_INIT;
	struct buf sql = { 0 };
	size_t i;
	int rc = 0, within = conn_is_within(conn);

	if (count > 1) {
		buf_puts(&sql, within ? "" : "BEGIN;\n");
		for (i = 0; i < count; i++)
			step_text(ddl, &steps[i], 1, &sql);
		buf_puts(&sql, within ? "" : "COMMIT;\n");
		rc = run_sql(conn, buf_text(&sql), &all);
		buf_free(&sql);
		if (rc == 0)
			return 0;
		/* Too many locks for one transaction is not too many for
		 * several. */
		if (is_fatal(conn, &all) &&
		    strncmp(all.sqlstate, "53", 2) != 0) {
			*err = all;
			return -1;
		}
		log_detail("one of %zu statements failed (%s): one by one",
		    count, all.msg);
	}
	for (i = 0, rc = 0; i < count && rc == 0; i++)
		rc = run_one(ddl, conn, &steps[i], err);
	return rc;
}

int
ddl_run(struct ddl *ddl, struct conn *conn, const struct step *steps,
    size_t count, struct err *err)
{
	struct buf name = { 0 };
	size_t i;

	for (i = 0; i < count && log_level() >= LOG_DETAILS; i++) {
		statement_name(&ddl->toc->entries[steps[i].entry], &name);
		log_detail("making %s", buf_text(&name));
		name.len = 0;
	}
	buf_free(&name);
	if (set_escapes(ddl, conn, 1, err) != 0 ||
	    run_batch(ddl, conn, steps, count, err) != 0)
		return -1;
	return set_escapes(ddl, conn, 0, err);
}

int
ddl_run_pass(struct ddl *ddl, struct conn *conn, const enum pass *passes,
    enum pass pass, void (*done)(void *arg, size_t count), void *arg,
    struct err *err)
{
	struct step steps[PER_TRANSACTION];
	size_t i, text = 0, count = 0;
	int rc = 0;

	for (i = 0; i < ddl->toc->count && rc == 0; i++) {
		if (passes[i] == pass) {
			steps[count].entry = i;
			steps[count++].form = STEP_WHOLE;
			text += strlen(ddl->toc->entries[i].defn);
		}
		if (count == 0 ||
		    (count < PER_TRANSACTION && text < TEXT_PER_TRANSACTION &&
			i + 1 < ddl->toc->count))
			continue;
		rc = ddl_run(ddl, conn, steps, count, err);
		if (done != NULL)
			done(arg, count);
		count = text = 0;
	}
	return rc;
}

const struct toc_entry *
ddl_entry(const struct ddl *ddl, size_t entry)
{
	return &ddl->toc->entries[entry];
}

int
ddl_has_failed(struct ddl *ddl, size_t entry)
{
	int failed;

	(void)pthread_mutex_lock(&ddl->lock);
	failed = ddl->failed[entry];
	(void)pthread_mutex_unlock(&ddl->lock);
	return failed;
}

struct denied *
ddl_denied(struct ddl *ddl)
{
	return ddl->denied;
}

unsigned
ddl_refused(struct ddl *ddl)
{
	unsigned refused;

	(void)pthread_mutex_lock(&ddl->lock);
	refused = ddl->refused;
	(void)pthread_mutex_unlock(&ddl->lock);
	return refused;
}
