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

static const char *const endings[SIDECAR_KINDS] = { ".check.json",
	".drill.json", ".suspect.json" };

char *
sidecar_path(const char *archive, enum sidecar kind)
{
	return mem_printf("%s%s", archive, endings[kind]);
}

char *
sidecar_archive(const char *path)
{
	static const char archive[] = ".cask";
	size_t len = strlen(path), kind;

	for (kind = 0; kind < SIDECAR_KINDS; kind++) {
		size_t tail = strlen(endings[kind]);
		size_t head = len > tail ? len - tail : 0;

		if (head > sizeof(archive) - 1 &&
		    strcmp(path + head, endings[kind]) == 0 &&
		    memcmp(path + head - (sizeof(archive) - 1), archive,
			sizeof(archive) - 1) == 0)
			return mem_printf("%.*s", (int)head, path);
	}
	return NULL;
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
	    file_follow(sink, archive, err) == 0 &&
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
sidecar_remove_all(const char *archive, struct err *err)
{
	int kind, rc = 0;

	for (kind = 0; kind < SIDECAR_KINDS && rc == 0; kind++)
		rc = sidecar_remove(archive, (enum sidecar)kind, err);
	return rc;
}

/* A file system without second names gets a copy. */
static int
copy(const char *from, const char *to, enum sidecar kind, struct err *err)
{
	json_t *doc = sidecar_load(from, kind, err);
	int rc = doc != NULL ? sidecar_save(to, kind, doc, err) : -1;

	json_decref(doc);
	return rc;
}

static int
link_one(const char *from, const char *to, enum sidecar kind, struct err *err)
{
	char *old = sidecar_path(from, kind), *new = sidecar_path(to, kind);
	int rc = sidecar_remove(to, kind, err);

	if (rc == 0 && link(old, new) != 0 && errno != ENOENT) {
		if (errno == EPERM || errno == ENOTSUP || errno == ENOSYS)
			rc = copy(from, to, kind, err);
		else
			rc = err_sys(
			    err, ERR_STORAGE, "cannot link %s to %s", old, new);
	}
	free(old);
	free(new);
	return rc;
}

int
sidecar_link_all(const char *from, const char *to, struct err *err)
{
	int kind, rc = 0;

	for (kind = 0; kind < SIDECAR_KINDS && rc == 0; kind++)
		rc = link_one(from, to, (enum sidecar)kind, err);
	return rc;
}
