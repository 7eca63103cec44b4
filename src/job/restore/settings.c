#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/conn.h"
#include "db/queries.h"
#include "job/acl.h"
#include "job/restore/settings.h"

static void
add_text(struct buf *out, const char *before, const char *value)
{
	if (value == NULL)
		return;
	buf_puts(out, before);
	sql_literal(out, value);
}

void
settings_create(const char *name, const struct catalog *cat, int version,
    int space, struct buf *out)
{
	int icu = strcmp(cat->provider, "icu") == 0;
	int builtin = strcmp(cat->provider, "builtin") == 0;

	buf_puts(out, "CREATE DATABASE ");
	sql_ident(out, name);
	buf_puts(out, " TEMPLATE template0");
	add_text(out, " ENCODING ", cat->encoding);
	if (version >= 150000 && !(builtin && version < 170000))
		buf_printf(out, " LOCALE_PROVIDER %s", cat->provider);
	else if (icu || builtin)
		log_warn("this server has no locale provider %s: the database "
			 "gets the operating system's locale %s",
		    cat->provider, cat->collate);
	add_text(out, " LC_COLLATE ", cat->collate);
	add_text(out, " LC_CTYPE ", cat->ctype);
	if (icu && version >= 150000)
		add_text(out, " ICU_LOCALE ", cat->locale);
	if (icu && version >= 160000)
		add_text(out, " ICU_RULES ", cat->icu_rules);
	if (builtin && version >= 170000)
		add_text(out, " BUILTIN_LOCALE ", cat->locale);
	if (space && cat->tablespace != NULL) {
		buf_puts(out, " TABLESPACE ");
		sql_ident(out, cat->tablespace);
	}
}

/* Parameters whose value is a list of names, each quoted by itself. */
static int
is_name_list(const char *name)
{
	static const char *const lists[] = { "local_preload_libraries",
		"search_path", "session_preload_libraries",
		"shared_preload_libraries", "temp_tablespaces",
		"unix_socket_directories" };
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcasecmp(name, lists[i]) == 0)
			return 1;
	return 0;
}

/* a, "b ""c" becomes 'a', 'b "c'. */
static void
add_name_list(struct buf *out, const char *value)
{
	const char *comma = "";

	while (*value != '\0') {
		struct buf one = { 0 };
		char c[2] = { 0, 0 };

		value += strspn(value, " ,");
		if (*value == '"') {
			for (value++; *value != '\0'; value++) {
				if (*value == '"' && *++value != '"')
					break;
				c[0] = *value;
				buf_puts(&one, c);
			}
		} else if (*value != '\0') {
			size_t len = strcspn(value, ", ");

			buf_printf(&one, "%.*s", (int)len, value);
			value += len;
		} else {
			break;
		}
		buf_puts(out, comma);
		sql_literal(out, buf_text(&one));
		comma = ", ";
		buf_free(&one);
	}
	if (*comma == '\0')
		buf_puts(out, "''");
}

/* Names of parameters may have a dot, of an extension's. */
static void
add_parameter(struct buf *out, const char *name)
{
	size_t len = strcspn(name, ".");
	char *head = mem_printf("%.*s", (int)len, name);

	if (name[len] == '.')
		sql_qualified(out, head, name + len + 1);
	else
		sql_ident(out, name);
	free(head);
}

static void
add_settings(const struct catalog *cat, const char *name,
    const struct names *absent, struct buf *out)
{
	size_t i;

	for (i = 0; i < cat->setting_count; i++) {
		const struct setting *s = &cat->settings[i];

		if (s->role != NULL && names_have(absent, s->role))
			continue;
		if (s->role != NULL) {
			buf_puts(out, "ALTER ROLE ");
			sql_ident(out, s->role);
			buf_puts(out, " IN DATABASE ");
		} else {
			buf_puts(out, "ALTER DATABASE ");
		}
		sql_ident(out, name);
		buf_puts(out, " SET ");
		add_parameter(out, s->name);
		buf_puts(out, " TO ");
		if (is_name_list(s->name))
			add_name_list(out, s->value);
		else
			sql_literal(out, s->value);
		buf_puts(out, ";\n");
	}
}

