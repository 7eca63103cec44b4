#ifndef JOB_DOCTORING_SRC_H
#define JOB_DOCTORING_SRC_H

#include "archive/reader.h"
#include "db/conn.h"
#include "job/doctor/doctor.h"
#include "job/restore/look.h"
#include "job/view/locate.h"
#include "storage/probe.h"

/* What the parts of job/doctor share. */

/* An examination under way. */
struct doctor {
	const struct doctor_opts *opts;
	struct report *report;
	struct seal_key *seal_key; /* or NULL */
	uint8_t *recipients;       /* KEYS_PUBLIC_SIZE bytes each */
	size_t recipient_count;
	struct conn *conn;   /* or NULL */
	struct store *store; /* or NULL */
	struct located all;
	int located; /* the repository could be read */
	struct probe_space space;
	int guessed;       /* by the size of tables */
	uint64_t expected; /* bytes of the archives to come, of all names */
};

/* All of these add findings; those with an ${err} fail only after a signal. */

/* doctor_check_keys(d): those that seal, and the one that opens. */
void doctor_check_keys(struct doctor *d);
/* doctor_has_keys(d): whether anything was given to seal by. */
int doctor_has_keys(const struct doctor *d);
/* doctor_count_keys(d): each of which opens what is sealed by them. */
size_t doctor_count_keys(const struct doctor *d);

/* doctor_check_place(d): the repository as a folder; reads its archives. */
void doctor_check_place(struct doctor *d);
/* doctor_check_folder(d, name): whether an archive of ${name} could be written,
 * NULL: of any. */
void doctor_check_folder(struct doctor *d, const char *name);
/* doctor_check_name(d, name): the archives of one name; ${tables} is the size
 * of the tables to be saved, 0 if unknown. */
void doctor_check_name(struct doctor *d, const char *name, uint64_t tables);
/* doctor_check_names(d): of every name that there is. */
void doctor_check_names(struct doctor *d);
/* doctor_check_state(d): where it is remembered what backups look like. */
void doctor_check_state(struct doctor *d);
/* doctor_check_space(d): the room for all of them. */
void doctor_check_space(struct doctor *d);

/* doctor_check_server(r, conn, jobs): what is the server's: version, clock,
 * connections for that many. */
void doctor_check_server(struct report *r, struct conn *conn, unsigned jobs);
/* doctor_check_settings(r, conn): those that cut a long dump short. */
void doctor_check_settings(struct report *r, struct conn *conn);

/* doctor_check_database(d, conn, bytes, err): one that is to be saved, and the
 * size of its tables. */
int doctor_check_database(
    struct doctor *d, struct conn *conn, uint64_t *bytes, struct err *err);

/* doctor_count_tables(cat): those that may have rows. */
size_t doctor_count_tables(const struct catalog *cat);

/* doctor_age(out, size, seconds): "0 minutes", "5 hours", "3 days". */
void doctor_age(char *out, size_t size, int64_t seconds);

/* doctor_check_speed(r, conn, bytes): settings that slow a restore of so many
 * bytes of rows. */
void doctor_check_speed(struct report *r, struct conn *conn, uint64_t bytes);

/* A restore that is looked at. */
struct admission {
	struct report *report;
	const struct restore_opts *opts;
	struct look *look;
	struct conn *conn; /* in the target, or in another database */
	const struct catalog *cat;
	const struct manifest *manifest;
};

/* What the target's server must have for it. */
void doctor_check_extensions(struct admission *a);
void doctor_check_roles(struct admission *a);
void doctor_check_locales(struct admission *a);
void doctor_check_disk(struct admission *a);

#endif
