#ifndef JOB_PROGRESS_H
#define JOB_PROGRESS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How far a job is: written by its workers, read by whoever shows it.  Any
 * thread may call these.  All but progress_read() do nothing when ${p} is
 * NULL, for a job that nobody watches.
 */

#define PROGRESS_SLOTS 64
#define PROGRESS_LABEL 80
#define PROGRESS_PHASES 32

struct progress_phase {
	char name[32];
	double began; /* by wall_seconds() */
};

struct progress {
	pthread_mutex_t lock;
	char phase[32];       /* "schema", "rows", "indexes" */
	uint64_t bytes_total; /* an estimate; 0 unknown */
	uint64_t rows_total;
	uint64_t bytes;
	uint64_t rows;
	uint64_t steps; /* statements, in phases that have no rows */
	uint64_t steps_total;
	char slots[PROGRESS_SLOTS][PROGRESS_LABEL]; /* what each worker does */
	/* The phases so far, as many as there is room for. */
	struct progress_phase phases[PROGRESS_PHASES];
	size_t phase_count;
};

void progress_init(struct progress *p);
void progress_free(struct progress *p);
/* progress_phase(p, phase): a new phase, with no steps unless it says so. */
void progress_phase(struct progress *p, const char *phase);
void progress_total(struct progress *p, uint64_t bytes, uint64_t rows);
/* progress_adjust(p, estimate, actual): a share of the total that was estimated
 * at ${estimate} bytes turned out to be ${actual}. */
void progress_adjust(struct progress *p, uint64_t estimate, uint64_t actual);
void progress_steps(struct progress *p, uint64_t total);
void progress_add(struct progress *p, uint64_t bytes, uint64_t rows);
void progress_step(struct progress *p, uint64_t steps);
/* progress_slot(p, slot, label): what worker ${slot} works on; NULL when
 * idle. */
void progress_slot(struct progress *p, unsigned slot, const char *label);
/* progress_read(p, copy): a consistent copy of all but the lock. */
void progress_read(struct progress *p, struct progress *copy);

#endif
