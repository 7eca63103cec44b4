#include <stdlib.h>
#include <string.h>

#include "job/statement.h"
#include "toc_made.h"
#include "unit.h"

static const struct names NOBODY = { NULL, 0 };

/* The toc of these entries. */
static struct toc *
parse(const struct made_entry *entries, size_t count)
{
	struct made m;
	size_t i;

	made_head(&m, 16, 4, (int)count);
	for (i = 0; i < count; i++) {
		struct made_entry e = entries[i];

		if (e.id == 0)
			e.id = (int)i + 1;
		if (e.section == 0)
			e.section = TOC_PRE_DATA;
		made_add(&m, &e);
	}
	return made_parse(&m);
}

/* says(entry, session, text): that this is what runs for a lone entry. */
static void
says(struct made_entry e, const struct session *session, const char *text)
{
	struct toc *toc = parse(&e, 1);
	struct buf out = { 0 };

	statement_definition(toc, &toc->entries[0], session, &out);
	statement_owner(&toc->entries[0], session, &out);
	assert_string_equal(buf_text(&out), text);
	buf_free(&out);
	toc_free(toc);
}

/* called(desc, schema, tag, name): that the entry is named so. */
static void
called(const char *desc, const char *schema, const char *tag, const char *name)
{
	struct toc *toc = parse(
	    &(struct made_entry){ .desc = desc, .schema = schema, .tag = tag },
	    1);
	struct buf out = { 0 };

	statement_name(&toc->entries[0], &out);
	assert_string_equal(buf_text(&out), name);
	buf_free(&out);
	toc_free(toc);
}

static void
test_names(void **state)
{
	(void)state;
	called("TABLE", "erp", "orders", "TABLE erp.orders");
	called("SCHEMA", "", "erp", "SCHEMA erp");
	called("ACL", "erp", "TABLE orders", "ACL TABLE erp.orders");
	called("ACL", "", "SCHEMA erp", "ACL SCHEMA erp");
	called("ACL", "erp", "FUNCTION twice(integer)",
	    "ACL FUNCTION erp.twice(integer)");
	called("COMMENT", "erp", "MATERIALIZED VIEW \"TOTALS OF\"",
	    "COMMENT MATERIALIZED VIEW erp.\"TOTALS OF\"");
	/* A table may have such a name; and an entry no kind. */
	called("TABLE", "erp", "VIEW orders", "TABLE erp.VIEW orders");
	called("ACL", "erp", "ORDERS", "ACL erp.ORDERS");
}

static void
test_passes(void **state)
{
	static const struct {
		const char *desc;
		const char *tag;
		enum toc_section section;
		enum pass pass;
	} want[] = {
		{ "ENCODING", "ENCODING", TOC_PRE_DATA, PASS_NONE },
		{ "DATABASE", "shop", TOC_PRE_DATA, PASS_NONE },
		{ "DATABASE PROPERTIES", "shop", TOC_PRE_DATA, PASS_NONE },
		{ "COMMENT", "DATABASE shop", TOC_NONE, PASS_NONE },
		{ "ACL", "DATABASE shop", TOC_NONE, PASS_NONE },
		{ "SCHEMA", "shop", TOC_PRE_DATA, PASS_PRE },
		{ "COMMENT", "SCHEMA shop", TOC_NONE, PASS_PRE },
		{ "ACL", "SCHEMA shop", TOC_NONE, PASS_SCHEMA_ACL },
		{ "TABLE", "item", TOC_PRE_DATA, PASS_PRE },
		{ "BLOB METADATA", "7..9", TOC_DATA, PASS_PRE },
		{ "TABLE DATA", "item", TOC_DATA, PASS_NONE },
		{ "SEQUENCE SET", "item_seq", TOC_DATA, PASS_NONE },
		{ "DEFAULT ACL", "DEFAULT", TOC_POST_DATA, PASS_ACL },
		{ "INDEX", "item_name", TOC_POST_DATA, PASS_POST },
		{ "COMMENT", "INDEX item_name", TOC_NONE, PASS_POST },
		{ "EVENT TRIGGER", "guard", TOC_POST_DATA, PASS_LAST },
		{ "COMMENT", "EVENT TRIGGER guard", TOC_NONE, PASS_LAST },
		{ "MATERIALIZED VIEW DATA", "sums", TOC_POST_DATA,
		    PASS_REFRESH },
	};
	size_t i, count = sizeof(want) / sizeof(want[0]);
	struct made_entry *entries = calloc(count, sizeof(*entries));
	enum pass *passes = calloc(count, sizeof(*passes));
	struct toc *toc;

	(void)state;
	assert_non_null(entries);
	assert_non_null(passes);
	for (i = 0; i < count; i++) {
		entries[i].desc = want[i].desc;
		entries[i].tag = want[i].tag;
		entries[i].section = want[i].section;
	}
	toc = parse(entries, count);
	statement_passes(toc, passes);
	for (i = 0; i < count; i++)
		if (passes[i] != want[i].pass)
			fail_msg("%s %s: pass %d", want[i].desc, want[i].tag,
			    (int)passes[i]);
	toc_free(toc);
	free(entries);
	free(passes);
}

