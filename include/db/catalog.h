#ifndef DB_CATALOG_H
#define DB_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"

/*
 * What a database holds, as far as its data is concerned: everything that a
 * restore needs besides the DDL, which is pg_dump's.
 */

enum copy_format { COPY_TEXT = 0, COPY_BINARY = 1 };

struct column {
	char *name;
	char *type; /* as format_type() writes it */
};

struct table {
	uint32_t oid; /* in the source; 0 when read from an archive */
	char *schema;
	char *name;
	char kind;  /* pg_class.relkind: 'r', or 'p' (has no rows) */
	int parent; /* the partitioned table it is a part of, an index into
		       catalog.tables, or -1 */
	/*
	 * The partitioned table through which its rows are to be loaded, an
	 * index into catalog.tables, or -1 for none.  By its own key a row
	 * may belong to another partition of that one in another database.
	 * Tables with the same one have their columns in the same order.
	 * One that has a foreign table below it is none: rows would pass
	 * through that into another server.
	 */
	int load_via;
	struct column *columns; /* those that COPY carries, in order */
	size_t column_count;
	enum copy_format format;
	int splittable;  /* may be dumped by page ranges */
	int readable;    /* the user may SELECT from it */
	int left_out;    /* its rows are not wanted, or not in the archive */
	int late;        /* to come behind all others, see job/callers.h; not
			    saved */
	int hides;       /* row security would hide rows from the user */
	int unreachable; /* unlogged, on a standby, which has no rows of it */
	uint64_t bytes;  /* heap and TOAST, an estimate */
	uint64_t pages;  /* of the heap, an estimate */
	uint64_t rows;   /* an estimate */
	char *condition; /* "WHERE ..." of an extension's configuration table,
			    or NULL */
};

/* table_has_rows(t): whether rows are to be copied or loaded at all. */
static inline int
table_has_rows(const struct table *t)
{
	return t->kind != 'p' && !t->left_out;
}

struct sequence {
	char *schema;
	char *name;
	int readable; /* the user may SELECT from it */
	int64_t value;
	int called;
};

/* ALTER DATABASE ... SET, or ALTER ROLE ... IN DATABASE ... SET. */
struct setting {
	char *role; /* NULL for the database itself */
	char *name;
	char *value; /* as in pg_db_role_setting */
};

/* A security label. */
struct label {
	char *provider;
	char *text;
};

/* Large objects of one owner with the same privileges. */
struct lobj_group {
	char *owner;
	char *acl;  /* pg_largeobject_metadata.lomacl as text, or NULL */
	char *oids; /* rising, "16401-16403 16507": see lobj_next_run() */
};

/* What is said of one large object. */
struct lobj_note {
	uint32_t oid;
	char *provider; /* of a security label; NULL: it is a comment */
	char *text;
};

struct catalog {
	int server_version; /* 150004 */
	char *dbname;
	char *owner;
	char *encoding; /* "UTF8" */
	char *provider; /* "libc", "icu", "builtin" */
	char *collate;
	char *ctype;
	char *locale;    /* of icu and builtin, or NULL */
	char *icu_rules; /* or NULL */
	char *comment;   /* or NULL */
	char *acl;       /* pg_database.datacl as text, or NULL */
	int conn_limit;
	int is_template;
	char *tablespace;     /* the database's own, or NULL for the default */
	struct label *labels; /* of the database */
	size_t label_count;
	char *statistics;    /* the planner's, as SQL, or NULL */
	int globals_only;    /* the archive has roles and tablespaces alone */
	uint64_t lobj_count; /* large objects */
	/* All of them, by lobj_describe(); none where pg_dump lists them. */
	struct lobj_group *lobj_groups;
	size_t lobj_group_count;
	struct lobj_note *lobj_notes;
	size_t lobj_note_count;

	struct table *tables; /* with rows to copy, and partitioned ones */
	size_t table_count;
	struct sequence *sequences;
	size_t sequence_count;
	struct setting *settings;
	size_t setting_count;
	char **extensions; /* "name version" */
	size_t extension_count;
	char **roles; /* that anything in the database names */
	size_t role_count;

	/* What was chosen, where that is not everything: rules as --filter
	 * has them, and names of options. */
	char **rules;
	size_t rule_count;
	char **options;
	size_t option_count;
};

/* catalog_read(conn, force_text, err): read it inside ${conn}'s transaction,
 * all but the tables' sizes and the sequences' values.  ${force_text} decides
 * against binary COPY everywhere.  Free with catalog_free(). */
struct catalog *
catalog_read(struct conn *conn, int force_text, struct err *err);
/* catalog_read_sizes(conn, cat, err): those of the tables.  ${conn} waits for
 * sessions that hold one of them for themselves. */
int catalog_read_sizes(struct conn *conn, struct catalog *cat, struct err *err);
/* catalog_empty(conn, err): for an archive of the globals alone: the database
 * that they were read in, and no object. */
struct catalog *catalog_empty(struct conn *conn, struct err *err);
/* catalog_read_sequences(conn, cat, err): the values, after the snapshot was
 * taken, so that none is behind its table's rows, on ${conn}, which is in no
 * transaction, so that thousands of sequences do not stay locked. */
int
catalog_read_sequences(struct conn *conn, struct catalog *cat, struct err *err);
/* catalog_drop_table(t), catalog_drop_sequence(s): free what one of the
 * catalog's holds; the caller closes the gap. */
void catalog_drop_table(struct table *t);
void catalog_drop_sequence(struct sequence *s);
/* catalog_write_sequences(conn, list, count, err): set those sequences of a
 * target to the values that they have here, all of them or none. */
int catalog_write_sequences(struct conn *conn,
    const struct sequence *const *list, size_t count, struct err *err);
void catalog_free(struct catalog *cat);

/* catalog_has_rows_alone(cat): whether --data-only was asked for: the archive
 * defines nothing. */
int catalog_has_rows_alone(const struct catalog *cat);

/* catalog_pages(conn, table, pages, err): how many pages a table has now; 0 if
 * it can't be read by page ranges in this database. */
int catalog_pages(struct conn *conn, const struct table *table, uint64_t *pages,
    struct err *err);

#endif
