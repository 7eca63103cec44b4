#include <stdlib.h>
#include <string.h>

#include "archive/index.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wall.h"
#include "job/keep/appraise.h"
#include "job/keep/suspect.h"
#include "job/proof/evidence.h"
#include "job/proof/marks.h"
#include "storage/store.h"

/* Signers that a message has room for. */
#define SIGNERS_NAMED 6

/* ---- one archive ---- */

/* What can be told without a key and without reading all of it: whoever alters
 * the time in a header can't sign it again. */
static int
is_whole(const struct found *found, struct err *why)
{
	const struct header *h = found->header;
	struct blob *blob = blob_open(found->path, why);
	int whole = blob != NULL && index_check(blob, h, why) == 0 &&
	    (!h->is_signed || header_trust(h, NULL, why) == 0);

	blob_free(blob);
	return whole;
}

static void
ask_checks(const struct found *found, struct policy_item *item, struct err *why)
{
	struct marks *marks;

	item->unknown = marks_last(found->path, &marks, why) < 0;
	if (marks != NULL && marks->fault != NULL) {
		(void)err_set(why, ERR_DAMAGED, "%s", marks->fault);
		item->whole = 0;
	}
	marks_free(marks);
}

static void
ask_drill(const struct found *found, struct policy_item *item, struct err *why)
{
	struct evidence_last drill;
	int known = evidence_last(found->path, found->header->id, &drill, why);

	item->evidence = known < 0;
	item->drilled = known == 1 && drill.passed;
	item->failed = known == 1 && !drill.passed;
}

static struct policy_item
judge(
    const struct found *found, const struct unmarked *unmarked, struct err *why)
{
	char id[FORMAT_UUID_SIZE];
	struct policy_item item = { .time = found->made,
		.label = found->label };
	char *reason = suspect_peek(found->path);

	item.suspect = reason != NULL;
	free(reason);
	if (found->is_link)
		item.stray = POLICY_IS_LINK;
	else if (found->renamed)
		item.stray = POLICY_IS_RENAMED;
	if (found->header == NULL) {
		*why = found->err;
		return item;
	}
	format_uuid(found->header->id, id);
	item.suspect = item.suspect || unmarked_has(unmarked, id);
	item.readable = 1;
	item.group = (int)found->header->contents;
	item.whole = is_whole(found, why);
	if (item.whole)
		ask_checks(found, &item, why);
	ask_drill(found, &item, why);
	return item;
}

/* ---- several files of one archive ---- */

/* Whether ${a} has the better right to be the one that counts: the name that a
 * backup gives, which has a label only if that was asked for. */
static int
is_better(const struct found *a, const struct found *b)
{
	char stamp[WALL_BASIC_SIZE];
	int fits_a, fits_b;

	wall_basic(a->made, stamp);
	fits_a = strstr(a->key, stamp) != NULL;
	fits_b = strstr(b->key, stamp) != NULL;
	if (fits_a != fits_b)
		return fits_a;
	return a->label == NULL && b->label != NULL;
}

static int
is_same(const struct found *a, const struct found *b)
{
	return a->header != NULL && b->header != NULL &&
	    memcmp(a->header->id, b->header->id, sizeof(a->header->id)) == 0;
}

/* They stand in the order of their time, and copies have the same. */
static void
find_copies(const struct located *all, struct policy_item *items)
{
	size_t i, k;

	for (i = 0; i < all->count; i++) {
		for (k = i + 1;
		     k < all->count && all->found[k].made == all->found[i].made;
		     k++) {
			if (items[i].stray != POLICY_OWN ||
			    items[k].stray != POLICY_OWN ||
			    !is_same(&all->found[i], &all->found[k]))
				continue;
			if (is_better(&all->found[k], &all->found[i]))
				items[i].stray = POLICY_IS_COPY;
			else
				items[k].stray = POLICY_IS_COPY;
		}
	}
}

/* ---- who made them ---- */

static int
has_signer(const struct header *h, const uint8_t *signers, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (memcmp(signers + i * KEYS_PUBLIC_SIZE, h->signer,
			KEYS_PUBLIC_SIZE) == 0)
			return 1;
	return 0;
}

static int
is_signed_alike(const struct header *a, const struct header *b)
{
	if (a->is_signed != b->is_signed)
		return 0;
	return !a->is_signed ||
	    memcmp(a->signer, b->signer, sizeof(a->signer)) == 0;
}

/* A number for each signer: that of the first archive of the same. */
static void
ask_signer(const struct located *all, const struct trust *trust,
    struct policy_item *items, size_t at)
{
	const struct header *h = all->found[at].header;
	size_t i;

	if (h == NULL || !items[at].whole)
		return;
	if (trust->count > 0 || trust->nobody) {
		items[at].foreign = h->is_signed
		    ? !has_signer(h, trust->signers, trust->count)
		    : !trust->nobody;
		return;
	}
	for (i = 0; i < at; i++)
		if (items[i].readable && items[i].whole &&
		    is_signed_alike(all->found[i].header, h))
			break;
	items[at].signer = (int)i;
}

