#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wall.h"
#include "cli/bar.h"
#include "cli/commands.h"
#include "cli/unlock.h"
#include "cli/work.h"
#include "job/proof/marks.h"
#include "job/view/locate.h"

/* What all archives of one run are checked by. */
struct checking {
	const struct args *args;
	enum check_depth depth;
	double share; /* of the parts; 0: all, unless remembered */
	int expects;  /* somebody said whose signature it must be */
	int named;    /* and that was no open key, which sees to it by itself */
	int unsigned_too; /* or that nobody's will do */
	uint8_t signer[KEYS_PUBLIC_SIZE];
	int anybodys; /* a good one is signed by whomever */
	json_t *json; /* NULL for text */
	size_t count;
	size_t bad;
	size_t damaged;   /* of these: not for their keys or signers */
	struct err first; /* of the bad ones, or of those not checked */
	struct err rest;  /* why these are not all, or none */
};

/* One of them. */
struct checked {
	const char *path;      /* or how it was named, if it is not found */
	struct reader *reader; /* NULL if it can't even be opened */
	struct check_result result;
	uint64_t done;  /* parts in this round of samples */
	struct err err; /* why it is bad, or is not checked */
};

/* ---- what was asked for ---- */

/* "5%", or "5", into a share. */
static int
read_share(const char *text, double *share, struct err *err)
{
	char *end;

	*share = strtod(text, &end) / 100;
	if (end != text && *end == '%')
		end++;
	if (end != text && *end == '\0' && *share > 0 && *share <= 1)
		return 0;
	(void)err_set(err, ERR_USAGE,
	    "--sample takes a share above 0%% and up to 100%%, and \"%s\" is "
	    "none",
	    text);
	return err_hint(err, "for example --sample 5%%");
}

/* Whose signature it must be: what was named, or what a key at hand knows.  The
 * environment has no say where the command line has, and there what opens is
 * there for this, and what seals for backups. */
static int
read_signer(struct checking *c, struct err *err)
{
	static const struct {
		enum option_id key;
		int named; /* on the command line */
	} sources[] = { { OPT_SIGNER, 1 }, { OPT_SEAL_KEY, 1 },
		{ OPT_OPEN_KEY, 1 }, { OPT_SIGNER, 0 }, { OPT_OPEN_KEY, 0 },
		{ OPT_SEAL_KEY, 0 } };
	const char *text = NULL;
	size_t i;

	for (i = 0; i < sizeof(sources) / sizeof(sources[0]) && text == NULL;
	     i++) {
		enum option_id key = sources[i].key;

		if (sources[i].named && args_count(c->args, key) == 0)
			continue;
		text = args_value(c->args, key);
		if (key == OPT_SIGNER && text != NULL &&
		    strcmp(text, "none") == 0) {
			c->unsigned_too = 1;
			text = NULL;
		}
		c->named = text != NULL && key != OPT_OPEN_KEY;
	}
	c->expects = text != NULL;
	return text == NULL ? 0 : keys_parse_signer(text, c->signer, err);
}

static int
has_secret(const struct args *args)
{
	return args_value(args, OPT_OPEN_KEY) != NULL ||
	    args_value(args, OPT_PASSPHRASE_FILE) != NULL;
}

static int
read_args(struct checking *c, struct err *err)
{
	const struct args *args = c->args;
	const char *sample = args_value(args, OPT_SAMPLE);
	size_t i;

	c->depth =
	    args_count(args, OPT_READ_DATA) > 0 ? CHECK_DATA : CHECK_HASHES;
	if (sample != NULL && read_share(sample, &c->share, err) != 0)
		return -1;
	for (i = 0; i < args->operand_count; i++) {
		if (strcmp(args->operands[i], "-") != 0)
			continue;
		(void)err_set(err, ERR_USAGE,
		    "check reads an archive here and there, which standard "
		    "input does not allow");
		return err_hint(
		    err, "\"pgcask show -\" reads and checks all of one");
	}
	if (args_count(args, OPT_ALL) > 0 && args->operand_count > 0)
		return err_set(err, ERR_USAGE,
		    "--all means every archive, and \"%s\" one of them",
		    args->operands[0]);
	if (args_count(args, OPT_NAME) > 0 && args->operand_count > 0) {
		(void)err_set(err, ERR_USAGE,
		    "--name chooses among the archives of the repository, and "
		    "\"%s\" is named already",
		    args->operands[0]);
		return err_hint(err,
		    "leave --name out, or else the archive: latest:NAME is the "
		    "newest of one folder, and --all --name NAME all of them");
	}
	if (args_count(args, OPT_ALL) > 0 &&
	    work_need(args, OPT_REPO, "the folder that archives are kept in",
		err) != 0)
		return -1;
	if (c->depth == CHECK_DATA && !has_secret(args)) {
		(void)err_set(err, ERR_USAGE,
		    "--read-data opens what is sealed, and no key was given");
		return err_hint(err,
		    "give --open-key FILE, or set PGCASK_OPEN_KEY; without "
		    "--read-data no key is needed");
	}
	return read_signer(c, err);
}

