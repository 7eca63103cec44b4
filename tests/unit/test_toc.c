#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toc_made.h"
#include "unit.h"

static const int DEPS[] = { 3, 77, 0 };
static const struct made_entry ENTRIES[] = {
	{ .id = 1,
	    .tag = "ENCODING",
	    .desc = "ENCODING",
	    .section = TOC_PRE_DATA,
	    .defn = "SET client_encoding = 'UTF8';\n" },
	{ .id = 2,
	    .tag = "STDSTRINGS",
	    .desc = "STDSTRINGS",
	    .section = TOC_PRE_DATA,
	    .defn = "SET standard_conforming_strings = 'on';\n" },
	{ .id = 3,
	    .tag = "it\"em\nof",
	    .desc = "TABLE",
	    .section = TOC_PRE_DATA,
	    .defn = "CREATE TABLE ...;",
	    .drop = "DROP TABLE ...;",
	    .schema = "shop",
	    .tablespace = "",
	    .method = "heap",
	    .relkind = 'r',
	    .owner = "anna" },
	{ .id = 9,
	    .tag = "item_pkey",
	    .desc = "CONSTRAINT",
	    .section = TOC_POST_DATA,
	    .defn = "ALTER TABLE ...;",
	    .schema = "shop",
	    .owner = "anna",
	    .deps = DEPS },
};
#define COUNT (sizeof(ENTRIES) / sizeof(ENTRIES[0]))

static void
make(struct made *m, int minor, int int_size)
{
	size_t i;

	made_head(m, minor, int_size, COUNT);
	for (i = 0; i < COUNT; i++)
		made_add(m, &ENTRIES[i]);
}

static void
test_every_version(void **state)
{
	int minor, int_size;

	(void)state;
	for (minor = 12; minor <= 16; minor++) {
		for (int_size = 2; int_size <= 8; int_size++) {
			struct made m;
			struct toc *toc;
			const struct toc_entry *e;

			make(&m, minor, int_size);
			toc = made_parse(&m);
			assert_int_equal(toc->version, 100 + minor);
			assert_string_equal(toc->dbname, "shop");
			assert_string_equal(toc->server_version, "15.4");
			assert_string_equal(toc->dump_version, "16.1");
			assert_int_equal(toc->count, COUNT);
			assert_int_equal(toc->max_id, 9);
			mentions(toc->encoding, "UTF8");
			mentions(toc->std_strings, "'on'");
			e = &toc->entries[2];
			assert_int_equal(e->id, 3);
			assert_int_equal(e->oid, 16384);
			assert_string_equal(e->tag, "it\"em\nof");
			assert_string_equal(e->desc, "TABLE");
			assert_int_equal(e->section, TOC_PRE_DATA);
			assert_string_equal(e->drop, "DROP TABLE ...;");
			assert_string_equal(e->schema, "shop");
			assert_string_equal(e->tablespace, "");
			assert_string_equal(e->owner, "anna");
			assert_int_equal(e->relkind, minor >= 16 ? 'r' : 0);
			if (minor >= 14)
				assert_string_equal(e->access_method, "heap");
			else
				assert_null(e->access_method);
			assert_int_equal(e->dep_count, 0);
			e = &toc->entries[3];
			assert_null(e->tablespace);
			assert_null(e->access_method);
			assert_string_equal(e->drop, "");
			assert_int_equal(e->dep_count, 2);
			assert_int_equal(e->deps[0], 3);
			assert_int_equal(e->deps[1], 77);
			toc_free(toc);
		}
	}
}

static void
test_other_versions(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *says;
	} changes[] = { { 0, 'Q', "PGDMP" }, { 5, 2, "2.14" },
		{ 6, 11, "1.11" }, { 6, 17, "1.17" }, { 8, 0, "integers" },
		{ 8, 9, "integers" }, { 9, 0, "integers" },
		{ 10, 3, "custom" } };
	struct err err = ERR_INIT;
	struct made m;
	size_t i;

	(void)state;
	make(&m, 14, 4);
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		uint8_t old = m.out.data[changes[i].at];
		struct toc *toc;

		m.out.data[changes[i].at] = changes[i].value;
		toc = toc_parse(m.out.data, m.out.len, &err);
		assert_null(toc);
		assert_int_equal(err.kind, ERR_DAMAGED);
		mentions(err.msg, changes[i].says);
		m.out.data[changes[i].at] = old;
	}
	buf_free(&m.out);
}

