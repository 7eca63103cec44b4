#ifndef DB_ENCODING_H
#define DB_ENCODING_H

#include "db/catalog.h"

/*
 * Names for people.  A catalog's names are in the database's encoding, which
 * a server is to get back; what is shown and asked for is in UTF-8.
 */

/* encoding_to_utf8(encoding, text): a new string that the caller frees, of
 * ${text} in a server's encoding ("LATIN1").  NULL where this machine does not
 * know the encoding, nobody does (SQL_ASCII), or ${text} is not in it. */
char *encoding_to_utf8(const char *encoding, const char *text);

/* encoding_start_to_utf8(encoding, text): the same of a text that may have been
 * cut within a character, which is dropped. */
char *encoding_start_to_utf8(const char *encoding, const char *text);

/* encoding_recode(text, from, to): a new string, ${text} in a server's encoding
 * ${from} in another one; as it is where either is SQL_ASCII, which servers
 * convert nothing to or from.  NULL where ${to} has not all of its characters,
 * or this machine knows no way. */
char *encoding_recode(const char *text, const char *from, const char *to);

/* encoding_show(cat): turn all names of ${cat} into UTF-8; those for which
 * there is no way stay as they are.  Roles and databases belong to no
 * database: their names stay if they are UTF-8 already. */
void encoding_show(struct catalog *cat);

#endif
