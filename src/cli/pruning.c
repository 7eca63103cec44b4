#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/doc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "cli/pruning.h"
#include "cli/work.h"

/* ---- what was asked for ---- */

static const enum option_id counts[POLICY_WITHIN] = {
	[POLICY_LAST] = OPT_KEEP_LAST,
	[POLICY_HOURLY] = OPT_KEEP_HOURLY,
	[POLICY_DAILY] = OPT_KEEP_DAILY,
	[POLICY_WEEKLY] = OPT_KEEP_WEEKLY,
	[POLICY_MONTHLY] = OPT_KEEP_MONTHLY,
	[POLICY_YEARLY] = OPT_KEEP_YEARLY,
};

static int
read_span(
    const struct args *args, enum option_id id, int64_t *span, struct err *err)
{
	const char *text = args_value(args, id);

	if (text == NULL || text_span(text, span) == 0)
		return 0;
	(void)err_set(err, ERR_USAGE, "--%s: \"%s\" is no time",
	    options_of(args->command, id)->name, text);
	return err_hint(err,
	    "a number and a letter: 36h, 30d or 2w, for hours, days, weeks");
}

static void
read_labels(const struct args *args, struct policy *policy)
{
	size_t i;

	policy->labels = mem_array(NULL, args_count(args, OPT_KEEP_LABEL) + 1,
	    sizeof(*policy->labels));
	for (i = 0; i < args->given_count; i++)
		if (args->given[i].id == OPT_KEEP_LABEL)
			policy->labels[policy->label_count++] =
			    args->given[i].value;
}

static unsigned
read_overrides(const struct args *args)
{
	unsigned bit, overrides = 0;
	size_t i;

	for (i = 0; i < args->given_count; i++) {
		if (args->given[i].id != OPT_FORCE)
			continue;
		for (bit = 1; bit <= POLICY_REFUSAL_LAST; bit <<= 1)
			if (strcmp(args->given[i].value,
				policy_refusal_name(
				    (enum policy_refusal)bit)) == 0)
				overrides |= bit;
	}
	return overrides;
}

void
pruning_trust(struct prune_opts *opts, const uint8_t signer[KEYS_PUBLIC_SIZE])
{
	struct trust *trust = &opts->trust;

	trust->signers =
	    mem_array(trust->signers, trust->count + 1, KEYS_PUBLIC_SIZE);
	memcpy(trust->signers + trust->count++ * KEYS_PUBLIC_SIZE, signer,
	    KEYS_PUBLIC_SIZE);
}

/* Whose archives count. */
static int
read_trust(const struct args *args, struct prune_opts *opts, struct err *err)
{
	uint8_t signer[KEYS_PUBLIC_SIZE];
	size_t i;

	for (i = 0; i < args->given_count; i++) {
		if (args->given[i].id != OPT_SIGNER)
			continue;
		if (strcmp(args->given[i].value, "none") == 0) {
			opts->trust.nobody = 1;
			continue;
		}
		if (keys_parse_signer(args->given[i].value, signer, err) != 0)
			return -1;
		pruning_trust(opts, signer);
	}
	return 0;
}

int
pruning_read(const struct args *args, struct prune_opts *opts, struct err *err)
{
	int rule;

	*opts =
	    (struct prune_opts){ .dry_run = args_count(args, OPT_DRY_RUN) > 0 };
	read_labels(args, &opts->policy);
	opts->overrides = read_overrides(args);
	opts->state = args_value(args, OPT_STATE);
	opts->jobs = work_jobs(args);
	for (rule = 0; rule < POLICY_WITHIN; rule++)
		opts->policy.count[rule] = args_number(args, counts[rule], 0);
	if (read_trust(args, opts, err) != 0)
		return -1;
	if (read_span(args, OPT_KEEP_WITHIN, &opts->policy.within, err) != 0 ||
	    read_span(args, OPT_EXPECT_EVERY, &opts->expect, err) != 0)
		return -1;
	if (policy_has_rules(&opts->policy))
		return 0;
	(void)err_set(err, ERR_USAGE, "%s",
	    opts->policy.label_count > 0
		? "--keep-label says nothing of archives without a label"
		: "nothing says which archives to keep");
	return err_hint(err,
	    "give one or more of --keep-last, -hourly, -daily, -weekly, "
	    "-monthly, -yearly N and --keep-within TIME, for example "
	    "--keep-daily 7 --keep-weekly 5 --keep-monthly 12");
}

void
pruning_clear(struct prune_opts *opts)
{
	free(opts->policy.labels);
	free(opts->trust.signers);
}

/* ---- telling ---- */

struct report {
	const struct prune_opts *opts;
	json_t *names; /* or NULL for text */
	size_t count;  /* of names */
	size_t bad;
	struct buf bad_names;
	size_t kept;
	size_t gone;
	uint64_t freed;
	struct err first; /* of what went wrong */
};

/* From ${rule} on the first that keeps it, as it is told: "daily", or "oldest
 * daily", which the caller frees, or NULL; and ${rule} is behind it. */
static char *
next_rule(const struct policy_item *item, int *rule)
{
	int at;

	while (*rule < POLICY_RULES) {
		at = (*rule)++;
		if (item->kept_by & 1u << at)
			return mem_printf("%s%s",
			    item->oldest & 1u << at ? "oldest " : "",
			    policy_rule_name((enum policy_rule)at));
	}
	return NULL;
}

