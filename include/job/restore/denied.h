#ifndef JOB_RESTORE_DENIED_H
#define JOB_RESTORE_DENIED_H

#include <stddef.h>

#include "job/restore/restore.h"

/*
 * What a restore leaves out because its user has not the right to it: a user
 * who owns the database but not the server.  All of it is one warning at the
 * end, by sort.  What the server refused for another reason, of which others
 * warn, is kept with it.  Any thread may call these.
 */
struct denied;

struct denied *denied_new(void);
void denied_free(struct denied *d);

/* denied_add(d, one, many, name): one thing of a sort that is called ${one},
 * or ${many} of them.  A name that came before counts, but is not listed again.
 */
void denied_add(
    struct denied *d, const char *one, const char *many, const char *name);
/* denied_object(d, desc, name): the same for the kind ${desc} of an entry of a
 * table of contents: "EVENT TRIGGER". */
void denied_object(struct denied *d, const char *desc, const char *name);
/* denied_dependent(d, name): something failed for want of what is listed. */
void denied_dependent(struct denied *d, const char *name);
/* denied_refused(d, one, name): the same things, which count for none of these;
 * without ${one} the name says what it is. */
void denied_refused(struct denied *d, const char *one, const char *name);
/* denied_count(d): how many things were added. */
size_t denied_count(struct denied *d);

/* denied_tell(d, user): the warning, if there is anything to tell. */
void denied_tell(struct denied *d, const char *user);
/* denied_list(d, listener): tell ${listener->lacks} of all of it, when no other
 * thread adds to it. */
void denied_list(const struct denied *d, const struct restore_listener *to);

#endif
