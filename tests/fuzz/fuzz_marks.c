#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "fuzz.h"
#include "job/proof/marks.h"
#include "job/sidecar.h"

/* What is remembered of the checks of tests/golden's archive: whatever lies
 * beside it, it is read, or forgotten; and what was read is written and read
 * again.  (mutate.c) */

static char folder[] = "/tmp/pgcask-fuzz.XXXXXX";
static char *archive;
static struct reader *reader;

static void
clean(void)
{
	char *file = sidecar_path(archive, SIDECAR_CHECK);

	(void)unlink(file);
	(void)rmdir(folder);
	free(file);
	free(archive);
	reader_free(reader);
}

/* automake, and run.sh, tell where the sources are. */
static void
prepare(void)
{
	const char *top = getenv("srcdir");
	struct err err = ERR_INIT;
	char *golden;

	if (reader != NULL)
		return;
	log_set_level(LOG_ERRORS);
	insist(keys_init(&err) == 0);
	golden = mem_printf(
	    "%s/tests/golden/format-1.cask", top != NULL ? top : ".");
	reader = reader_open_file(golden, &err);
	insist(reader != NULL && reader_trust(reader, NULL, &err) == 0);
	free(golden);
	insist(mkdtemp(folder) != NULL);
	archive = mem_printf("%s/a.cask", folder);
	(void)atexit(clean);
}

static void
put(const uint8_t *data, size_t size)
{
	char *path = sidecar_path(archive, SIDECAR_CHECK);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	insist(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	insist(close(fd) == 0);
	free(path);
}

static void
same(const struct marks *a, const struct marks *b)
{
	size_t i;

	insist(a->parts == b->parts && a->checked == b->checked &&
	    a->depth == b->depth && (a->fault == NULL) == (b->fault == NULL));
	insist(a->fault == NULL ||
	    (a->bad_any == b->bad_any &&
		memcmp(a->bad, b->bad, (size_t)a->parts) == 0));
	for (i = 0; i <= CHECK_DATA; i++)
		insist(memcmp(a->done[i], b->done[i], (size_t)a->parts) == 0);
}

static void
choose(struct marks *m)
{
	uint8_t *chosen = marks_choose(m, CHECK_DATA, 0.5);

	marks_note(m, CHECK_DATA, chosen);
	insist(marks_count(m, CHECK_DATA) <= m->parts);
	insist(marks_count(m, CHECK_HASHES) <= m->parts);
	free(chosen);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct marks *m, *again;

	prepare();
	put(data, size);
	marks_free(marks_peek(archive));
	m = marks_load(archive, reader);
	insist(m->parts == check_parts(reader));
	insist(marks_save(m, archive, &err) == 0);
	again = marks_load(archive, reader);
	same(m, again);
	marks_free(again);
	choose(m);
	marks_free(m);
	return 0;
}
