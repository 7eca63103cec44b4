#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/encoding.h"
#include "job/choose/selection.h"
#include "job/naming.h"

#define ABOUT_COUNT 4
/* Names that a mistyped one may have meant, in one message. */
#define NEAREST_MAX 3

/* What is said of each sort of object. */
static const struct {
	enum pattern_kind kind;
	const char *word; /* in --filter */
	const char *none;
} abouts[ABOUT_COUNT] = {
	[ABOUT_SCHEMA] = { PATTERN_SCHEMA, "schema", "schema" },
	[ABOUT_TABLE] = { PATTERN_RELATION, "table", "table" },
	[ABOUT_ROWS] = { PATTERN_RELATION, "table_data", "table" },
	[ABOUT_EXTENSION] = { PATTERN_NAME, "extension", "extension" },
};

static const struct {
	const char *name;
	size_t offset;
} options[] = {
	{ "schema-only", offsetof(struct selection, schema_only) },
	{ "data-only", offsetof(struct selection, data_only) },
	{ "no-owner", offsetof(struct selection, no_owner) },
	{ "no-privileges", offsetof(struct selection, no_privileges) },
	{ "no-comments", offsetof(struct selection, no_comments) },
	{ "no-publications", offsetof(struct selection, no_publications) },
	{ "no-subscriptions", offsetof(struct selection, no_subscriptions) },
	{ "no-tablespaces", offsetof(struct selection, no_tablespaces) },
};

int *
selection_option(struct selection *sel, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, name) == 0)
			return (int *)(void *)((char *)sel + options[i].offset);
	return NULL;
}

const char *
selection_option_name(size_t i)
{
	return i < sizeof(options) / sizeof(options[0]) ? options[i].name
							: NULL;
}

int
selection_add(struct selection *sel, const struct rule *rule, const char *text,
    struct err *err)
{
	struct rule *added;
	struct pattern *pattern =
	    pattern_new(text, abouts[rule->about].kind, err);

	if (pattern == NULL)
		return err_wrap(err, "%s", rule->origin);
	sel->rules =
	    mem_array(sel->rules, sel->rule_count + 1, sizeof(*sel->rules));
	added = &sel->rules[sel->rule_count++];
	*added = *rule;
	added->pattern = pattern;
	added->origin = mem_strdup(rule->origin);
	return 0;
}

void
selection_clear(struct selection *sel)
{
	size_t i;

	for (i = 0; i < sel->rule_count; i++) {
		pattern_free(sel->rules[i].pattern);
		free(sel->rules[i].origin);
	}
	free(sel->rules);
	*sel = (struct selection){ 0 };
}

int
selection_is_all(const struct selection *sel)
{
	return sel->rule_count == 0 && !sel->schema_only && !sel->data_only;
}

int
selection_is_empty(const struct selection *sel)
{
	struct selection copy = *sel;
	size_t i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (*selection_option(&copy, options[i].name))
			return 0;
	return sel->rule_count == 0;
}

/* In quotes, what --filter would take for something else. */
static void
put_pattern(struct buf *out, const char *text)
{
	int quoted = 0;

	for (; *text != '\0'; text++) {
		quoted ^= *text == '"';
		if (quoted && *text == '\n')
			buf_puts(out, "\\n");
		else if (quoted && *text == '\\')
			buf_puts(out, "\\\\");
		else
			buf_printf(out, "%c", *text);
	}
}

void
selection_rule_text(const struct rule *rule, struct buf *out)
{
	buf_printf(out, "%s %s%s ", rule->include ? "include" : "exclude",
	    abouts[rule->about].word, rule->children ? "_and_children" : "");
	put_pattern(out, pattern_text(rule->pattern));
}

/* --- picking --- */

struct picking {
	const struct selection *sel;
	const struct inventory *inv;
	struct picks *picks;
	/* What the rules name, of each sort: excluded [0] and included [1]. */
	uint8_t *marks[ABOUT_COUNT][2];
	int includes[ABOUT_COUNT]; /* whether any rule does */
	uint8_t *of_identities;    /* rules that match nothing else */
};

static size_t
count_of(const struct inventory *inv, enum rule_about about)
{
	if (about == ABOUT_SCHEMA)
		return inv->schema_count;
	return about == ABOUT_EXTENSION ? inv->extension_count
					: inv->relation_count;
}

static const char *
name_of(const struct inventory *inv, enum rule_about about, size_t i)
{
	if (about == ABOUT_SCHEMA)
		return inv->schemas[i];
	return about == ABOUT_EXTENSION ? inv->extensions[i]
					: inv->relations[i].name;
}

