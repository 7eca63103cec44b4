#include <stdlib.h>

#include "base/mem.h"
#include "job/restore/fit.h"
#include "job/restore/look.h"
#include "job/restore/presence.h"
#include "restoring.h"

struct look {
	struct restore_opts opts;
	struct restore r;
};

struct look *
look_new(
    struct reader *reader, const struct restore_opts *opts, struct err *err)
{
	struct look *l = mem_zalloc(sizeof(*l));

	l->opts = *opts;
	l->r.reader = reader;
	l->r.opts = &l->opts;
	if (restoring_read(&l->r, err) == 0)
		return l;
	look_free(l);
	return NULL;
}

void
look_free(struct look *l)
{
	if (l == NULL)
		return;
	restoring_free(&l->r);
	free(l);
}

const struct catalog *
look_catalog(const struct look *l)
{
	return l->r.cat;
}

const struct toc *
look_toc(const struct look *l)
{
	return l->r.toc;
}

const enum pass *
look_passes(const struct look *l)
{
	return l->r.passes;
}

/* What is there already of a part, or does not fit. */
static int
check_presence(struct look *l, struct err *err)
{
	struct restore *r = &l->r;
	struct presence *p;
	int rc;

	if (restoring_fills_there(r))
		return fit_check(r->leader, r->cat, err);
	if (!restoring_is_part(r) || r->opts->create || r->opts->clean ||
	    r->beside != NULL)
		return 0;
	p = presence_new(r->leader, err);
	if (p == NULL)
		return -1;
	rc = presence_refuse(p, r->choice, r->toc, target_name(r->target), err);
	presence_free(p);
	return rc;
}

struct conn *
look_target(struct look *l, struct err *err)
{
	struct restore *r = &l->r;

	if (restoring_open_target(r, 1, err) != 0 ||
	    conn_set_encoding(r->leader, r->cat->encoding, err) != 0 ||
	    check_presence(l, err) != 0)
		return NULL;
	return r->leader;
}

const struct session *
look_absent(struct look *l, struct err *err)
{
	if (restoring_find_absent(&l->r, 1, err) != 0)
		return NULL;
	return absent_session(l->r.absent);
}