/* ---- one archive ---- */

/* Before any secret is asked for. */
static int
check_signer(
    const struct checking *c, const struct reader *reader, struct err *err)
{
	const struct header *h = reader_header(reader);

	if (!c->named || (!h->is_signed && c->unsigned_too) ||
	    header_trust(h, c->signer, err) == 0)
		return 0;
	return err_wrap(err, "%s", reader_name(reader));
}

/* With its own key.  What it is to be signed with was named, whatever that key
 * trusts; of an unsigned one check_signer() has judged. */
static int
unlock(const struct checking *c, struct reader *reader, struct err *err)
{
	int is_signed = reader_header(reader)->is_signed;

	return unlock_signed(
	    c->args, reader, c->named && is_signed ? c->signer : NULL, err);
}

/* By the public key alone, unless the data is to be read, or nobody signed it
 * and its own key is at hand. */
static int
open_index(struct checking *c, struct reader *reader, struct err *err)
{
	if (check_signer(c, reader, err) != 0)
		return -1;
	if (c->depth == CHECK_DATA ||
	    (!reader_header(reader)->is_signed && has_secret(c->args)))
		return unlock(c, reader, err);
	return reader_trust(reader, c->expects ? c->signer : NULL, err);
}

static int
run_check(struct checking *c, struct checked *one, const uint8_t *chosen)
{
	struct progress progress;
	struct check_opts opts = { .depth = c->depth,
		.chosen = chosen,
		.jobs = work_jobs(c->args),
		.progress = &progress };
	struct bar *bar;
	int rc;

	progress_init(&progress);
	bar = bar_start(&progress);
	rc = check_run(one->reader, &opts, &one->result, &one->err);
	bar_stop(bar);
	progress_free(&progress);
	return rc;
}

/* Say what rows are lost with a bad part, if a key tells. */
static void
blame(const struct checking *c, struct checked *one)
{
	struct err ignored = ERR_INIT, err = one->err;
	struct reader *again = NULL, *reader = one->reader;
	char *holds = NULL;

	if (one->result.bad_part == 0 || !has_secret(c->args))
		return;
	if (c->depth != CHECK_DATA) {
		again = reader = reader_open_file(one->path, &ignored);
		if (again == NULL || unlock(c, again, &ignored) != 0)
			reader = NULL;
	}
	if (reader != NULL)
		holds = check_holds(reader, one->result.bad_part, &ignored);
	if (holds != NULL) {
		(void)err_set(
		    &one->err, err.kind, "%s; it holds %s", err.msg, holds);
		if (err.hint[0] != '\0')
			(void)err_hint(&one->err, "%s", err.hint);
	}
	free(holds);
	reader_free(again);
}

/* Its message, without the path that it may begin with. */
static const char *
reason(const struct checked *one)
{
	const char *msg = one->err.msg;
	size_t len = strlen(one->path);

	return strncmp(msg, one->path, len) == 0 && msg[len] == ':' &&
		msg[len + 1] == ' '
	    ? msg + len + 2
	    : msg;
}

/* That it can't be remembered is no reason to call an archive bad; but samples
 * then never cover it, and nobody else learns of a fault. */
