#ifndef DB_TOC_H
#define DB_TOC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The table of contents of a pg_dump custom-format file, archive versions
 * 1.12 (PostgreSQL 9.0) to 1.16 (17 and 18), as PostgreSQL's
 * pg_backup_archiver.c writes it.  All of it is checked against the file's
 * size as it is read.
 */

enum toc_section { TOC_NONE = 1, TOC_PRE_DATA, TOC_DATA, TOC_POST_DATA };

struct toc_entry {
	int id;           /* dump id, 1 to toc.max_id */
	uint32_t oid;     /* in the source, or 0 */
	const char *tag;  /* the object's name */
	const char *desc; /* its kind: "TABLE", "INDEX", "FK CONSTRAINT" */
	enum toc_section section;
	const char *defn;          /* the statements, or "" */
	const char *drop;          /* or "" */
	const char *schema;        /* namespace, or "" */
	const char *tablespace;    /* NULL: say nothing; "": the default */
	const char *access_method; /* or NULL */
	char relkind;              /* 0 when the version does not tell */
	const char *owner;         /* or "" */
	int *deps;                 /* dump ids */
	size_t dep_count;
};

struct toc {
	int version; /* 114 for 1.14 */
	const char *dbname;
	const char *server_version; /* of the source */
	const char *dump_version;   /* of pg_dump */
	struct toc_entry *entries;  /* in restore order */
	size_t count;
	int max_id;
	/* Statements that come first in every restoring session. */
	const char *encoding;    /* "SET client_encoding = ...;" */
	const char *std_strings; /* "SET standard_conforming_strings = ...;" */
};

/* toc_parse(data, len, err): read it; the strings are the toc's own.
 * ERR_DAMAGED for what is not such a file, naming the version where that is
 * the reason.  Free with toc_free(). */
struct toc *toc_parse(const void *data, size_t len, struct err *err);
/* toc_new(): one without entries. */
struct toc *toc_new(void);
/* toc_add(toc, entry): append an entry under a new dump id, which is
 * returned.  What it points to is copied; a NULL string becomes "".  It says
 * nothing of tablespace and access method. */
int toc_add(struct toc *toc, const struct toc_entry *entry);
void toc_free(struct toc *toc);

#endif
