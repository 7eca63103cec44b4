#ifndef JOB_ACL_H
#define JOB_ACL_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Privileges as the server writes them: an array of aclitem as text,
 * {GRANTEE=rights/GRANTOR,...} (PostgreSQL documentation, "Privileges"). */

struct acl_item {
	char *grantee; /* "" for PUBLIC */
	char *rights;  /* letters, a "*" behind each that may be granted on */
	char *grantor;
};

struct acl {
	struct acl_item *items;
	size_t count;
};

/* acl_parse(text, acl, err): fill ${acl}; free with acl_free(), whatever the
 * outcome.  ERR_DAMAGED if it is not such an array. */
int acl_parse(const char *text, struct acl *acl, struct err *err);
void acl_free(struct acl *acl);

/* acl_rights(item, letters, words, grantable, out): append the words for those
 * rights of ${item} that may (${grantable}) or may not be granted on, with
 * commas between; "ALL" when they are all of ${letters}, whose words are
 * ${words}, in that order.  Return how many. */
size_t acl_rights(const struct acl_item *item, const char *letters,
    const char *const *words, int grantable, struct buf *out);

#endif