int
appraise(const struct located *all, const struct trust *trust,
    const struct unmarked *unmarked, struct policy_item *items, struct err *err)
{
	size_t i;

	for (i = 0; i < all->count; i++) {
		struct err why = ERR_INIT;

		if (stop_check(err) != 0)
			return -1;
		items[i] = judge(&all->found[i], unmarked, &why);
		if (why.kind != ERR_NONE && why.kind != ERR_ABSENT)
			log_step("%s: %s", all->found[i].key, why.msg);
		ask_signer(all, trust, items, i);
	}
	find_copies(all, items);
	return 0;
}

/* ---- telling ---- */

static void
add(struct naming *list, const struct found *found, const char *what)
{
	char *text =
	    mem_printf("%s%s%s", found->key, what[0] != '\0' ? " " : "", what);

	text_clean(text);
	naming_add(list, text);
	free(text);
}

/* Those of which somebody should hear, though they are kept. */
static const char *
doubt(const struct policy_item *item)
{
	if (item->kept_by & 1u << POLICY_UNREADABLE)
		return "can't be read";
	if (item->kept_by & 1u << POLICY_DAMAGED)
		return "is damaged";
	if (item->kept_by & 1u << POLICY_UNKNOWN)
		return "has a .check.json that can't be read";
	if (item->kept_by & 1u << POLICY_FAILED)
		return "failed its last drill";
	if (item->kept_by & 1u << POLICY_FUTURE)
		return "is of the future";
	return NULL;
}

static void
warn_of_doubts(const char *name, const struct located *all,
    const struct policy_item *items)
{
	struct naming list = NAMING("; ");
	size_t i, broken = 0;

	for (i = 0; i < all->count; i++) {
		const char *what = doubt(&items[i]);

		if (what == NULL || items[i].stray == POLICY_IS_LINK)
			continue;
		broken += !items[i].readable || !items[i].whole;
		add(&list, &all->found[i], what);
	}
	if (list.count > 0)
		log_warn("%s: kept, and not counted: %s%s", name,
		    naming_text(&list),
		    broken > 0 ? "; no rule ever removes what is damaged: when "
				 "pgcask salvage has brought back what is of "
				 "use, rm does"
			       : "; no rule ever removes these: check or drill "
				 "them again, or rm what is of no use");
	naming_free(&list);
}

/* What nobody need do anything about. */
static void
note_strays(const char *name, const struct located *all,
    const struct policy_item *items)
{
	struct naming list = NAMING("; ");
	size_t i;

	for (i = 0; i < all->count; i++) {
		if (items[i].stray == POLICY_IS_LINK)
			add(&list, &all->found[i],
			    items[i].readable ? "is a link"
					      : "is a link to nothing that can "
						"be read");
		else if (items[i].stray == POLICY_IS_COPY)
			add(&list, &all->found[i],
			    "is a copy of another file here");
		else if (items[i].kept_by & 1u << POLICY_RENAMED)
			add(&list, &all->found[i],
			    "has a name that no backup gives");
	}
	if (list.count > 0)
		log_note(
		    "%s: kept, and not counted: %s", name, naming_text(&list));
	naming_free(&list);
}

static void
warn_of_evidence(const char *name, const struct located *all,
    const struct policy_item *items)
{
	struct naming list = NAMING("; ");
	size_t i;

	for (i = 0; i < all->count; i++)
		if (items[i].evidence)
			add(&list, &all->found[i],
			    "has a .drill.json that can't be read");
	if (list.count > 0)
		log_warn("%s: kept, for it may have passed a drill: %s", name,
		    naming_text(&list));
	naming_free(&list);
}

/* Each signer once: of those that are foreign, or of those that count. */
static size_t
name_signers(const struct located *all, const struct policy_item *items,
    int foreign, struct buf *out)
{
	const struct header *known[SIGNERS_NAMED];
	size_t i, k, count = 0;

	for (i = 0; i < all->count; i++) {
		const struct header *h = all->found[i].header;
		char text[KEYS_TEXT_SIZE] = "none";

		if (!items[i].readable || !items[i].whole ||
		    items[i].foreign != foreign)
			continue;
		for (k = 0; k < count; k++)
			if (is_signed_alike(known[k], h))
				break;
		if (k < count || count == SIGNERS_NAMED)
			continue;
		known[count++] = h;
		if (h->is_signed)
			keys_signer_text(h->signer, text);
		buf_printf(out, " --signer %s", text);
	}
	return count;
}

static void
warn_of_signers(const char *name, const struct located *all,
    const struct policy_item *items)
{
	struct naming list = NAMING(", ");
	struct buf signers = { 0 };
	size_t i;

	for (i = 0; i < all->count; i++)
		if (items[i].foreign)
			add(&list, &all->found[i], "");
	if (list.count > 0) {
		(void)name_signers(all, items, 1, &signers);
		log_warn("%s: kept, and not counted, for nobody who is trusted "
			 "signed them: %s; if a key of yours did, add%s",
		    name, naming_text(&list), buf_text(&signers));
	}
	buf_free(&signers);
	naming_free(&list);
}

void
appraise_tell(const char *name, const struct located *all,
    const struct policy_item *items)
{
	warn_of_doubts(name, all, items);
	warn_of_evidence(name, all, items);
	warn_of_signers(name, all, items);
	note_strays(name, all, items);
}

size_t
appraise_signers(
    const struct located *all, const struct policy_item *items, struct buf *out)
{
	return name_signers(all, items, 0, out);
}
