#ifndef TOC_MADE_H
#define TOC_MADE_H

#include "base/buf.h"
#include "db/toc.h"

/* Tables of contents written by hand, as pg_dump's WriteToc() does, in any
 * archive version and integer size. */

struct made {
	struct buf out;
	int minor; /* 14 for 1.14 */
	int int_size;
};

/* One entry; NULL strings are written as such. */
struct made_entry {
	int id;
	const char *tag;
	const char *desc;
	enum toc_section section;
	const char *defn;
	const char *drop;
	const char *schema;
	const char *tablespace;
	const char *method;
	char relkind;
	const char *owner;
	const int *deps; /* up to 0, or NULL */
};

void made_int(struct made *m, int value);
void made_str(struct made *m, const char *text);
/* made_head(m, minor, int_size, count): everything up to the entries. */
void made_head(struct made *m, int minor, int int_size, int count);
void made_add(struct made *m, const struct made_entry *e);
/* made_parse(m): the toc, which must be in order; frees ${m}'s memory. */
struct toc *made_parse(struct made *m);
/* made_toc(minor, entries, count): all of the above for these. */
struct toc *made_toc(int minor, const struct made_entry *entries, size_t count);

#endif
