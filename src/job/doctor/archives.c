#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "doctoring.h"
#include "job/keep/suspect.h"
#include "job/proof/evidence.h"
#include "job/proof/marks.h"

/* Archives that are looked at for who opens them. */
#define RECENT 5
/* Seconds that a snapshot may be ahead of this host's clock. */
#define AHEAD_MAX 60
/* How long a check is thought of as recent. */
#define CHECK_MAX ((int64_t)30 * 24 * 3600)
/* And a drill. */
#define DRILL_MAX ((int64_t)100 * 24 * 3600)
/* What tables come to in an archive, at most: they are compressed. */
#define SHRINK 2

void
doctor_age(char *out, size_t size, int64_t seconds)
{
	int64_t hours = seconds / 3600;

	if (hours < 1)
		(void)snprintf(out, size, "%lld minute%s",
		    (long long)(seconds / 60), seconds / 60 == 1 ? "" : "s");
	else if (hours < 48)
		(void)snprintf(out, size, "%lld hour%s", (long long)hours,
		    hours == 1 ? "" : "s");
	else
		(void)snprintf(out, size, "%lld days", (long long)(hours / 24));
}

/* The archives of one name, newest first. */
struct few {
	const struct found *at[RECENT];
	size_t count; /* of those */
	size_t total; /* of all */
};

static void
pick(const struct doctor *d, const char *name, struct few *few)
{
	size_t i;

	*few = (struct few){ .count = 0 };
	for (i = d->all.count; i > 0; i--) {
		const struct found *f = &d->all.found[i - 1];

		if (strcmp(f->name, name) != 0)
			continue;
		few->total++;
		if (few->count < RECENT)
			few->at[few->count++] = f;
	}
}

static void
check_age(struct doctor *d, const struct found *newest)
{
	int64_t age = wall_now() - newest->header->created;
	char text[32], created[WALL_ISO_SIZE];

	wall_iso(newest->header->created, created);
	doctor_age(text, sizeof(text), age < 0 ? -age : age);
	if (age < -AHEAD_MAX) {
		report_warn(d->report, "age",
		    "the newest archive, %s of %s, is %s in the future: the "
		    "clock was wrong then, or is now",
		    newest->id, created, text);
		report_remedy(d->report, "compare: date -u");
	} else if (d->opts->max_age > 0 && age > d->opts->max_age) {
		report_warn(d->report, "age",
		    "the newest archive, %s of %s, is %s old", newest->id,
		    created, text);
		report_remedy(d->report,
		    "look why no later backup came: the mail of cron, "
		    "journalctl -u cron; --expect-every says how often one is "
		    "made");
	} else {
		report_ok(d->report, "age",
		    "the newest archive, %s of %s, is %s old", newest->id,
		    created, text);
	}
}

static void
advise_anew(struct doctor *d)
{
	report_remedy(d->report,
	    "make a new backup now; older archives may still be good: pgcask "
	    "list -r %s",
	    d->report->repo);
}

/* By what is at hand: the index, or also the catalog. */
static int
check_whole(struct doctor *d, const struct found *newest)
{
	const struct opening *o = d->opts->keys.opening;
	struct err err = ERR_INIT;
	struct reader *reader = reader_open_file(newest->path, &err);
	int opens = o != NULL && (o->open_key != NULL || o->passphrase != NULL);
	int rc = -1;

	if (reader != NULL && opens)
		rc = reader_unlock(reader, o, &err) == 0 &&
			reader_catalog(reader, NULL, &err) != NULL
		    ? 0
		    : -1;
	else if (reader != NULL)
		rc = reader_check(reader, &err);
	reader_free(reader);
	if (rc != 0)
		report_err(
		    d->report, opens ? "opens" : "whole", LEVEL_BAD, &err);
	else if (opens)
		report_ok(d->report, "opens",
		    "the newest archive is opened by what was given");
	return rc;
}