static void
remember(const struct checking *c, const struct marks *marks, const char *path)
{
	struct err err = ERR_INIT;

	if (marks_save(marks, path, &err) == 0)
		return;
	if (marks->fault != NULL)
		log_warn("%s: that it is bad is not remembered, and prune may "
			 "count it as good: %s; check it again as the user who "
			 "owns it",
		    path, err.msg);
	else if (c->share > 0)
		log_warn(
		    "the next sample will not know of this one: %s", err.msg);
	else
		log_step("the check is not remembered: %s", err.msg);
}

static void
check_one(struct checking *c, struct checked *one)
{
	struct marks *marks;
	uint8_t *chosen = NULL;
	int rc;

	if (one->reader == NULL || open_index(c, one->reader, &one->err) != 0)
		return;
	marks = marks_load(one->path, one->reader);
	if (c->share > 0)
		chosen = marks_choose(marks, c->depth, c->share);
	rc = run_check(c, one, chosen);
	if (rc == 0) {
		marks_note(marks, c->depth, chosen);
	} else if (one->err.kind == ERR_DAMAGED) {
		char *fault = check_fault(one->reader, &one->result, &one->err);

		marks_fault(marks, c->depth, one->result.bad_part, fault);
		free(fault);
	}
	if (rc == 0 && marks->unread && chosen != NULL)
		log_warn("%s.check.json can't be read, and may tell of a "
			 "fault: a check without --sample takes its place",
		    one->path);
	else if (rc == 0 || one->err.kind == ERR_DAMAGED)
		remember(c, marks, one->path);
	if (rc == 0 && marks->fault != NULL)
		log_warn("%s: an earlier check found a fault where this one "
			 "did not look, or not as deep: %s",
		    one->path, marks->fault);
	if (rc != 0 && one->err.kind == ERR_DAMAGED)
		blame(c, one);
	one->done = marks_count(marks, c->depth);
	marks_free(marks);
	free(chosen);
}

/* ---- telling ---- */

/* "PATH: good: more", on one line whatever the path is. */
static void
print_line(const char *path, const char *what, const char *more)
{
	char *line = mem_printf("%s: %s: %s", path, what, more);

	text_clean_line(line);
	(void)puts(line);
	free(line);
}

static void
add_json(struct checking *c, struct checked *one)
{
	const struct check_result *r = &one->result;
	const struct header *h =
	    one->reader != NULL ? reader_header(one->reader) : NULL;
	const char *result = one->err.kind == ERR_NONE ? "good"
	    : one->err.kind == ERR_DAMAGED             ? "bad"
						       : "unchecked";
	char id[FORMAT_UUID_SIZE] = "", created[WALL_ISO_SIZE] = "";
	char signer[KEYS_TEXT_SIZE] = "";
	json_t *doc;

	text_clean(one->err.msg);
	if (h != NULL) {
		format_uuid(h->id, id);
		wall_iso(h->created, created);
	}
	if (h != NULL && h->is_signed)
		keys_signer_text(h->signer, signer);
	doc = json_pack("{s:o, s:s*, s:s*, s:s, s:s, s:b}", "path",
	    doc_text(one->path), "id", id[0] != '\0' ? id : NULL, "created",
	    created[0] != '\0' ? created : NULL, "depth",
	    c->depth == CHECK_DATA ? "data" : "hashes", "result", result,
	    "signer_expected", c->expects);
	(void)json_object_set_new(doc, "error",
	    one->err.kind == ERR_NONE ? json_null() : doc_text(one->err.msg));
	(void)json_object_set_new(doc, "signer",
	    signer[0] != '\0' ? json_string(signer) : json_null());
	if (one->err.kind == ERR_NONE) {
		(void)json_object_update_new(doc,
		    json_pack("{s:I, s:I, s:I, s:I, s:I, s:f}", "size",
			(json_int_t)reader_size(one->reader), "parts",
			(json_int_t)r->all_parts, "parts_checked",
			(json_int_t)r->parts, "parts_done",
			(json_int_t)one->done, "entries_checked",
			(json_int_t)r->entries, "seconds", r->seconds));
		if (c->depth == CHECK_DATA)
			(void)json_object_update_new(doc,
			    json_pack("{s:I, s:I}", "rows", (json_int_t)r->rows,
				"bytes", (json_int_t)r->bytes));
	}
	(void)json_array_append_new(c->json, doc);
}