static void
test_owners(void **state)
{
	static const char *const absent_names[] = { "gone" };
	const char *lent[] = { absent_names[0] };
	struct names absent = { lent, 1 };
	struct session s = { .user = "me",
		.absent = &absent,
		.foreign = &NOBODY,
		.no_spaces = &NOBODY };
	struct made_entry e = { .tag = "it\"em",
		.schema = "my shop",
		.desc = "TABLE",
		.defn = "CREATE TABLE t ();\n",
		.drop = "DROP TABLE t;\n",
		.owner = "anna" };

	(void)state;
	says(e, &s,
	    "CREATE TABLE t ();\n\n"
	    "ALTER TABLE \"my shop\".\"it\"\"em\" OWNER TO \"anna\";\n");
	e.owner = "me";
	says(e, &s, "CREATE TABLE t ();\n\n");
	e.owner = "gone";
	says(e, &s, "CREATE TABLE t ();\n\n");
	e.owner = "";
	says(e, &s, "CREATE TABLE t ();\n\n");
	/* What has no DROP of its own has no owner of its own. */
	e.owner = "anna";
	e.drop = "";
	says(e, &s, "CREATE TABLE t ();\n\n");
	e.desc = "FUNCTION";
	e.defn = "CREATE FUNCTION f;";
	e.drop = "DROP FUNCTION shop.f(a integer, \"b;\" text);\n";
	says(e, &s,
	    "CREATE FUNCTION f;\nALTER FUNCTION shop.f(a integer, \"b;\" text)"
	    " OWNER TO \"anna\";\n");
	e.desc = "SCHEMA";
	e.tag = "public";
	e.schema = "";
	e.owner = "me";
	e.defn = "-- *not* creating schema, since initdb creates it\n";
	e.drop = "DROP SCHEMA public;\n";
	says(e, &s,
	    "-- *not* creating schema, since initdb creates it\n\n"
	    "ALTER SCHEMA \"public\" OWNER TO \"me\";\n");
	e.desc = "INDEX";
	e.defn = "CREATE INDEX i;";
	e.drop = "DROP INDEX i;";
	says(e, &s, "CREATE INDEX i;\n");
	e.desc = "BLOB";
	e.tag = "42";
	e.owner = "anna";
	e.defn = "SELECT pg_catalog.lo_create('42');\n";
	e.drop = "SELECT pg_catalog.lo_unlink('42');\n";
	says(e, &s,
	    "SELECT pg_catalog.lo_create('42');\n\n"
	    "ALTER LARGE OBJECT 42 OWNER TO \"anna\";\n");
}