/* Whether it is of the keys that are used now. */
static void
check_sealed_here(struct doctor *d, const struct header *h)
{
	size_t i;

	if (d->seal_key == NULL)
		return;
	for (i = 0; i < h->slot_count; i++)
		if (h->slots[i].type == SLOT_RECIPIENT &&
		    memcmp(h->slots[i].recipient, d->seal_key->recipient,
			KEYS_PUBLIC_SIZE) == 0)
			break;
	if (i < h->slot_count && h->is_signed &&
	    memcmp(h->signer, d->seal_key->signer, KEYS_PUBLIC_SIZE) == 0) {
		report_ok(d->report, "same-key",
		    "the newest archive was sealed by this seal key");
		return;
	}
	report_warn(d->report, "same-key",
	    "the newest archive was sealed by another seal key than %s",
	    d->opts->keys.seal_key);
	report_remedy(d->report,
	    "keep the open keys of both; if you did not change the key, find "
	    "out who makes archives here");
}

/* Whether one key is lost with which the newest archive is, or the next. */
static void
check_second_key(struct doctor *d, const struct header *newest)
{
	int now = !doctor_has_keys(d) || doctor_count_keys(d) > 1;

	if (newest->slot_count > 1 && now) {
		report_ok(d->report, "second-key",
		    "the newest archive can be opened by each of %zu keys",
		    newest->slot_count);
		return;
	}
	if (newest->slot_count > 1)
		report_warn(d->report, "second-key",
		    "one key alone will open the next archive: if it is lost, "
		    "so is that");
	else
		report_warn(d->report, "second-key",
		    "one key alone opens the newest archive: if it is lost, so "
		    "is that");
	report_remedy(d->report,
	    "make a second pair on another host (pgcask keygen), and back up "
	    "with --recipient=cask-recipient-... of it, too");
}

/* Whether many names are looked at: what is true of each is then advised in
 * the same words, so that it can be told once. */
static int
looks_at_many(const struct doctor *d)
{
	return d->opts->all != NULL ||
	    (!d->opts->asks_server && d->opts->backup->name == NULL);
}

static void
advise_check(struct doctor *d, const char *name)
{
	const char *repo = d->report->repo;

	if (looks_at_many(d))
		report_remedy(d->report, "pgcask check -r %s --all", repo);
	else
		report_remedy(
		    d->report, "pgcask check -r %s latest:%s", repo, name);
}

static void
advise_drill(struct doctor *d, const char *name)
{
	report_remedy(d->report,
	    "where the open key is: pgcask drill -r %s latest:%s",
	    d->report->repo, looks_at_many(d) ? "NAME" : name);
}

/* One that was made when a clock was wrong says nothing of its age, now or
 * ever. */
static int
is_ahead(struct doctor *d, const char *check, const char *done,
    const struct found *f, int64_t when)
{
	int64_t ahead = when - wall_now();
	char text[32], iso[WALL_ISO_SIZE];

	if (ahead <= AHEAD_MAX)
		return 0;
	wall_iso(when, iso);
	doctor_age(text, sizeof(text), ahead);
	report_warn(d->report, check,
	    "%s was %s at %s, which is %s in the future: the clock was wrong "
	    "then, or is now",
	    f->id, done, iso, text);
	report_remedy(d->report,
	    "compare: date -u; then once more: pgcask %s -r %s %s",
	    strcmp(done, "checked") == 0 ? "check" : "drill", d->report->repo,
	    f->id);
	return 1;
}

/* The last check of any of them. */
static void
check_marks(struct doctor *d, const struct few *few)
{
	const struct found *at = NULL;
	uint64_t done = 0, parts = 0;
	int64_t newest = 0;
	int ahead = 0;
	char age[32], share[64] = "";
	size_t i;

	for (i = 0; i < few->count; i++) {
		struct marks *m = marks_peek(few->at[i]->path);

		if (m != NULL && m->fault != NULL) {
			report_bad(d->report, "checked", ERR_DAMAGED,
			    "the last check of %s found: %s", few->at[i]->id,
			    m->fault);
			report_remedy(d->report,
			    "do not count on it; make a new backup now, and "
			    "look at the disk: dmesg, smartctl");
		} else if (m != NULL &&
		    is_ahead(d, "checked", "checked", few->at[i], m->checked)) {
			ahead = 1;
		} else if (m != NULL && m->checked > newest) {
			newest = m->checked;
			at = few->at[i];
			done = marks_count(m, m->depth);
			parts = m->parts;
		}
		marks_free(m);
	}
	if (at == NULL) {
		if (ahead)
			return;
		report_warn(d->report, "checked",
		    "no check of the newest archives is remembered");
		advise_check(d, few->at[0]->name);
		return;
	}
	doctor_age(
	    age, sizeof(age), wall_now() > newest ? wall_now() - newest : 0);
	if (wall_now() - newest <= CHECK_MAX) {
		if (done < parts)
			(void)snprintf(share, sizeof(share),
			    "%" PRIu64 " of %" PRIu64 " parts of ", done,
			    parts);
		report_ok(d->report, "checked",
		    "%s%s %s checked %s ago, and %s good", share, at->id,
		    done == 1 || done >= parts ? "was" : "were", age,
		    done == 1 || done >= parts ? "was" : "were");
		return;
	}
	report_warn(d->report, "checked", "the last check was %s ago, of %s",
	    age, at->id);
	advise_check(d, few->at[0]->name);
}

