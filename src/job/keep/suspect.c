#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "job/keep/suspect.h"
#include "job/sidecar.h"
#include "storage/store.h"

char *
suspect_peek(const char *archive)
{
	struct err err = ERR_INIT;
	json_t *doc = sidecar_load(archive, SIDECAR_SUSPECT, &err);
	const char *reason;
	char *copy = NULL;

	if (doc != NULL && doc_str(doc, "reason", &reason, &err) == 0)
		copy = mem_strdup(reason);
	else if (err.kind != ERR_ABSENT)
		copy = mem_printf("its mark can't be read: %s", err.msg);
	json_decref(doc);
	if (copy != NULL)
		text_clean(copy);
	return copy;
}

int
suspect_mark(const char *archive, const char *reason, const char *against,
    struct err *err)
{
	char marked[WALL_ISO_SIZE];
	json_t *doc;
	int rc;

	wall_iso(wall_now(), marked);
	doc = json_pack("{s:o, s:s, s:o}", "reason", doc_text(reason), "marked",
	    marked, "compared_with", doc_text(against));
	rc = doc != NULL ? sidecar_save(archive, SIDECAR_SUSPECT, doc, err)
			 : err_set(err, ERR_FAIL, "cannot describe the mark");
	json_decref(doc);
	return rc;
}

int
suspect_clear(const char *archive, struct err *err)
{
	return sidecar_remove(archive, SIDECAR_SUSPECT, err);
}

/* ---- marks without an archive ---- */

struct cleaning {
	struct store *store;
	const char *name;
};

static int
clean_file(const char *file, void *arg, struct err *err)
{
	const struct cleaning *c = arg;
	char *archive = sidecar_archive(file), *mark = NULL, *path = NULL;
	struct stat st;
	int rc = 0;

	if (archive == NULL)
		return 0;
	mark = sidecar_path(archive, SIDECAR_SUSPECT);
	path = mem_printf("%s/%s/%s", store_path(c->store), c->name, archive);
	if (strcmp(mark, file) == 0 && lstat(path, &st) != 0 &&
	    errno == ENOENT) {
		log_step("removed %s/%s, for its archive is not there", c->name,
		    file);
		rc = store_remove(c->store, c->name, file, err);
	}
	free(path);
	free(mark);
	free(archive);
	return rc;
}

void
suspect_clean(const char *repo, const char *name)
{
	struct err err = ERR_INIT;
	struct cleaning c = { store_open(repo, &err), name };

	if (c.store == NULL ||
	    store_files(c.store, name, clean_file, &c, &err) != 0)
		log_warn("%s", err.msg);
	store_free(c.store);
}
