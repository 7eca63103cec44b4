#ifndef CLI_WORK_H
#define CLI_WORK_H

#include <jansson.h>

#include "base/buf.h"
#include "cli/options.h"
#include "db/conn.h"
#include "db/pattern.h"
#include "job/backup/backup.h"
#include "job/choose/selection.h"
#include "job/restore/restore.h"

/* What several commands have in common. */

/* work_conn(args): the connection that the options describe; lent strings. */
struct conn_opts work_conn(const struct args *args);

/* work_backup(args): the backup that the options describe, but for where it
 * goes, what is chosen and its keys; lent strings. */
struct backup_opts work_backup(const struct args *args);

/* work_restore(args): the restore that the options describe, but for what is
 * chosen; lent strings.  work_check_restore(args, err): ERR_USAGE where they
 * contradict each other. */
struct restore_opts work_restore(const struct args *args);
int work_check_restore(const struct args *args, struct err *err);

/* The databases that --all leaves out. */
struct work_excluded {
	struct pattern **patterns;
	size_t count;
};
/* work_load_excluded(args, excluded, err): ERR_USAGE without --all; call
 * work_free_excluded() in any case. */
int work_load_excluded(
    const struct args *args, struct work_excluded *excluded, struct err *err);
void work_free_excluded(struct work_excluded *excluded);

/* work_selection(args, sel, err): fill ${sel} with what the options choose;
 * selection_clear() it in any case. */
int
work_selection(const struct args *args, struct selection *sel, struct err *err);

/* What --lock-timeout is without it, in seconds. */
#define WORK_LOCK_TIMEOUT 60

/* work_jobs(args): --jobs, or the processors this process may use, at most
 * 4: beyond that the server's other users would feel it. */
unsigned work_jobs(const struct args *args);

/* work_rate(out, size, bytes, seconds): "92 MB/s". */
void work_rate(char *out, size_t size, uint64_t bytes, double seconds);

/* work_amount(out, n, one, many): append "1 index", or "774 indexes". */
void
work_amount(struct buf *out, uint64_t n, const char *one, const char *many);

/* work_others(out, lobjs, sequences, views): append "3 large objects, 5
 * sequences, 1 materialized view", but for those of which there are none. */
void work_others(
    struct buf *out, uint64_t lobjs, uint64_t sequences, uint64_t views);

/* work_need(args, id, why, err): ERR_USAGE with ${why} unless the option or
 * its variable was given. */
int work_need(const struct args *args, enum option_id id, const char *why,
    struct err *err);

/* work_print_json(doc, err): write it to standard output. */
int work_print_json(const json_t *doc, struct err *err);

#endif