/* The last drill of any. */
static void
check_drills(struct doctor *d, const char *name)
{
	const struct found *at = NULL;
	struct evidence_last last, newest = { 0, 0 };
	char age[32];
	int ahead = 0;
	size_t i;

	for (i = 0; i < d->all.count; i++) {
		const struct found *f = &d->all.found[i];

		if (strcmp(f->name, name) != 0 ||
		    !evidence_peek(f->path, &last) ||
		    last.ended <= newest.ended)
			continue;
		if (is_ahead(d, "drilled", "drilled", f, last.ended)) {
			ahead = 1;
			continue;
		}
		newest = last;
		at = f;
	}
	if (at == NULL && ahead)
		return;
	if (at == NULL) {
		report_warn(d->report, "drilled",
		    "nobody has tried a restore: no drill is remembered");
		advise_drill(d, name);
		return;
	}
	doctor_age(age, sizeof(age),
	    wall_now() > newest.ended ? wall_now() - newest.ended : 0);
	if (newest.passed && wall_now() - newest.ended <= DRILL_MAX) {
		report_ok(d->report, "drilled", "%s passed a drill %s ago",
		    at->id, age);
		return;
	}
	report_warn(d->report, "drilled", "the last drill, of %s %s ago, %s",
	    at->id, age, newest.passed ? "was passed" : "was not passed");
	advise_drill(d, name);
}

static void
check_suspect(struct doctor *d, const struct found *newest)
{
	char *reason = suspect_peek(newest->path), *path;

	if (reason != NULL) {
		report_warn(d->report, "suspect",
		    "the newest archive is marked suspect: %s", reason);
		path = text_shell(newest->path);
		report_remedy(d->report,
		    "look into it; if all is well: pgcask accept %s", path);
		free(path);
	}
	free(reason);
}

/* What is expected of the next one. */
static void
expect(struct doctor *d, const struct few *few, uint64_t tables)
{
	uint64_t size = 0;
	size_t i;

	for (i = 0; i < few->count; i++)
		if (few->at[i]->size > size && few->at[i]->header != NULL)
			size = few->at[i]->size;
	if (size == 0) {
		size = tables / SHRINK;
		d->guessed = 1;
	}
	d->expected += size;
}

void
doctor_check_name(struct doctor *d, const char *name, uint64_t tables)
{
	struct few few;
	const struct found *newest;

	if (!d->located)
		return;
	report_group(d->report, "archives of %s", name);
	pick(d, name, &few);
	expect(d, &few, tables);
	if (few.total == 0) {
		report_warn(d->report, "age", "there is no archive yet");
		report_remedy(d->report,
		    "make one now: \"pgcask backup\" with these options");
		return;
	}
	newest = few.at[0];
	if (newest->header == NULL) {
		report_err(d->report, "whole", LEVEL_BAD, &newest->err);
		advise_anew(d);
	} else {
		check_age(d, newest);
		if (check_whole(d, newest) == 0)
			check_sealed_here(d, newest->header);
		check_second_key(d, newest->header);
	}
	check_suspect(d, newest);
	check_marks(d, &few);
	check_drills(d, name);
}

void
doctor_check_names(struct doctor *d)
{
	size_t i, k;

	for (i = 0; i < d->all.count; i++) {
		for (k = 0; k < i; k++)
			if (strcmp(d->all.found[i].name,
				d->all.found[k].name) == 0)
				break;
		if (k == i)
			doctor_check_name(d, d->all.found[i].name, 0);
	}
}