/* The schema of what a rule may be about, or NULL. */
static const char *
schema_name_of(const struct inventory *inv, enum rule_about about, size_t i)
{
	return about == ABOUT_TABLE || about == ABOUT_ROWS
	    ? inv->relations[i].schema
	    : NULL;
}

/* A name as the user would write it: a new string. */
static char *
shown(const struct inventory *inv, const char *name)
{
	char *utf8 =
	    text_is_utf8(name) ? NULL : encoding_to_utf8(inv->encoding, name);

	return utf8 != NULL ? utf8 : mem_strdup(name);
}

static int
rule_matches(const struct rule *rule, const struct inventory *inv, size_t i)
{
	const char *schema = schema_name_of(inv, rule->about, i);
	char *schema_shown, *name;
	int yes;

	if (schema != NULL && !inv->relations[i].is_visible &&
	    !pattern_has_schema(rule->pattern))
		return 0;
	schema_shown = schema != NULL ? shown(inv, schema) : NULL;
	name = shown(inv, name_of(inv, rule->about, i));
	yes = pattern_matches(rule->pattern, schema_shown, name);
	free(schema_shown);
	free(name);
	return yes;
}

/* Mark the children of what is marked, and theirs. */
static void
mark_children(const struct inventory *inv, uint8_t *marks)
{
	size_t i;
	int more;

	do {
		more = 0;
		for (i = 0; i < inv->heritage_count; i++) {
			const struct heritage *h = &inv->heritage[i];

			if (!marks[h->parent] || marks[h->child])
				continue;
			marks[h->child] = 1;
			more = 1;
		}
	} while (more);
}

/* Every name that a rule could have meant: ${full} as it is to be written,
 * ${plain} as it may have been. */
struct names {
	char **full;
	char **plain;
	size_t count;
};

static struct names
names_for(const struct rule *rule, const struct inventory *inv)
{
	struct names n = { .count = count_of(inv, rule->about) };
	size_t i;

	n.full = mem_array(NULL, n.count + 1, sizeof(*n.full));
	n.plain = mem_array(NULL, n.count + 1, sizeof(*n.plain));
	for (i = 0; i < n.count; i++) {
		const char *schema = schema_name_of(inv, rule->about, i);
		char *before = schema != NULL ? shown(inv, schema) : NULL;

		n.plain[i] = shown(inv, name_of(inv, rule->about, i));
		n.full[i] = before == NULL
		    ? mem_strdup(n.plain[i])
		    : mem_printf("%s.%s", before, n.plain[i]);
		free(before);
	}
	return n;
}

static void
names_free(struct names *n)
{
	size_t i;

	for (i = 0; i < n->count; i++) {
		free(n->full[i]);
		free(n->plain[i]);
	}
	free(n->full);
	free(n->plain);
}

/* Take away name ${i}: it is said. */
static void
names_drop(struct names *n, size_t i)
{
	free(n->full[i]);
	free(n->plain[i]);
	n->count--;
	n->full[i] = n->full[n->count];
	n->plain[i] = n->plain[n->count];
}

/* The index of the nearest name, or n->count. */
static size_t
nearest(const struct names *n, const char *text)
{
	const char **words = mem_array(NULL, 2 * n->count + 1, sizeof(*words));
	const char *hit;
	size_t i;

	for (i = 0; i < n->count; i++) {
		words[2 * i] = n->full[i];
		words[2 * i + 1] = n->plain[i];
	}
	hit = text_nearest(text, words, 2 * n->count);
	for (i = 0; i < n->count && hit != NULL; i++)
		if (hit == n->full[i] || hit == n->plain[i])
			break;
	free(words);
	return hit != NULL ? i : n->count;
}

static int
fail_none(const struct rule *rule, const struct inventory *inv, struct err *err)
{
	struct names names = names_for(rule, inv);
	struct buf list = { 0 };
	const char *text = pattern_text(rule->pattern);
	size_t said, i;

	for (said = 0; said < NEAREST_MAX; said++) {
		i = nearest(&names, text);
		if (i == names.count)
			break;
		buf_printf(
		    &list, "%s\"%s\"", said > 0 ? " or " : "", names.full[i]);
		names_drop(&names, i);
	}
	(void)err_set(err, ERR_USAGE, "%s: no %s of %s matches \"%s\"",
	    rule->origin, abouts[rule->about].none, inv->place, text);
	if (said > 0)
		(void)err_hint(err, "did you mean %s?", buf_text(&list));
	buf_free(&list);
	names_free(&names);
	return -1;
}