/* refuse_entry(e, minor): a toc with this one entry is damaged. */
static void
refuse_entry(const struct made_entry *e, int times, const char *says)
{
	struct err err = ERR_INIT;
	struct made m;
	int i;

	made_head(&m, 14, 4, times);
	for (i = 0; i < times; i++)
		made_add(&m, e);
	assert_null(toc_parse(m.out.data, m.out.len, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	mentions(err.msg, says);
	buf_free(&m.out);
}

static void
test_bounds(void **state)
{
	static const int huge[] = { 2000000000, 0 };
	struct made_entry e = ENTRIES[0];

	(void)state;
	refuse_entry(&e, 2, "one dump id");
	e.id = 0;
	refuse_entry(&e, 1, "out of range");
	e.id = -4;
	refuse_entry(&e, 1, "out of range");
	e.id = 2000000000;
	refuse_entry(&e, 1, "out of range");
	e.id = 1;
	e.deps = huge;
	refuse_entry(&e, 1, "dependency");
	e.deps = NULL;
	e.section = (enum toc_section)7;
	refuse_entry(&e, 1, "section");
}

static void
test_count_is_bounded(void **state)
{
	static const int counts[] = { -1, 5, 1000, INT32_MAX };
	struct err err = ERR_INIT;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct made m;

		made_head(&m, 16, 4, counts[i]);
		for (k = 0; k < COUNT; k++)
			made_add(&m, &ENTRIES[k]);
		assert_null(toc_parse(m.out.data, m.out.len, &err));
		assert_int_equal(err.kind, ERR_DAMAGED);
		buf_free(&m.out);
	}
}

static const struct toc_entry *
find(const struct toc *toc, const char *desc, const char *tag)
{
	size_t i;

	for (i = 0; i < toc->count; i++)
		if (strcmp(toc->entries[i].desc, desc) == 0 &&
		    strcmp(toc->entries[i].tag, tag) == 0)
			return &toc->entries[i];
	fail_msg("no %s %s", desc, tag);
	return NULL;
}

static int
depends(const struct toc_entry *e, const struct toc_entry *on)
{
	size_t i;

	for (i = 0; i < e->dep_count; i++)
		if (e->deps[i] == on->id)
			return 1;
	return 0;
}

/* What pg_dump 15 and 18 wrote of one small database. */
static void
check_real(const char *name, int version, char relkind)
{
	struct err err = ERR_INIT;
	size_t len;
	char *data = unit_data(name, &len);
	struct toc *toc = toc_parse(data, len, &err);
	const struct toc_entry *item, *sale, *fk;

	if (toc == NULL) {
		fail_msg("%s: %s", name, err.msg);
		return;
	}
	assert_int_equal(toc->version, version);
	assert_string_equal(toc->dbname, "tiny");
	item = find(toc, "TABLE", "item");
	sale = find(toc, "TABLE", "sale");
	fk = find(toc, "FK CONSTRAINT", "sale sale_item_fkey");
	assert_int_equal(item->section, TOC_PRE_DATA);
	assert_int_equal(item->relkind, relkind);
	assert_string_equal(item->owner, "postgres");
	assert_string_equal(item->tablespace, "");
	assert_string_equal(item->access_method, "heap");
	mentions(item->defn, "CREATE TABLE shop.item");
	assert_true(depends(item, find(toc, "SCHEMA", "shop")));
	assert_int_equal(fk->section, TOC_POST_DATA);
	assert_true(depends(fk, item) && depends(fk, sale));
	assert_true(depends(fk, find(toc, "CONSTRAINT", "item item_pkey")));
	toc_free(toc);
	free(data);
}

static void
test_real_files(void **state)
{
	(void)state;
	check_real("schema-1.14.dump", 114, 0);
	check_real("schema-1.16.dump", 116, 'r');
}

/* However a file is cut, it is refused, and nothing beyond it is read: each
 * piece lies in memory of its own size, for the sanitizers. */
static void
test_every_truncation(void **state)
{
	struct err err = ERR_INIT;
	size_t len, cut, whole;
	struct toc *toc;
	char *data = unit_data("schema-1.16.dump", &len);

	(void)state;
	/* Blocks of data, of which there are none, end the file. */
	whole = len;
	while ((toc = toc_parse(data, whole - 1, &err)) != NULL) {
		toc_free(toc);
		whole--;
	}
	for (cut = 0; cut < whole; cut += 1 + cut / 512) {
		char *piece = malloc(cut > 0 ? cut : 1);

		assert_non_null(piece);
		memcpy(piece, data, cut);
		err = (struct err)ERR_INIT;
		assert_null(toc_parse(piece, cut, &err));
		assert_int_equal(err.kind, ERR_DAMAGED);
		free(piece);
	}
	free(data);
}

/* Flipped bytes may give another toc, but never a fault. */
static void
test_random_flips(void **state)
{
	size_t len, round;
	char *data = unit_data("schema-1.14.dump", &len);
	uint8_t *copy = malloc(len), dice[16];
	size_t refused_count = 0;

	(void)state;
	assert_non_null(copy);
	for (round = 0; round < 20000; round++) {
		struct err err = ERR_INIT;
		struct toc *toc;
		size_t i;

		memcpy(copy, data, len);
		unit_fill(dice, sizeof(dice), round);
		for (i = 0; i < 1 + round % 4; i++) {
			size_t at =
			    ((size_t)dice[3 * i] << 8 | dice[3 * i + 1]) % len;

			/* Half of them where lengths and counts are dense. */
			copy[round % 2 ? at % 200 : at] ^= dice[3 * i + 2];
		}
		toc = toc_parse(copy, len, &err);
		if (toc == NULL) {
			assert_int_equal(err.kind, ERR_DAMAGED);
			refused_count++;
		}
		toc_free(toc);
	}
	assert_true(refused_count > 1000);
	free(copy);
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_version),
		cmocka_unit_test(test_other_versions),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_count_is_bounded),
		cmocka_unit_test(test_real_files),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_random_flips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
