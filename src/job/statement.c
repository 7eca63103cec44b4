#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/conn.h"
#include "db/sqlname.h"
#include "job/statement.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Entries about the dump itself, rows, and what is restored from the
 * catalog: the database's own properties and the sequences' values. */
static int
is_ours(const struct toc_entry *e)
{
	static const char *const kinds[] = { "ENCODING", "STDSTRINGS",
		"SEARCHPATH", "DATABASE", "DATABASE PROPERTIES", "TABLE DATA",
		"SEQUENCE SET", "BLOBS", "WARNING" };
	static const char *const about[] = { "ACL", "COMMENT",
		"SECURITY LABEL" };

	return text_is_one_of(e->desc, kinds, COUNT(kinds)) ||
	    (text_is_one_of(e->desc, about, COUNT(about)) &&
		begins(e->tag, "DATABASE "));
}

static int
is_acl(const struct toc_entry *e)
{
	static const char *const kinds[] = { "ACL", "ACL LANGUAGE",
		"DEFAULT ACL" };

	return text_is_one_of(e->desc, kinds, COUNT(kinds));
}

static int
is_refresh(const struct toc_entry *e)
{
	return strcmp(e->desc, "MATERIALIZED VIEW DATA") == 0 ||
	    strcmp(e->desc, "STATISTICS DATA") == 0;
}

static int
is_event(const struct toc_entry *e)
{
	return strcmp(e->desc, "EVENT TRIGGER") == 0 ||
	    ((strcmp(e->desc, "COMMENT") == 0 ||
		 strcmp(e->desc, "SECURITY LABEL") == 0) &&
		begins(e->tag, "EVENT TRIGGER "));
}

