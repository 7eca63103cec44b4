#ifndef JOB_RESTORE_NODES_SRC_H
#define JOB_RESTORE_NODES_SRC_H

#include "job/groups.h"
#include "job/restore/schedule.h"

/* What a schedule is made of: nodes.c makes it, schedule.c runs it. */

enum state { WAITING, RUNNING, DONE };

/* A growing list of numbers. */
struct list {
	uint32_t *at;
	size_t count;
	size_t cap;
};

struct node {
	struct step step;
	uint64_t weight; /* bytes of its largest table, times how slow it is */
	enum state state;
	int exclusive;
	size_t waits;      /* steps and tables that are not done yet */
	size_t nears;      /* of those, steps in the batch being picked */
	int calls;         /* functions, see job/callers.h */
	struct list next;  /* steps that wait for this one */
	struct list locks; /* relations */
};

/* A table, seen from the table of contents. */
struct relation {
	int table;           /* of the catalog, or -1 */
	int done;            /* its rows are in */
	unsigned shared;     /* steps that run and share it */
	unsigned exclusive;  /* and those that don't */
	uint64_t cost;       /* of all steps that lock it */
	struct list heirs;   /* partitions and inheriting relations */
	struct list waiting; /* steps that wait for its rows */
};

struct schedule {
	const struct toc *toc;
	const struct catalog *cat;
	struct groups *groups;
	enum pass pass;
	uint32_t *relation_of; /* by dump id: 1 + the relation's number, or 0 */
	uint32_t *first_of;    /* by dump id: 1 + its first node */
	uint32_t *last_of;     /* by dump id: 1 + its last node */
	struct relation *relations;
	size_t relation_count;
	uint32_t *table_relation; /* of the catalog's tables: 1 + relation */
	struct node *nodes;
	size_t count;
	uint32_t *order; /* nodes, the heaviest first */
	size_t start;    /* of them, the first that may not be taken yet */
	size_t left;
	size_t running;
	int rows_done;  /* those of all tables are in */
	uint32_t *mark; /* of relations: the last walk that met them */
	uint32_t walk;
};

/* nodes_make(s): all of ${s} but toc, cat and pass. */
void nodes_make(struct schedule *s, const enum pass *passes);

#endif