/* The rights on a database. */
#define LETTERS "CTc"
static const char *const words[] = { "CREATE", "TEMPORARY", "CONNECT" };

/* What another than the owner granted is granted by him again. */
static int
has_grantor(const struct acl_item *item, const struct catalog *cat,
    const struct names *absent)
{
	return strcmp(item->grantor, cat->owner) != 0 &&
	    !names_have(absent, item->grantor) &&
	    !names_have(absent, cat->owner);
}

static void
add_role(const char *role, struct buf *out)
{
	if (role[0] != '\0')
		sql_ident(out, role);
	else
		buf_puts(out, "PUBLIC");
}

static void
add_grants(const struct acl_item *item, const struct catalog *cat,
    const char *name, const struct session *session, struct buf *out)
{
	const struct names *absent = session->absent;
	int by_another = has_grantor(item, cat, absent), grantable;

	if (by_another) {
		buf_puts(out, "SET ROLE ");
		sql_ident(out, item->grantor);
		buf_puts(out, ";\n");
	}
	for (grantable = 0; grantable <= 1; grantable++) {
		struct buf rights = { 0 };

		if (acl_rights(item, LETTERS, words, grantable, &rights) > 0) {
			buf_printf(
			    out, "GRANT %s ON DATABASE ", buf_text(&rights));
			sql_ident(out, name);
			buf_puts(out, " TO ");
			add_role(item->grantee, out);
			buf_puts(
			    out, grantable ? " WITH GRANT OPTION;\n" : ";\n");
		}
		buf_free(&rights);
	}
	if (by_another && session->user != NULL) {
		buf_puts(out, "SET ROLE ");
		sql_ident(out, session->user);
		buf_puts(out, ";\n");
	}
}

/* What every database grants as long as nobody has said otherwise, to its
 * owner or, with "", to everybody: whoever owns it, that needs no saying. */
static const char *
default_rights(const char *grantee)
{
	return grantee[0] != '\0' ? LETTERS : "Tc";
}

/* What its owner grants to ${grantee}, or NULL. */
static const struct acl_item *
find_granted(
    const struct acl *acl, const struct catalog *cat, const char *grantee)
{
	size_t i;

	for (i = 0; i < acl->count; i++)
		if (strcmp(acl->items[i].grantor, cat->owner) == 0 &&
		    strcmp(acl->items[i].grantee, grantee) == 0)
			return &acl->items[i];
	return NULL;
}

/* Take away what is not granted of the default: that alone, so that the rest
 * keeps its place in the list. */
static void
add_revoke(const struct acl *acl, const struct catalog *cat, const char *name,
    const char *from, struct buf *out)
{
	const struct acl_item *item = find_granted(acl, cat, from);
	const char *letter = default_rights(from);
	struct acl_item missing = { NULL, NULL, NULL };
	struct buf letters = { 0 }, rights = { 0 };

	for (; *letter != '\0'; letter++)
		if (item == NULL || strchr(item->rights, *letter) == NULL)
			buf_printf(&letters, "%c", *letter);
	missing.rights = mem_strdup(buf_text(&letters));
	if (acl_rights(&missing, LETTERS, words, 0, &rights) > 0) {
		buf_printf(out, "REVOKE %s ON DATABASE ", buf_text(&rights));
		sql_ident(out, name);
		buf_puts(out, " FROM ");
		add_role(from, out);
		buf_puts(out, ";\n");
	}
	free(missing.rights);
	buf_free(&letters);
	buf_free(&rights);
}

static int
is_default(const struct acl_item *item, const struct catalog *cat)
{
	return strcmp(item->grantor, cat->owner) == 0 &&
	    (item->grantee[0] == '\0' ||
		strcmp(item->grantee, cat->owner) == 0) &&
	    strcmp(item->rights, default_rights(item->grantee)) == 0;
}