static void
print_good(const struct checking *c, const struct checked *one)
{
	const struct check_result *r = &one->result;
	uint64_t bytes = c->depth == CHECK_DATA ? r->bytes : r->size;
	char amount[32], rate[48], took[32];
	struct buf line = { 0 };

	text_bytes(amount, sizeof(amount), (double)bytes);
	work_rate(rate, sizeof(rate), bytes, r->seconds);
	text_duration(took, sizeof(took), r->seconds);
	if (c->share > 0) {
		work_amount(&line, r->parts, "part", "parts");
		buf_printf(&line, " of %llu, %llu so far; ",
		    (unsigned long long)r->all_parts,
		    (unsigned long long)one->done);
	} else {
		work_amount(&line, r->parts, "part", "parts");
		buf_puts(&line, ", ");
	}
	if (c->depth == CHECK_DATA) {
		work_amount(&line, r->rows, "row", "rows");
		buf_puts(&line, ", ");
	}
	buf_printf(&line, "%s in %s (%s)", amount, took, rate);
	print_line(one->path, "good", buf_text(&line));
	buf_free(&line);
}

static void
tell(struct checking *c, struct checked *one)
{
	int good = one->err.kind == ERR_NONE;

	c->anybodys |=
	    good && !c->expects && reader_header(one->reader)->is_signed;
	if (c->json != NULL)
		add_json(c, one);
	else if (good && log_level() != LOG_ERRORS)
		print_good(c, one);
	else if (!good && c->count > 1)
		print_line(one->path,
		    one->err.kind == ERR_DAMAGED ? "bad" : "not checked",
		    reason(one));
	/* It begins with the path. */
	text_clean_line(one->err.msg);
	if (one->err.kind == ERR_DAMAGED && one->reader != NULL)
		c->damaged += (size_t)reader_is_trusted(one->reader);
	if (!good && (c->bad++ == 0 || one->err.kind == ERR_DAMAGED) &&
	    c->first.kind != ERR_DAMAGED)
		c->first = one->err;
}

/* ---- all archives ---- */

/* Check what was opened, or tell why it was not. */
static int
visit_opened(struct checking *c, struct checked *one, struct err *err)
{
	check_one(c, one);
	if (one->err.kind == ERR_INTERRUPT) {
		*err = one->err;
		reader_free(one->reader);
		return -1;
	}
	tell(c, one);
	reader_free(one->reader);
	return stop_check(err);
}

/* The folder that it is in, as it is now. */
static int
stat_folder(const char *path, struct stat *st)
{
	char *folder =
	    mem_printf("%.*s", (int)(strrchr(path, '/') - path), path);
	int rc = stat(folder, st);

	free(folder);
	return rc;
}

/* Whether it is gone from ${folder}, and not that from here, as a disk that is
 * no longer mounted is. */
static int
is_gone(const char *path, const struct stat *folder)
{
	struct stat st;

	return lstat(path, &st) != 0 && errno == ENOENT &&
	    stat_folder(path, &st) == 0 && st.st_dev == folder->st_dev &&
	    st.st_ino == folder->st_ino;
}

/* One that was listed.  Who prunes meanwhile does no harm. */
static int
visit_found(struct checking *c, const struct found *found,
    const struct stat *folder, struct err *err)
{
	struct checked one = { .path = found->path };

	if (found->header != NULL)
		one.reader = reader_open_file(found->path, &one.err);
	else
		one.err = found->err;
	if (one.reader != NULL || !is_gone(found->path, folder))
		return visit_opened(c, &one, err);
	log_note("%s was removed meanwhile", found->path);
	c->count--;
	return stop_check(err);
}