static int
is_identity(const struct inventory *inv, enum rule_about about, size_t i)
{
	return about == ABOUT_TABLE && inv->relations[i].is_identity;
}

static int
mark(struct picking *p, size_t at, struct err *err)
{
	const struct rule *rule = &p->sel->rules[at];
	size_t i, count = count_of(p->inv, rule->about), hits = 0, identities;
	uint8_t *own = mem_zalloc(count + 1);
	uint8_t *marks = p->marks[rule->about][rule->include];

	if (!p->sel->lenient &&
	    pattern_check_database(rule->pattern, p->inv->dbname, err) != 0) {
		free(own);
		return err_wrap(err, "%s", rule->origin);
	}
	for (i = identities = 0; i < count; i++) {
		own[i] = rule_matches(rule, p->inv, i) != 0;
		hits += own[i];
		identities += own[i] && is_identity(p->inv, rule->about, i);
	}
	p->of_identities[at] = rule->include && identities == hits;
	if (rule->children)
		mark_children(p->inv, own);
	for (i = 0; i < count; i++)
		marks[i] |= own[i];
	p->includes[rule->about] |= rule->include;
	free(own);
	return hits > 0 || p->sel->lenient ? 0 : fail_none(rule, p->inv, err);
}

static void
pick_relation(struct picking *p, size_t i)
{
	const struct relation *rel = &p->inv->relations[i];
	int schema = inventory_schema(p->inv, rel->schema);
	int in = p->marks[ABOUT_TABLE][1][i], rows = 0, definition = 0;
	int of_schema = schema >= 0 && p->picks->schemas[schema];

	if (rel->extension < 0) {
		definition = p->includes[ABOUT_TABLE] ? in : of_schema;
		rows = definition;
	} else if (rel->has_settings) {
		rows = in || of_schema || p->picks->extensions[rel->extension];
		if (schema >= 0 && p->marks[ABOUT_SCHEMA][0][schema])
			rows = 0;
	}
	if (p->marks[ABOUT_TABLE][0][i])
		definition = rows = 0;
	if (p->marks[ABOUT_ROWS][0][i])
		rows = 0;
	p->picks->relations[i] = (uint8_t)((definition ? PICK_DEFINITION : 0) |
	    (rows ? PICK_ROWS : 0));
}

/* A sequence goes with the table that owns it. */
static void
pick_owned(struct picking *p, size_t i)
{
	const struct relation *rel = &p->inv->relations[i];
	uint8_t *pick = &p->picks->relations[i];
	int with;

	if (rel->owner < 0 || rel->extension >= 0)
		return;
	with = p->picks->relations[rel->owner] & PICK_DEFINITION;
	if (with)
		*pick = (uint8_t)(PICK_DEFINITION |
		    (p->marks[ABOUT_ROWS][0][i] ? 0 : PICK_ROWS));
	else if (rel->is_identity)
		*pick = 0;
}

/* A relation as the user would write it: a new string. */
static char *
shown_relation(const struct inventory *inv, size_t i)
{
	char *schema = shown(inv, inv->relations[i].schema);
	char *name = shown(inv, inv->relations[i].name);
	char *both = mem_printf("%s.%s", schema, name);

	free(schema);
	free(name);
	return both;
}

/* Whoever asks for an identity's sequence alone would get nothing. */
static int
check_identities(
    const struct picking *p, const struct rule *rule, struct err *err)
{
	const struct inventory *inv = p->inv;
	char *sequence, *table;
	int lone = -1;
	size_t i;

	for (i = 0; i < inv->relation_count; i++) {
		if (!rule_matches(rule, inv, i))
			continue;
		if (p->picks->relations[i] || inv->relations[i].owner < 0)
			return 0;
		lone = (int)i;
	}
	if (lone < 0)
		return 0;
	sequence = shown_relation(inv, (size_t)lone);
	table = shown_relation(inv, (size_t)inv->relations[lone].owner);
	(void)err_set(err, ERR_USAGE,
	    "%s: the sequence \"%s\" is an identity column's, and comes with "
	    "its table alone",
	    rule->origin, sequence);
	(void)err_hint(err, "choose \"%s\"", table);
	free(sequence);
	free(table);
	return -1;
}

/* Whether a partitioned table comes without any of its rows, though they are
 * in partitions that could be taken along. */