static void
test_settings(void **state)
{
	const char *lent[] = { "lost" };
	struct names none = { lent, 1 };
	struct session s = { .user = "me",
		.absent = &NOBODY,
		.foreign = &NOBODY,
		.no_spaces = &none };
	struct made_entry e = { .tag = "t",
		.schema = "s",
		.desc = "TABLE",
		.defn = "CREATE TABLE s.t ();",
		.tablespace = "fast disk",
		.method = "columnar",
		.relkind = 'r' };

	(void)state;
	says(e, &s,
	    "SET default_tablespace = \"fast disk\";\n"
	    "SET default_table_access_method = \"columnar\";\n"
	    "CREATE TABLE s.t ();\n"
	    "SET default_tablespace = '';\n"
	    "SET default_table_access_method = heap;\n");
	e.tablespace = "lost";
	e.method = "heap";
	says(e, &s, "CREATE TABLE s.t ();\n");
	e.tablespace = "";
	e.relkind = 'p';
	e.method = "columnar";
	says(e, &s,
	    "CREATE TABLE s.t ();\n"
	    "ALTER TABLE \"s\".\"t\" SET ACCESS METHOD \"columnar\";\n");
}

/* Large objects that share owner and privileges are one entry each. */
static void
test_groups_of_large_objects(void **state)
{
	static const int of_group[] = { 1, 0 };
	static const struct made_entry entries[] = {
		{ .tag = "7..9",
		    .desc = "BLOB METADATA",
		    .section = TOC_DATA,
		    .defn = "7\n8\n9\n",
		    .drop = "SELECT pg_catalog.lo_unlink('7');",
		    .owner = "an\"na" },
		{ .tag = "LARGE OBJECTS 7..9",
		    .desc = "ACL",
		    .section = TOC_NONE,
		    .defn = "GRANT ALL ON LARGE OBJECT 7 TO "
			    "\"LARGE OBJECT 7\";\n",
		    .deps = of_group },
	};
	struct session s = { .user = "me",
		.absent = &NOBODY,
		.foreign = &NOBODY,
		.no_spaces = &NOBODY };
	struct toc *toc = parse(entries, 2);
	struct buf out = { 0 };

	(void)state;
	statement_definition(toc, &toc->entries[0], &s, &out);
	statement_owner(&toc->entries[0], &s, &out);
	assert_string_equal(buf_text(&out),
	    "SELECT pg_catalog.lo_create('7');\n"
	    "SELECT pg_catalog.lo_create('8');\n"
	    "SELECT pg_catalog.lo_create('9');\n"
	    "ALTER LARGE OBJECT 7 OWNER TO \"an\"\"na\";\n"
	    "ALTER LARGE OBJECT 8 OWNER TO \"an\"\"na\";\n"
	    "ALTER LARGE OBJECT 9 OWNER TO \"an\"\"na\";\n");
	out.len = 0;
	statement_definition(toc, &toc->entries[1], &s, &out);
	assert_string_equal(buf_text(&out),
	    "GRANT ALL ON LARGE OBJECT 7 TO \"LARGE OBJECT 7\";\n"
	    "GRANT ALL ON LARGE OBJECT 8 TO \"LARGE OBJECT 7\";\n"
	    "GRANT ALL ON LARGE OBJECT 9 TO \"LARGE OBJECT 7\";\n\n");
	buf_free(&out);
	toc_free(toc);
}

static void
test_next_statement(void **state)
{
	static const char *const statements[] = {
		"SELECT 1;\n",
		"SELECT ';', 'it''s;', E'\\';', \"a;\"\"b;\";\n\n",
		"CREATE FUNCTION f() AS $$ a; b; $$;",
		"CREATE FUNCTION f() AS $_x1$ a; $$ ; $$ b; $_x1$;\n",
		"SELECT $1; ",
		"-- a comment; with one\nSELECT 2;\n",
		"GRANT SELECT ON a TO b\n",
	};
	struct buf all = { 0 };
	const char *p, *next;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		buf_puts(&all, statements[i]);
	p = buf_text(&all);
	for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		next = statement_next(p);
		assert_int_equal(next - p, strlen(statements[i]));
		assert_memory_equal(p, statements[i], strlen(statements[i]));
		p = next;
	}
	assert_int_equal(*p, '\0');
	buf_free(&all);
	/* Quotes that never end take no more than there is. */
	assert_string_equal(statement_next("SELECT 'a; b"), "");
	assert_string_equal(statement_next("SELECT $$a; b"), "");
	assert_string_equal(statement_next("SELECT \"a; b"), "");
	assert_string_equal(statement_next("SELECT E'a\\"), "");
	assert_string_equal(statement_next("$"), "");
}