/* What keeps them from being all there are is told in the end. */
static int
visit_all(struct checking *c, struct err *err)
{
	const char *repo = args_value(c->args, OPT_REPO);
	const char *name = args_value(c->args, OPT_NAME);
	char user[TEXT_USER_SIZE];
	struct located all;
	struct stat *folders;
	size_t i;
	int rc;

	rc = locate_all(repo, name, &all, err);
	c->count = all.count;
	folders = mem_zalloc((all.count + 1) * sizeof(*folders));
	for (i = 0; i < all.count && rc == 0; i++)
		(void)stat_folder(all.found[i].path, &folders[i]);
	for (i = 0; i < all.count && rc == 0; i++)
		rc = visit_found(c, &all.found[i], &folders[i], err);
	free(folders);
	if (rc == 0 && all.closed.count > 0) {
		text_user(user);
		(void)err_set(&c->rest, ERR_STORAGE, "user %s may not read %s",
		    user, naming_text(&all.closed));
	} else if (rc == 0 && c->count == 0 && name != NULL) {
		(void)locate_no_name(repo, name, &c->rest);
	} else if (rc == 0 && c->count == 0) {
		(void)err_set(
		    &c->rest, ERR_ABSENT, "there is no archive in %s", repo);
	}
	locate_free(&all);
	return rc;
}

/* What is not found is told as one that is not checked: the others are. */
static int
visit_one(struct checking *c, const char *spec, struct err *err)
{
	struct checked one = { .path = spec };
	char *unread, *path;
	int rc;

	path =
	    locate_file(args_value(c->args, OPT_REPO), spec, &unread, &one.err);
	if (path != NULL)
		one.reader = reader_open_file(path, &one.err);
	if (path != NULL || unread != NULL)
		one.path = path != NULL ? path : unread;
	rc = visit_opened(c, &one, err);
	free(path);
	free(unread);
	return rc;
}

static int
visit_latest(struct checking *c, struct err *err)
{
	const char *name = args_value(c->args, OPT_NAME);
	char *spec =
	    name != NULL ? mem_printf("latest:%s", name) : mem_strdup("latest");
	int rc;

	c->count = 1;
	rc = visit_one(c, spec, err);
	free(spec);
	return rc;
}

static int
visit_named(struct checking *c, struct err *err)
{
	size_t i;
	int rc = 0;

	c->count = c->args->operand_count;
	for (i = 0; i < c->count && rc == 0; i++)
		rc = visit_one(c, c->args->operands[i], err);
	return rc;
}

static int
judge(const struct checking *c, struct err *err)
{
	if (c->bad == 0) {
		*err = c->rest;
		return err->kind == ERR_NONE ? 0 : -1;
	}
	if (c->rest.kind != ERR_NONE)
		log_warn("%s", c->rest.msg);
	*err = c->first;
	if (c->count == 1)
		return -1;
	err->msg[0] = err->hint[0] = '\0';
	(void)err_set(err, c->first.kind,
	    c->first.kind == ERR_DAMAGED
		? "%zu of %zu archives are not good"
		: "%zu of %zu archives could not be checked",
	    c->bad, c->count);
	if (c->damaged > 0)
		(void)err_hint(err,
		    "\"pgcask salvage\" brings back what is whole of a "
		    "damaged one");
	return -1;
}

/* Of one that nobody signed there is nothing more to say to who accepts it. */
static void
tell_of_signers(const struct checking *c)
{
	if (c->expects || c->json != NULL || log_level() == LOG_ERRORS)
		return;
	if (!c->unsigned_too && c->bad < c->count)
		(void)printf("Nothing said whose signature to expect: "
			     "--signer, --seal-key or --open-key does.\n");
	else if (c->unsigned_too && c->anybodys)
		(void)printf("\"--signer none\" does not say whose signature "
			     "to expect: --signer KEY, --seal-key or "
			     "--open-key does.\n");
}

int
cmd_check(const struct args *args, struct err *err)
{
	struct checking c = {
		.args = args, .first = ERR_INIT, .rest = ERR_INIT
	};
	int rc;

	if (read_args(&c, err) != 0)
		return -1;
	if (args_count(args, OPT_JSON) > 0)
		c.json = json_array();
	rc = args_count(args, OPT_ALL) > 0 ? visit_all(&c, err)
	    : args->operand_count > 0      ? visit_named(&c, err)
					   : visit_latest(&c, err);
	if (rc == 0 && c.json != NULL)
		rc = work_print_json(c.json, err);
	if (rc == 0)
		tell_of_signers(&c);
	json_decref(c.json);
	return rc == 0 ? judge(&c, err) : -1;
}