static void
print_archive(const struct pruned *p, size_t i, int dry)
{
	const struct policy_item *item = &p->items[i];
	struct buf rules = { 0 };
	char *key = mem_strdup(p->all.found[i].key), *text;
	int rule = 0;

	text_clean(key);
	while ((text = next_rule(item, &rule)) != NULL) {
		buf_printf(&rules, "%s%s", rules.len > 0 ? ", " : "", text);
		free(text);
	}
	if (p->removed[i])
		(void)printf(
		    "%s  %s\n", key, dry ? "would be removed" : "removed");
	else if (dry)
		(void)printf("%s  kept: %s\n", key,
		    rules.len > 0 ? buf_text(&rules) : "refused");
	buf_free(&rules);
	free(key);
}

static json_t *
archive_json(const struct pruned *p, size_t i)
{
	const struct found *found = &p->all.found[i];
	const struct policy_item *item = &p->items[i];
	char created[WALL_ISO_SIZE] = "", id[FORMAT_UUID_SIZE] = "";
	json_t *rules = json_array(), *doc;
	char *text;
	int rule = 0;

	while ((text = next_rule(item, &rule)) != NULL) {
		(void)json_array_append_new(rules, json_string(text));
		free(text);
	}
	if (found->header != NULL) {
		format_uuid(found->header->id, id);
		wall_iso(found->header->created, created);
	}
	doc = json_pack("{s:o, s:s?, s:s?, s:I, s:b, s:o}", "path",
	    doc_text(found->path), "id", id[0] != '\0' ? id : NULL, "created",
	    created[0] != '\0' ? created : NULL, "size",
	    (json_int_t)found->size, "removed", p->removed[i], "kept_by",
	    rules);
	(void)json_object_set_new(doc, "label",
	    found->label != NULL ? doc_text(found->label) : json_null());
	return doc;
}

static void
add_json(struct report *r, const struct pruned *p)
{
	json_t *archives = json_array(), *refused = json_array(), *doc;
	unsigned bit;
	size_t i;

	for (i = 0; p->items != NULL && i < p->all.count; i++)
		(void)json_array_append_new(archives, archive_json(p, i));
	for (bit = 1; bit <= POLICY_REFUSAL_LAST; bit <<= 1)
		if (p->refusals & bit)
			(void)json_array_append_new(refused,
			    json_string(
				policy_refusal_name((enum policy_refusal)bit)));
	doc = json_pack("{s:o, s:b, s:I, s:I, s:I, s:o, s:o}", "name",
	    doc_text(p->name), "dry_run", r->opts->dry_run, "kept",
	    (json_int_t)p->kept, "removed", (json_int_t)p->gone, "freed",
	    (json_int_t)p->freed, "refused", refused, "archives", archives);
	(void)json_object_set_new(doc, "error",
	    p->err.kind != ERR_NONE ? doc_text(p->err.msg) : json_null());
	(void)json_array_append_new(r->names, doc);
}

/* One that is refused matters most, for it asks for somebody. */
static void
note_bad(struct report *r, const struct pruned *p)
{
	if (r->bad++ == 0)
		r->first = p->err;
	else if (p->err.kind == ERR_ABNORMAL)
		r->first.kind = ERR_ABNORMAL;
	else if (r->first.kind != ERR_ABNORMAL && r->first.kind != p->err.kind)
		r->first.kind = ERR_FAIL;
	if (r->bad_names.len < 500)
		buf_printf(&r->bad_names, "%s%s",
		    r->bad_names.len > 0 ? ", " : "", p->name);
}

static void
tell(const struct pruned *p, void *arg)
{
	struct report *r = arg;
	size_t i;

	r->count++;
	r->kept += p->kept;
	r->gone += p->gone;
	r->freed += p->freed;
	if (r->names != NULL)
		add_json(r, p);
	for (i = 0; r->names == NULL && p->items != NULL &&
	     log_level() != LOG_ERRORS && i < p->all.count;
	     i++)
		print_archive(p, i, r->opts->dry_run);
	if (p->err.kind == ERR_NONE || p->err.kind == ERR_INTERRUPT)
		return;
	note_bad(r, p);
	/* That of a single name is the program's own. */
	if (p->names > 1) {
		(void)fflush(stdout);
		log_err(&p->err);
	}
}

static void
print_summary(const struct report *r)
{
	char freed[32];
	struct buf line = { 0 };

	text_bytes(freed, sizeof(freed), (double)r->freed);
	if (r->opts->name != NULL) {
		buf_printf(&line, "%s: ", r->opts->name);
	} else {
		work_amount(&line, r->count, "name", "names");
		buf_puts(&line, ": ");
	}
	work_amount(&line, r->kept, "archive", "archives");
	buf_puts(&line, " kept, ");
	work_amount(&line, r->gone, "archive", "archives");
	(void)printf(r->opts->dry_run
		? "%s would be removed, which would free %s\n"
		: "%s removed, %s freed\n",
	    buf_text(&line), freed);
	buf_free(&line);
}

static int
judge(const struct report *r, struct err *err)
{
	if (r->bad == 0)
		return 0;
	*err = r->first;
	if (r->count == 1)
		return -1;
	err->hint[0] = '\0';
	return err_set(err, r->first.kind, "%zu of %zu names %s: %s", r->bad,
	    r->count,
	    r->bad == 1 ? "was not pruned, or not to the end"
			: "were not pruned, or not to the end",
	    buf_text(&r->bad_names));
}

int
pruning_run(const struct prune_opts *opts, int json, struct err *err)
{
	struct report r = { .opts = opts,
		.names = json ? json_array() : NULL,
		.first = ERR_INIT };
	int rc = prune_run(opts, tell, &r, err);

	if (rc == 0 && json)
		rc = work_print_json(r.names, err);
	else if (rc == 0 && log_level() != LOG_ERRORS)
		print_summary(&r);
	if (rc == 0)
		rc = judge(&r, err);
	json_decref(r.names);
	buf_free(&r.bad_names);
	return rc;
}
