#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "job/keep/suspect.h"
#include "job/keep/unmarked.h"

/* Whether it needs no mark any more.  One whose archive is not there may have
 * been renamed: it is kept in mind. */
static int
heal(void *arg, const struct ledger_unmarked *u)
{
	const char *folder = arg;
	char *path, *reason;
	struct err err = ERR_INIT;
	struct stat st;
	int done = 0;

	/* The file's name is what this host noted, but no path. */
	if (strchr(u->file, '/') != NULL)
		return 1;
	path = mem_printf("%s/%s", folder, u->file);
	if (lstat(path, &st) == 0) {
		reason = suspect_peek(path);
		done = reason != NULL ||
		    suspect_mark(path, u->reason, u->against, &err) == 0;
		free(reason);
		if (!done)
			log_warn(
			    "%s can't be marked suspect: %s", path, err.msg);
	}
	free(path);
	return done;
}

size_t
unmarked_heal(struct ledger *l, const char *folder)
{
	char *copy = mem_strdup(folder);
	size_t healed = ledger_each_unmarked(l, heal, copy);

	free(copy);
	return healed;
}

static int
add(void *arg, const struct ledger_unmarked *one)
{
	struct unmarked *u = arg;

	u->ids = mem_array(u->ids, u->count + 1, sizeof(*u->ids));
	(void)snprintf(u->ids[u->count++], sizeof(u->ids[0]), "%s", one->id);
	return 0;
}

/* Write the marks that are missing, which the next run may do as well. */
static void
heal_in(const char *state, const char *repo, const char *name)
{
	char *place = mem_printf("%s/%s", repo, name);
	struct err err = ERR_INIT;
	struct ledger *l = ledger_open(state, repo, name, &err);

	if (l == NULL ||
	    (unmarked_heal(l, place) > 0 && ledger_save(l, &err) != 0))
		log_warn("%s: what this host knows to be suspect is not "
			 "marked now: %s",
		    place, err.msg);
	ledger_close(l);
	free(place);
}

void
unmarked_recall(const char *state, const char *repo, const char *name,
    int heals, struct unmarked *u)
{
	char *folder = ledger_folder(state);
	struct ledger *l = NULL;

	*u = (struct unmarked){ 0 };
	/* Nothing is made where nothing was remembered. */
	if (folder != NULL && access(folder, R_OK) == 0)
		l = ledger_peek(folder, repo, name);
	if (l != NULL) {
		if (ledger_fault(l) != NULL)
			log_warn("%s: whether this host knows of suspects that "
				 "lack their mark can't be read: %s",
			    name, ledger_fault(l));
		(void)ledger_each_unmarked(l, add, u);
	}
	ledger_close(l);
	if (u->count > 0 && heals)
		heal_in(folder, repo, name);
	free(folder);
}

int
unmarked_has(const struct unmarked *u, const char *id)
{
	size_t i;

	for (i = 0; i < u->count; i++)
		if (strcmp(u->ids[i], id) == 0)
			return 1;
	return 0;
}

void
unmarked_clear(struct unmarked *u)
{
	free(u->ids);
	*u = (struct unmarked){ 0 };
}
