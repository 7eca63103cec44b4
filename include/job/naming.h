#ifndef JOB_NAMING_H
#define JOB_NAMING_H

#include "base/buf.h"

/* Names, or short texts, of a message that is to fit on a screen: as many as
 * there is room for, and all of them at -v.  Begin with NAMING(separator). */
struct naming {
	const char *separator;
	struct buf text;
	size_t count;
	size_t left; /* for which there was no room */
};

#define NAMING(with)                \
	{                           \
		.separator = (with) \
	}

/* naming_add(n, what): whatever it holds, it stays on one line. */
void naming_add(struct naming *n, const char *what);
/* naming_text(n): all of it; lent, and nothing is added any more. */
const char *naming_text(struct naming *n);
void naming_free(struct naming *n);

#endif