static int
is_bare(const struct picking *p, size_t i)
{
	const struct inventory *inv = p->inv;
	uint8_t *below;
	size_t k, count = 0, rows = 0;

	if (inv->relations[i].kind != 'p' || !p->marks[ABOUT_TABLE][1][i] ||
	    !(p->picks->relations[i] & PICK_ROWS))
		return 0;
	below = mem_zalloc(inv->relation_count + 1);
	below[i] = 1;
	mark_children(inv, below);
	for (k = 0; k < inv->relation_count; k++) {
		if (!below[k] || inv->relations[k].kind == 'p')
			continue;
		count++;
		rows += (p->picks->relations[k] & PICK_ROWS) != 0;
	}
	free(below);
	return count > 0 && rows == 0;
}

static void
warn_of_bare(const struct picking *p)
{
	struct naming list = NAMING(", ");
	size_t i;

	for (i = 0; i < p->inv->relation_count; i++) {
		char *name;

		if (!is_bare(p, i))
			continue;
		name = shown_relation(p->inv, i);
		naming_add(&list, name);
		free(name);
	}
	if (list.count > 0)
		log_warn("chosen without the partitions that have the rows: "
			 "%s; \"include table_and_children\" in a file for "
			 "--filter takes them along",
		    naming_text(&list));
	naming_free(&list);
}

static void
pick_all(struct picking *p)
{
	const struct inventory *inv = p->inv;
	struct picks *picks = p->picks;
	size_t i;

	picks->rest = !p->includes[ABOUT_TABLE] && !p->includes[ABOUT_SCHEMA];
	for (i = 0; i < inv->schema_count; i++)
		picks->schemas[i] = !p->includes[ABOUT_TABLE] &&
		    (!p->includes[ABOUT_SCHEMA] ||
			p->marks[ABOUT_SCHEMA][1][i]) &&
		    !p->marks[ABOUT_SCHEMA][0][i];
	for (i = 0; i < inv->extension_count; i++)
		picks->extensions[i] =
		    (p->includes[ABOUT_EXTENSION]
			    ? p->marks[ABOUT_EXTENSION][1][i] != 0
			    : picks->rest) &&
		    !p->marks[ABOUT_EXTENSION][0][i];
	for (i = 0; i < inv->relation_count; i++)
		pick_relation(p, i);
	for (i = 0; i < inv->relation_count; i++)
		pick_owned(p, i);
	picks->lobjs = picks->rest && !p->sel->schema_only;
}

static void
drop_halves(const struct selection *sel, struct picks *picks, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (sel->schema_only)
			picks->relations[i] &= (uint8_t)~PICK_ROWS;
		if (sel->data_only)
			picks->relations[i] &= (uint8_t)~PICK_DEFINITION;
	}
}

static int
pick(struct picking *p, struct err *err)
{
	size_t i;

	for (i = 0; i < p->sel->rule_count; i++)
		if (mark(p, i, err) != 0)
			return -1;
	pick_all(p);
	for (i = 0; i < p->sel->rule_count; i++)
		if (p->of_identities[i] && !p->sel->lenient &&
		    check_identities(p, &p->sel->rules[i], err) != 0)
			return -1;
	drop_halves(p->sel, p->picks, p->inv->relation_count);
	if (!p->sel->lenient)
		warn_of_bare(p);
	return 0;
}

struct picks *
selection_pick(
    const struct selection *sel, const struct inventory *inv, struct err *err)
{
	struct picking p = { .sel = sel, .inv = inv };
	int about, rc;

	p.of_identities = mem_zalloc(sel->rule_count + 1);
	p.picks = mem_zalloc(sizeof(*p.picks));
	p.picks->schemas = mem_zalloc(inv->schema_count + 1);
	p.picks->extensions = mem_zalloc(inv->extension_count + 1);
	p.picks->relations = mem_zalloc(inv->relation_count + 1);
	for (about = 0; about < 2 * ABOUT_COUNT; about++)
		p.marks[about / 2][about % 2] =
		    mem_zalloc(count_of(inv, (enum rule_about)(about / 2)) + 1);
	rc = pick(&p, err);
	for (about = 0; about < 2 * ABOUT_COUNT; about++)
		free(p.marks[about / 2][about % 2]);
	free(p.of_identities);
	if (rc == 0)
		return p.picks;
	picks_free(p.picks);
	return NULL;
}

void
picks_free(struct picks *picks)
{
	if (picks == NULL)
		return;
	free(picks->schemas);
	free(picks->extensions);
	free(picks->relations);
	free(picks);
}
