#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/doc.h"
#include "base/mem.h"
#include "job/sidecar.h"
#include "storage/store.h"

/* No larger file is read. */
#define SIZE_MAX_BYTES ((uint64_t)64 << 20)

char *
sidecar_path(const char *archive, enum sidecar kind)
{
	static const char *const names[SIDECAR_KINDS] = { "check", "drill",
		"suspect" };

	return mem_printf("%s.%s.json", archive, names[kind]);
}

json_t *
sidecar_load(const char *archive, enum sidecar kind, struct err *err)
{
	struct buf text = { 0 };
	char *path = sidecar_path(archive, kind);
	struct blob *blob = blob_open(path, err);
	json_t *doc = NULL;
	size_t size;

	if (blob == NULL)
		goto out;
	if (blob_size(blob) > SIZE_MAX_BYTES) {
		(void)err_set(err, ERR_DAMAGED, "%s is too large", path);
		goto out;
	}
	size = (size_t)blob_size(blob);
	if (buf_reserve(&text, size + 1, err) == 0 &&
	    blob_read(blob, 0, text.data, size, err) == 0)
		doc = doc_parse(text.data, size, path, err);
out:
	blob_free(blob);
	buf_free(&text);
	free(path);
	return doc;
}

int
sidecar_save(
    const char *archive, enum sidecar kind, const json_t *doc, struct err *err)
{
	struct buf text = { 0 };
	char *path = sidecar_path(archive, kind);
	struct sink *sink = NULL;
	int rc = -1;

	if (doc_dump(doc, &text, err) == 0 &&
	    (sink = file_replace(path, err)) != NULL &&
	    sink_write(sink, text.data, text.len, err) == 0)
		rc = sink_finish(sink, err);
	sink_free(sink);
	buf_free(&text);
	free(path);
	return rc;
}

int
sidecar_remove(const char *archive, enum sidecar kind, struct err *err)
{
	char *path = sidecar_path(archive, kind);
	int rc = 0;

	if (unlink(path) != 0 && errno != ENOENT)
		rc = err_set(err, ERR_STORAGE, "cannot remove %s: %s", path,
		    strerror(errno));
	free(path);
	return rc;
}

int
sidecar_move_all(const char *from, const char *to, struct err *err)
{
	int kind, rc = 0;

	for (kind = 0; kind < SIDECAR_KINDS && rc == 0; kind++) {
		char *old = sidecar_path(from, (enum sidecar)kind);
		char *new = sidecar_path(to, (enum sidecar)kind);

		if (rename(old, new) != 0 && errno != ENOENT)
			rc = err_set(err, ERR_STORAGE,
			    "cannot rename %s to %s: %s", old, new,
			    strerror(errno));
		free(old);
		free(new);
	}
	return rc;
}