/* What differs from the default, as pg_dump says it. */
static int
add_acl(const struct catalog *cat, const char *name,
    const struct session *session, struct buf *out, struct err *err)
{
	const struct names *absent = session->absent;
	struct acl acl;
	size_t i;
	int rc;

	if (cat->acl == NULL)
		return 0;
	rc = acl_parse(cat->acl, &acl, err);
	if (rc == 0)
		add_revoke(&acl, cat, name, "", out);
	if (rc == 0 && !names_have(absent, cat->owner))
		add_revoke(&acl, cat, name, cat->owner, out);
	for (i = 0; i < acl.count && rc == 0; i++)
		if (!is_default(&acl.items[i], cat) &&
		    !names_have(absent, acl.items[i].grantee))
			add_grants(&acl.items[i], cat, name, session, out);
	acl_free(&acl);
	return rc == 0 ? 0 : err_wrap(err, "the database's privileges");
}

int
settings_speak_of(const struct catalog *cat, const char *role)
{
	struct err ignored = ERR_INIT;
	struct acl acl;
	size_t i;
	int found = 0;

	if (cat->acl == NULL)
		return 0;
	if (acl_parse(cat->acl, &acl, &ignored) == 0) {
		found = strcmp(role, cat->owner) == 0 &&
		    find_granted(&acl, cat, role) == NULL;
		for (i = 0; i < acl.count && !found; i++)
			found = !is_default(&acl.items[i], cat) &&
			    (strcmp(acl.items[i].grantee, role) == 0 ||
				(strcmp(acl.items[i].grantor, role) == 0 &&
				    strcmp(role, cat->owner) != 0));
	}
	acl_free(&acl);
	return found;
}

static void
add_labels(const struct catalog *cat, const char *name, struct buf *out)
{
	size_t i;

	for (i = 0; i < cat->label_count; i++) {
		buf_puts(out, "SECURITY LABEL FOR ");
		sql_ident(out, cat->labels[i].provider);
		buf_puts(out, " ON DATABASE ");
		sql_ident(out, name);
		buf_puts(out, " IS ");
		sql_literal(out, cat->labels[i].text);
		buf_puts(out, ";\n");
	}
}

int
settings_properties(const char *name, const struct catalog *cat,
    const struct session *session, struct buf *out, struct err *err)
{
	const struct names *absent = session->absent;

	/* Who can't be an owner's role would have no right to go on with. */
	if (!session->no_owner && !names_have(absent, cat->owner) &&
	    !names_have(session->foreign, cat->owner)) {
		buf_puts(out, "ALTER DATABASE ");
		sql_ident(out, name);
		buf_puts(out, " OWNER TO ");
		sql_ident(out, cat->owner);
		buf_puts(out, ";\n");
	}
	if (add_acl(cat, name, session, out, err) != 0)
		return -1;
	if (cat->conn_limit != -1) {
		buf_puts(out, "ALTER DATABASE ");
		sql_ident(out, name);
		buf_printf(out, " CONNECTION LIMIT %d;\n", cat->conn_limit);
	}
	add_labels(cat, name, out);
	add_settings(cat, name, absent, out);
	return 0;
}

/* Parameters that what is computed may depend on; those of nobody's, with a
 * dot, are read by expressions alone. */
static int
is_computed_with(const char *name)
{
	static const char *const names[] = { "bytea_output", "DateStyle",
		"default_text_search_config", "extra_float_digits",
		"IntervalStyle", "lc_numeric", "lc_time", "TimeZone",
		"timezone_abbreviations", "xmlbinary" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(name, names[i]) == 0)
			return 1;
	return strchr(name, '.') != NULL;
}

static int
is_money(const char *name)
{
	return strcasecmp(name, "lc_monetary") == 0;
}

static void
adopt(struct conn *conn, const struct catalog *cat, int (*fits)(const char *))
{
	size_t i;

	for (i = 0; i < cat->setting_count; i++) {
		const struct setting *s = &cat->settings[i];
		struct err why = ERR_INIT;
		PGresult *r;

		if (s->role != NULL || !fits(s->name))
			continue;
		r = conn_query2(
		    conn, sql_adopt_setting, s->name, s->value, &why);
		if (r == NULL)
			log_detail("%s = %s: %s", s->name, s->value, why.msg);
		PQclear(r);
	}
}

void
settings_adopt(struct conn *conn, const struct catalog *cat)
{
	adopt(conn, cat, is_computed_with);
}

void
settings_adopt_money(struct conn *conn, const struct catalog *cat)
{
	adopt(conn, cat, is_money);
}