void
statement_passes(const struct toc *toc, enum pass *passes)
{
	enum pass section = PASS_PRE;
	size_t i;

	for (i = 0; i < toc->count; i++) {
		const struct toc_entry *e = &toc->entries[i];

		/* Comments and labels say no section: theirs is where they
		 * stand. */
		if (e->section == TOC_POST_DATA)
			section = PASS_POST;
		if (is_ours(e))
			passes[i] = PASS_NONE;
		else if (strcmp(e->desc, "ROW SECURITY") == 0)
			/* It would keep a table's owner from seeing rows that
			 * foreign keys refer to. */
			passes[i] = PASS_ACL;
		else if (is_acl(e))
			passes[i] = begins(e->tag, "SCHEMA ") ? PASS_SCHEMA_ACL
							      : PASS_ACL;
		else if (is_refresh(e))
			passes[i] = PASS_REFRESH;
		else if (is_event(e))
			passes[i] = PASS_LAST;
		else if (e->section == TOC_DATA || e->section == TOC_PRE_DATA)
			passes[i] = PASS_PRE;
		else
			passes[i] = section;
	}
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
names_have(const struct names *names, const char *name)
{
	return names->count > 0 &&
	    bsearch(&name, names->names, names->count, sizeof(*names->names),
		compare_names) != NULL;
}

/* Kinds whose identity is schema and name. */
static const char *const QUALIFIED[] = { "COLLATION", "CONVERSION", "DOMAIN",
	"FOREIGN TABLE", "MATERIALIZED VIEW", "SEQUENCE", "STATISTICS", "TABLE",
	"TEXT SEARCH CONFIGURATION", "TEXT SEARCH DICTIONARY", "TYPE", "VIEW" };
/* Those whose identity is the name alone. */
static const char *const PLAIN[] = { "EVENT TRIGGER", "FOREIGN DATA WRAPPER",
	"PROCEDURAL LANGUAGE", "PUBLICATION", "SCHEMA", "SERVER",
	"SUBSCRIPTION" };
/* Those whose identity takes argument types: it is in the DROP statement. */
static const char *const DROPPED[] = { "AGGREGATE", "FUNCTION", "OPERATOR",
	"OPERATOR CLASS", "OPERATOR FAMILY", "PROCEDURE" };

/* What ALTER and OWNER TO go around, or nothing for a kind that has no owner
 * of its own. */
static int
object_identity(const struct toc_entry *e, struct buf *out)
{
	size_t len;

	if (text_is_one_of(e->desc, QUALIFIED, COUNT(QUALIFIED))) {
		buf_printf(out, "%s ", e->desc);
		if (e->schema[0] != '\0')
			sql_qualified(out, e->schema, e->tag);
		else
			sql_ident(out, e->tag);
	} else if (text_is_one_of(e->desc, PLAIN, COUNT(PLAIN))) {
		buf_printf(out, "%s ", e->desc);
		sql_ident(out, e->tag);
	} else if (strcmp(e->desc, "BLOB") == 0) {
		buf_printf(out, "LARGE OBJECT %s", e->tag);
	} else if (text_is_one_of(e->desc, DROPPED, COUNT(DROPPED)) &&
	    begins(e->drop, "DROP ")) {
		len = strlen(e->drop + 5);
		while (len > 0 && strchr(";\n ", e->drop[5 + len - 1]) != NULL)
			len--;
		buf_printf(out, "%.*s", (int)len, e->drop + 5);
	} else {
		return 0;
	}
	return 1;
}

/* One statement for each OID of a BLOB METADATA entry, whose definition is
 * their list. */
static void
each_lobj(const struct toc_entry *e, const char *before, const char *after,
    struct buf *out)
{
	const char *p = e->defn;

	while (*p != '\0') {
		size_t len = strspn(p, "0123456789");

		if (len > 0)
			buf_printf(out, "%s%.*s%s", before, (int)len, p, after);
		p += len;
		p += strcspn(p, "0123456789");
	}
}

/* Whether running the definition has made the role at work the owner. */
static int
is_owned(const struct toc_entry *e, const struct session *session)
{
	static const char *const lobjs[] = { "BLOB", "BLOB METADATA" };

	return session->user != NULL && strcmp(e->owner, session->user) == 0 &&
	    ((begins(e->defn, "CREATE ") &&
		 !begins(e->defn, "CREATE SCHEMA")) ||
		text_is_one_of(e->desc, lobjs, COUNT(lobjs)));
}

static const struct toc_entry *
entry_of(const struct toc *toc, int id)
{
	size_t i;

	for (i = 0; i < toc->count; i++)
		if (toc->entries[i].id == id)
			return &toc->entries[i];
	return NULL;
}

/*
 * The privileges of a group of large objects are written once, for its first;
 * the group is the BLOB METADATA entry that the ACL depends on.
 */
static void
add_group_acl(
    const struct toc_entry *e, const struct toc_entry *group, struct buf *out)
{
	static const char mark[] = "LARGE OBJECT ";
	const char *oid = group->defn;

	for (; *oid != '\0'; oid += strcspn(oid, "0123456789")) {
		size_t oid_len = strspn(oid, "0123456789");
		const char *p = e->defn;
		int quoted = 0;

		while (oid_len > 0 && *p != '\0') {
			char one[2] = { *p, '\0' };

			quoted ^= *p == '"';
			if (quoted || !begins(p, mark)) {
				buf_puts(out, one);
				p++;
				continue;
			}
			p += strlen(mark);
			p += strspn(p, "0123456789");
			buf_printf(out, "%s%.*s", mark, (int)oid_len, oid);
		}
		oid += oid_len;
	}
}

static void
add_definition(
    const struct toc *toc, const struct toc_entry *e, struct buf *out)
{
	const struct toc_entry *group = NULL;

	if (strcmp(e->desc, "BLOB METADATA") == 0) {
		each_lobj(e, "SELECT pg_catalog.lo_create('", "');\n", out);
		return;
	}
	if (is_acl(e) && begins(e->tag, "LARGE OBJECTS") && e->dep_count > 0)
		group = entry_of(toc, e->deps[0]);
	if (group != NULL && strcmp(group->desc, "BLOB METADATA") == 0)
		add_group_acl(e, group, out);
	else
		buf_puts(out, e->defn);
	buf_puts(out, "\n");
}

/* A session begins with both at their defaults, and each entry leaves them
 * so: most ask for nothing else. */
static int
asks_tablespace(const struct toc_entry *e, const struct session *session)
{
	return !session->no_tablespaces && e->tablespace != NULL &&
	    e->tablespace[0] != '\0' &&
	    !names_have(session->no_spaces, e->tablespace);
}

static int
asks_method(const struct toc_entry *e)
{
	return e->access_method != NULL && e->relkind != 'p' &&
	    strcmp(e->access_method, "heap") != 0;
}

void
statement_set(
    const struct toc_entry *e, const struct session *session, struct buf *out)
{
	if (asks_tablespace(e, session)) {
		buf_puts(out, "SET default_tablespace = ");
		sql_ident(out, e->tablespace);
		buf_puts(out, ";\n");
	}
	if (asks_method(e)) {
		buf_puts(out, "SET default_table_access_method = ");
		sql_ident(out, e->access_method);
		buf_puts(out, ";\n");
	}
}

void
statement_unset(
    const struct toc_entry *e, const struct session *session, struct buf *out)
{
	if (asks_tablespace(e, session))
		buf_puts(out, "SET default_tablespace = '';\n");
	if (asks_method(e))
		buf_puts(out, "SET default_table_access_method = heap;\n");
}

void
statement_definition(const struct toc *toc, const struct toc_entry *e,
    const struct session *session, struct buf *out)
{
	statement_set(e, session, out);
	add_definition(toc, e, out);
	/* A partitioned table has no storage; its access method is for
	 * partitions to come. */
	if (e->access_method != NULL && e->relkind == 'p') {
		buf_puts(out, "ALTER TABLE ");
		sql_qualified(out, e->schema, e->tag);
		buf_puts(out, " SET ACCESS METHOD ");
		sql_ident(out, e->access_method);
		buf_puts(out, ";\n");
	}
	statement_unset(e, session, out);
}

void
statement_owner(
    const struct toc_entry *e, const struct session *session, struct buf *out)
{
	struct buf identity = { 0 }, owner = { 0 };

	if (session->no_owner || e->owner[0] == '\0' || e->drop[0] == '\0' ||
	    names_have(session->absent, e->owner) ||
	    names_have(session->foreign, e->owner) || is_owned(e, session))
		return;
	buf_puts(&owner, " OWNER TO ");
	sql_ident(&owner, e->owner);
	buf_puts(&owner, ";\n");
	if (strcmp(e->desc, "BLOB METADATA") == 0)
		each_lobj(e, "ALTER LARGE OBJECT ", buf_text(&owner), out);
	else if (object_identity(e, &identity))
		buf_printf(
		    out, "ALTER %s%s", buf_text(&identity), buf_text(&owner));
	buf_free(&identity);
	buf_free(&owner);
}

/* The end of $tag$ ... $tag$, or of the lone "$". */
static const char *
skip_dollars(const char *p)
{
	size_t len = 1;
	const char *end;

	while (isalnum((unsigned char)p[len]) || p[len] == '_' ||
	    (unsigned char)p[len] >= 0x80)
		len++;
	if (p[len] != '$')
		return p + 1;
	len++;
	for (end = p + len; (end = strchr(end, '$')) != NULL; end++)
		if (strncmp(end, p, len) == 0)
			return end + len;
	return p + strlen(p);
}

/* Block comments nest. */
static const char *
skip_block(const char *p)
{
	int depth = 0;

	do {
		if (begins(p, "/*")) {
			depth++;
			p += 2;
		} else if (begins(p, "*/")) {
			depth--;
			p += 2;
		} else {
			p++;
		}
	} while (*p != '\0' && depth > 0);
	return p;
}

const char *
statement_next(const char *text)
{
	const char *p = text;

	while (*p != '\0' && *p != ';') {
		if (*p == '\'') {
			int escapes =
			    p > text && (p[-1] == 'E' || p[-1] == 'e');

			p = sqlname_skip_quoted(p, escapes);
		} else if (*p == '"') {
			p = sqlname_skip_quoted(p, 0);
		} else if (*p == '$') {
			p = skip_dollars(p);
		} else if (begins(p, "--")) {
			p += strcspn(p, "\r\n");
		} else if (begins(p, "/*")) {
			p = skip_block(p);
		} else {
			p++;
		}
	}
	p += *p == ';';
	return p + strspn(p, " \t\r\n");
}

/* Of what is about another object, "KIND name", where the name begins: behind
 * the words in capitals, which only a name in quotes is. */
static size_t
kind_length(const struct toc_entry *e)
{
	static const char *const about[] = { "ACL", "COMMENT",
		"SECURITY LABEL" };
	size_t len = 0, word;

	if (!text_is_one_of(e->desc, about, COUNT(about)))
		return 0;
	while (
	    (word = strspn(e->tag + len, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) > 0 &&
	    e->tag[len + word] == ' ')
		len += word + 1;
	return len;
}

void
statement_name(const struct toc_entry *e, struct buf *out)
{
	size_t kind = kind_length(e);

	buf_printf(out, "%s %.*s%s%s%s", e->desc, (int)kind, e->tag, e->schema,
	    e->schema[0] != '\0' ? "." : "", e->tag + kind);
}

/* The end of an identifier, or of several joined by dots. */
static const char *
skip_name(const char *p)
{
	for (;;) {
		if (*p == '"') {
			p = sqlname_skip_quoted(p, 0);
		} else {
			const char *from = p;

			while (isalnum((unsigned char)*p) || *p == '_' ||
			    *p == '$' || (unsigned char)*p >= 0x80)
				p++;
			if (p == from)
				return NULL;
		}
		if (*p != '.')
			return p;
		p++;
	}
}

/* The end of "(name, name)". */
static const char *
skip_columns(const char *p)
{
	if (*p != '(')
		return NULL;
	do {
		p += strspn(p, "(, ");
		p = skip_name(p);
	} while (p != NULL && *p == ',');
	return p != NULL && *p == ')' ? p + 1 : NULL;
}

int
statement_split_key(
    const struct toc_entry *e, struct buf *index, struct buf *constraint)
{
	static const char alter[] = "ALTER TABLE ONLY ";
	static const char add[] = "\n    ADD CONSTRAINT ";
	static const char primary[] = " PRIMARY KEY ", unique[] = " UNIQUE ";
	const char *table, *table_end, *name, *name_end, *kind, *columns, *end;

	if (strcmp(e->desc, "CONSTRAINT") != 0 || !begins(e->defn, alter))
		return 0;
	table = e->defn + strlen(alter);
	table_end = skip_name(table);
	if (table_end == NULL || !begins(table_end, add))
		return 0;
	name = table_end + strlen(add);
	name_end = skip_name(name);
	if (name_end == NULL)
		return 0;
	kind = begins(name_end, primary) ? primary : unique;
	if (!begins(name_end, kind))
		return 0;
	columns = name_end + strlen(kind);
	end = skip_columns(columns);
	if (end == NULL || *end != ';' ||
	    end[1 + strspn(end + 1, "\n")] != '\0')
		return 0;
	buf_printf(index,
	    "CREATE UNIQUE INDEX %.*s ON %.*s USING btree %.*s;\n",
	    (int)(name_end - name), name, (int)(table_end - table), table,
	    (int)(end - columns), columns);
	buf_printf(constraint, "%.*s%sUSING INDEX %.*s;\n",
	    (int)(name_end - e->defn), e->defn, kind, (int)(name_end - name),
	    name);
	return 1;
}

int
statement_only_indexes(const struct toc_entry *e)
{
	const char *p = e->defn;

	if (strcmp(e->desc, "INDEX") != 0)
		return 0;
	for (; *p != '\0'; p = statement_next(p))
		if (!begins(p, "CREATE INDEX ") &&
		    !begins(p, "CREATE UNIQUE INDEX "))
			return 0;
	return 1;
}