static int
split(const char *defn, struct buf *index, struct buf *constraint)
{
	struct made_entry made = {
		.desc = "CONSTRAINT", .section = TOC_POST_DATA, .defn = defn
	};
	struct toc *toc = parse(&made, 1);
	int simple;

	index->len = constraint->len = 0;
	simple = statement_split_key(&toc->entries[0], index, constraint);
	toc_free(toc);
	return simple;
}

static void
test_split_key(void **state)
{
	static const char *const whole[] = {
		"ALTER TABLE ONLY s.t\n"
		"    ADD CONSTRAINT k UNIQUE (a) DEFERRABLE;\n",
		"ALTER TABLE ONLY s.t\n"
		"    ADD CONSTRAINT k UNIQUE (a) INCLUDE (b);\n",
		"ALTER TABLE ONLY s.t\n"
		"    ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a);\n",
		"ALTER TABLE ONLY s.t\n"
		"    ADD CONSTRAINT k PRIMARY KEY (a) WITH (fillfactor='9');\n",
		"ALTER TABLE ONLY s.t\n"
		"    ADD CONSTRAINT k EXCLUDE USING gist (a WITH =);\n",
		"ALTER TABLE ONLY s.t\n"
		"    ADD CONSTRAINT k PRIMARY KEY (a, p WITHOUT OVERLAPS);\n",
		"ALTER TABLE ONLY s.t\n    ADD CONSTRAINT k UNIQUE (a);\n\n"
		"ALTER TABLE s.t CLUSTER ON k;\n",
		"ALTER TABLE s.t\n    ADD CONSTRAINT k UNIQUE (a);\n",
		"ALTER TABLE ONLY s.t\n    ADD CONSTRAINT k UNIQUE (a",
		"ALTER TABLE ONLY s.t\n    ADD CONSTRAINT k UNIQUE ()",
		"ALTER TABLE ONLY ",
		"",
	};
	struct buf index = { 0 }, constraint = { 0 };
	size_t i;

	(void)state;
	assert_true(
	    split("ALTER TABLE ONLY \"S x\".\"t\"\"(\"\n"
		  "    ADD CONSTRAINT \"k,\" PRIMARY KEY (a, \"b)\");\n",
		&index, &constraint));
	assert_string_equal(buf_text(&index),
	    "CREATE UNIQUE INDEX \"k,\" ON \"S x\".\"t\"\"(\" USING btree "
	    "(a, \"b)\");\n");
	assert_string_equal(buf_text(&constraint),
	    "ALTER TABLE ONLY \"S x\".\"t\"\"(\"\n"
	    "    ADD CONSTRAINT \"k,\" PRIMARY KEY USING INDEX \"k,\";\n");
	assert_true(split("ALTER TABLE ONLY s.t\n"
			  "    ADD CONSTRAINT k UNIQUE (a);\n",
	    &index, &constraint));
	mentions(buf_text(&constraint), "k UNIQUE USING INDEX k;");
	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (split(whole[i], &index, &constraint))
			fail_msg("split: %s", whole[i]);
	buf_free(&index);
	buf_free(&constraint);
}

static void
test_only_indexes(void **state)
{
	static const struct {
		const char *desc;
		const char *defn;
		int only;
	} cases[] = {
		{ "INDEX", "CREATE INDEX i ON s.t USING gin (a);\n", 1 },
		{ "INDEX", "CREATE UNIQUE INDEX i ON s.t (a);\n\n\n", 1 },
		{ "INDEX",
		    "CREATE INDEX i ON s.t (a);\nALTER TABLE s.t CLUSTER "
		    "ON i;\n",
		    0 },
		{ "INDEX", "CREATE INDEX i ON s.t ((a || ';ALTER'));\n", 1 },
		{ "CONSTRAINT", "CREATE INDEX i ON s.t (a);\n", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made_entry e = { .desc = cases[i].desc,
			.defn = cases[i].defn };
		struct toc *toc = parse(&e, 1);

		assert_int_equal(
		    statement_only_indexes(&toc->entries[0]), cases[i].only);
		toc_free(toc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_groups_of_large_objects),
		cmocka_unit_test(test_next_statement),
		cmocka_unit_test(test_split_key),
		cmocka_unit_test(test_only_indexes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
