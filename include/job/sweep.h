#ifndef JOB_SWEEP_H
#define JOB_SWEEP_H

#include "archive/reader.h"

/*
 * All entries of an archive in a file, looked at in their order by threads that
 * pull them one by one.  Memory: what each() takes, for each thread.
 */
struct sweep_opts {
	struct reader *reader; /* its index was read */
	unsigned jobs;         /* threads, at least 1 */
	/* wants(arg, entry): whether it is to be looked at; NULL: all
	 * are.  One thread at a time. */
	int (*wants)(const void *arg, uint64_t entry);
	/* each(arg, entry, part, err): look at it; ${part} is the thread's, to
	 * be used again.  Any thread. */
	int (*each)(
	    void *arg, uint64_t entry, struct part *part, struct err *err);
	void *arg;
};

/* sweep_parts(reader): how many parts the file has.  sweep_part(reader, entry):
 * the number of the part at that entry, or 0. */
uint64_t sweep_parts(const struct reader *reader);
uint64_t sweep_part(const struct reader *reader, uint64_t entry);

/* sweep_run(opts, err): until one fails; then -1 with the error of the first
 * entry in the file that did. */
int sweep_run(const struct sweep_opts *opts, struct err *err);

#endif
