#include "base/log.h"
#include "job/backup/readback.h"
#include "job/sweep.h"

struct readback {
	const struct readback_opts *opts;
	struct reader *reader;
};

/* Say whose rows a part holds. */
static int
name_part(const struct readback *rb, uint64_t number, struct err *err)
{
	const struct manifest *m = rb->opts->manifest;
	const struct part_head *head;
	const struct table *t;

	if (number == 0 || number > m->part_count)
		return -1;
	head = &m->parts[number - 1].head;
	if (head->kind == PART_LOBJS)
		return err_wrap(err, "large objects");
	t = &rb->opts->cat->tables[head->table];
	return err_wrap(err, "rows of %s.%s", t->schema, t->name);
}

static int
check_entry(void *arg, uint64_t entry, struct part *part, struct err *err)
{
	struct readback *rb = arg;
	uint64_t size;

	if (reader_check_entry(rb->reader, entry, &part->buf, &size, err) != 0)
		return name_part(rb, sweep_part(rb->reader, entry), err);
	progress_step(rb->opts->progress, 1);
	return 0;
}

/* The archive is not what is damaged: there is none.  What it was to be kept on
 * is. */
static int
blame(struct err *err)
{
	if (err->kind == ERR_DAMAGED) {
		err->kind = ERR_STORAGE;
		(void)err_wrap(err, "what was written is not what is read");
	}
	return err_hint(err,
	    "nothing is left of this backup; see the kernel's log, test the "
	    "disk (smartctl -t long) and the memory, or write to another "
	    "place");
}

int
readback_run(const struct readback_opts *opts, struct err *err)
{
	struct readback rb = { .opts = opts };
	struct sweep_opts so = {
		.jobs = opts->jobs, .each = check_entry, .arg = &rb
	};
	int rc;

	progress_phase(opts->progress, "read back");
	rb.reader = writer_reread(opts->writer, err);
	if (rb.reader == NULL)
		return blame(err);
	log_step("reading back %s", reader_name(rb.reader));
	so.reader = rb.reader;
	progress_steps(opts->progress, reader_entries(rb.reader));
	rc = sweep_run(&so, err);
	reader_free(rb.reader);
	if (rc == 0 || err->kind == ERR_INTERRUPT)
		return rc;
	return blame(err);
}
