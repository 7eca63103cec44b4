#ifndef CLI_WORK_H
#define CLI_WORK_H

#include <jansson.h>

#include "base/buf.h"
#include "cli/options.h"
#include "db/conn.h"
#include "job/choose/selection.h"

/* What several commands have in common. */

/* work_conn(args): the connection that the options describe; lent strings. */
struct conn_opts work_conn(const struct args *args);

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

/* work_need(args, id, why, err): ERR_USAGE with ${why} unless the option or
 * its variable was given. */
int work_need(const struct args *args, enum option_id id, const char *why,
    struct err *err);

/* work_print_json(doc, err): write it to standard output. */
int work_print_json(const json_t *doc, struct err *err);

#endif
