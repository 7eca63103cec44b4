#include <stdio.h>
#include <string.h>

#include "base/wall.h"
#include "job/progress.h"

void
progress_init(struct progress *p)
{
	memset(p, 0, sizeof(*p));
	(void)pthread_mutex_init(&p->lock, NULL);
}

void
progress_free(struct progress *p)
{
	(void)pthread_mutex_destroy(&p->lock);
}

/* A job without an audience passes NULL; then there is nothing to do. */
static int
take(struct progress *p)
{
	if (p == NULL)
		return 0;
	(void)pthread_mutex_lock(&p->lock);
	return 1;
}

static void
give(struct progress *p)
{
	(void)pthread_mutex_unlock(&p->lock);
}

void
progress_phase(struct progress *p, const char *phase)
{
	if (!take(p))
		return;
	(void)snprintf(p->phase, sizeof(p->phase), "%s", phase);
	if (p->phase_count < PROGRESS_PHASES) {
		struct progress_phase *new = &p->phases[p->phase_count++];

		memcpy(new->name, p->phase, sizeof(new->name));
		new->began = wall_seconds();
	}
	p->steps = 0;
	p->steps_total = 0;
	give(p);
}

void
progress_total(struct progress *p, uint64_t bytes, uint64_t rows)
{
	if (!take(p))
		return;
	p->bytes_total = bytes;
	p->rows_total = rows;
	give(p);
}

void
progress_adjust(struct progress *p, uint64_t estimate, uint64_t actual)
{
	if (!take(p))
		return;
	p->bytes_total -= estimate < p->bytes_total ? estimate : p->bytes_total;
	p->bytes_total += actual;
	give(p);
}

void
progress_steps(struct progress *p, uint64_t total)
{
	if (!take(p))
		return;
	p->steps = 0;
	p->steps_total = total;
	give(p);
}

void
progress_add(struct progress *p, uint64_t bytes, uint64_t rows)
{
	if (!take(p))
		return;
	p->bytes += bytes;
	p->rows += rows;
	give(p);
}

void
progress_step(struct progress *p, uint64_t steps)
{
	if (!take(p))
		return;
	p->steps += steps;
	give(p);
}

void
progress_slot(struct progress *p, unsigned slot, const char *label)
{
	if (slot >= PROGRESS_SLOTS || !take(p))
		return;
	(void)snprintf(
	    p->slots[slot], PROGRESS_LABEL, "%s", label != NULL ? label : "");
	give(p);
}

void
progress_read(struct progress *p, struct progress *copy)
{
	if (!take(p))
		return;
	memcpy(copy->phase, p->phase, sizeof(p->phase));
	memcpy(copy->slots, p->slots, sizeof(p->slots));
	memcpy(copy->phases, p->phases, sizeof(p->phases));
	copy->phase_count = p->phase_count;
	copy->bytes_total = p->bytes_total;
	copy->rows_total = p->rows_total;
	copy->bytes = p->bytes;
	copy->rows = p->rows;
	copy->steps = p->steps;
	copy->steps_total = p->steps_total;
	give(p);
}
