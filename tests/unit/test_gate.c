#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/stop.h"
#include "job/keep/gate.h"
#include "job/keep/ledger.h"
#include "job/keep/suspect.h"
#include "unit.h"

static const char ID[] = "00000000-0000-4000-8000-00000000000";

/* Figures of tables "s.NAME", a letter each, with their rows. */
static struct figures
make(char id, double seconds, uint64_t bytes, const char *names, ...)
{
	struct figures f = {
		.created = 1795140900 + id, .seconds = seconds, .bytes = bytes
	};
	va_list ap;

	(void)snprintf(f.id, sizeof(f.id), "%s%c", ID, id);
	va_start(ap, names);
	for (; *names != '\0'; names++) {
		char name[2] = { *names };

		figures_add(&f, "s", name, (uint64_t)va_arg(ap, int));
	}
	va_end(ap);
	figures_sort(&f);
	return f;
}

/* Compare under ${bounds}: so many findings, of those kinds; ${says} is in the
 * details.  Frees both. */
static void
differ(const char *bounds, struct figures before, struct figures now,
    size_t count, const char *kinds, const char *says)
{
	struct gate_findings found = { 0 };
	struct err err = ERR_INIT;
	struct gate_bounds b;

	gate_defaults(&b);
	if (bounds != NULL)
		must(gate_parse(bounds, &b, &err));
	gate_compare(&b, &before, &now, &found);
	assert_int_equal(found.count, count);
	assert_string_equal(buf_text(&found.kinds), kinds);
	mentions(buf_text(&found.details), says);
	buf_free(&found.kinds);
	buf_free(&found.details);
	gate_clear(&b);
	figures_clear(&before);
	figures_clear(&now);
}

static void
same(const char *bounds, struct figures before, struct figures now)
{
	differ(bounds, before, now, 0, "", "");
}

static void
test_tables(void **state)
{
	(void)state;
	same(NULL, make('1', 1, 0, ""), make('2', 1, 0, "a", 1));
	differ(NULL, make('1', 1, 0, "cab", 0, 1, 2),
	    make('2', 1, 0, "bd", 2, 3), 2, "tables gone",
	    "table s.a is gone; table s.c is gone");
	same("tables=2", make('1', 1, 0, "abc", 1, 2, 3),
	    make('2', 1, 0, "b", 2));
	differ("tables=1", make('1', 1, 0, "abc", 1, 2, 3),
	    make('2', 1, 0, "b", 2), 2, "tables gone", "s.a");
	same("tables=off,rows=off", make('1', 1, 0, "abc", 1, 2, 3),
	    make('2', 1, 0, ""));
	/* What is excepted is neither gone nor emptied. */
	differ("except=s.a,except=b", make('1', 1, 0, "abc", 1, 9999, 3),
	    make('2', 1, 0, "b", 0), 1, "tables gone", "table s.c is gone");
	/* More than are named. */
	differ(NULL, make('1', 1, 0, "abcdefg", 1, 1, 1, 1, 1, 1, 1),
	    make('2', 1, 0, ""), 7, "tables gone", "s.e is gone; and 2 more");
}

static void
test_rows(void **state)
{
	(void)state;
	/* Exactly half of 200 is both the bound and no trifle. */
	differ(NULL, make('1', 1, 0, "a", 200), make('2', 1, 0, "a", 100), 1,
	    "fewer rows", "s.a: 100 rows, where 200 were");
	same(NULL, make('1', 1, 0, "a", 200), make('2', 1, 0, "a", 101));
	same(NULL, make('1', 1, 0, "a", 99), make('2', 1, 0, "a", 0));
	same(NULL, make('1', 1, 0, "a", 3), make('2', 1, 0, "a", 1));
	same(NULL, make('1', 1, 0, "a", 100), make('2', 1, 0, "a", 100000));
	differ("rows=10%", make('1', 1, 0, "a", 1000),
	    make('2', 1, 0, "a", 900), 1, "fewer rows", "s.a");
	same("rows=10%", make('1', 1, 0, "a", 1000), make('2', 1, 0, "a", 901));
	same("rows=100%", make('1', 1, 0, "a", 1000), make('2', 1, 0, "a", 1));
	differ("rows=100%", make('1', 1, 0, "a", 1000), make('2', 1, 0, "a", 0),
	    1, "fewer rows", "s.a: 0 rows");
	/* No table lost a hundred; all of them together did. */
	differ(NULL, make('1', 1, 0, "abc", 90, 90, 90),
	    make('2', 1, 0, "abc", 10, 10, 10), 1, "fewer rows",
	    "all tables together: 30 rows, where 270 were");
}

static void
test_size_and_time(void **state)
{
	(void)state;
	differ(NULL, make('1', 1, 4000000, ""), make('2', 1, 2000000, ""), 1,
	    "less data", "2.0 MB of data, where 4.0 MB were");
	same(NULL, make('1', 1, 4000000, ""), make('2', 1, 2000001, ""));
	same(NULL, make('1', 1, 999999, ""), make('2', 1, 0, ""));
	same("size=off", make('1', 1, 4000000, ""), make('2', 1, 0, ""));
	differ(NULL, make('1', 6, 0, ""), make('2', 60, 0, ""), 1,
	    "took longer", "it took 1 m 00 s, and 6");
	same(NULL, make('1', 6.1, 0, ""), make('2', 60, 0, ""));
	same(NULL, make('1', 0.1, 0, ""), make('2', 59, 0, ""));
	differ("time=2x", make('1', 100, 0, ""), make('2', 200, 0, ""), 1,
	    "took longer", "it took");
	same("time=off", make('1', 1, 0, ""), make('2', 99999, 0, ""));
	differ(NULL, make('1', 1, 4000000, "ab", 1000, 1),
	    make('2', 70, 0, "a", 0), 4,
	    "tables gone, fewer rows, less data, took longer", "s.b is gone");
}

/* What is written is read again, whatever the names are. */
static void
test_figures(void **state)
{
	struct figures f = make('7', 1.5, 1234567, "ba", 5, 6), g;
	struct err err = ERR_INIT;
	json_t *doc;

	(void)state;
	figures_add(&f, "Odd \"schema\"", "\xFFraw", UINT64_C(1) << 40);
	figures_sort(&f);
	doc = figures_json(&f);
	must(figures_read(doc, &g, &err));
	assert_string_equal(g.id, f.id);
	assert_int_equal(g.created, f.created);
	assert_int_equal(g.bytes, f.bytes);
	assert_true(g.seconds == f.seconds);
	assert_int_equal(g.table_count, 3);
	assert_int_equal(figures_find(&g, "Odd \"schema\"", "\xFFraw")->rows,
	    UINT64_C(1) << 40);
	assert_int_equal(figures_find(&g, "s", "b")->rows, 5);
	assert_null(figures_find(&g, "s", "c"));
	assert_null(figures_find(&g, "a", "a"));
	figures_clear(&g);
	(void)json_array_append_new(
	    json_object_get(doc, "tables"), json_pack("[s, i, i]", "s", 1, 2));
	refused(figures_read(doc, &g, &err), ERR_DAMAGED);
	assert_int_equal(g.table_count, 0);
	json_decref(doc);
	figures_clear(&f);
}

/* ---- the ledger ---- */

static char *folder;

static int
set_up(void **state)
{
	(void)state;
	folder = unit_folder();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unit_remove(folder);
	return 0;
}

static struct ledger *
reopen(struct ledger *l)
{
	struct err err = ERR_INIT;

	if (l != NULL)
		must(ledger_save(l, &err));
	ledger_close(l);
	l = ledger_open(folder, "/repo", "shop", &err);
	assert_non_null(l);
	assert_null(ledger_fault(l));
	return l;
}

/* The normal one of ${chosen} is archive ${id}; '\0': there is none. */
static void
normal_is(const struct ledger *l, const char *chosen, char id)
{
	struct err err = ERR_INIT;
	struct figures f;
	int got = ledger_normal(l, chosen, &f, &err);

	assert_int_equal(got, id != '\0');
	if (got > 0)
		assert_int_equal(f.id[FIGURES_ID_SIZE - 2], id);
	figures_clear(&f);
}

static void
add(struct ledger *l, const char *chosen, char id, int suspect)
{
	struct figures f = make(id, 1, 1, "a", 1);

	ledger_add(l, chosen, &f, suspect);
	figures_clear(&f);
}

static int
accept_id(struct ledger *l, char id)
{
	char text[FIGURES_ID_SIZE];

	(void)snprintf(text, sizeof(text), "%s%c", ID, id);
	return ledger_accept(l, text);
}

static void
test_ledger(void **state)
{
	struct ledger *l = reopen(NULL);

	(void)state;
	assert_true(ledger_is_new(l));
	normal_is(l, "", '\0');
	add(l, "", '1', 0);
	add(l, "include table x\n", '2', 0);
	l = reopen(l);
	assert_false(ledger_is_new(l));
	normal_is(l, "", '1');
	normal_is(l, "include table x\n", '2');
	normal_is(l, "include table y\n", '\0');

	/* Suspects change nothing, until one is accepted. */
	add(l, "", '3', 1);
	add(l, "", '4', 1);
	add(l, "", '5', 1);
	l = reopen(l);
	normal_is(l, "", '1');
	assert_int_equal(accept_id(l, '4'), 1);
	l = reopen(l);
	normal_is(l, "", '4');
	/* One before it, itself, one after it, one unheard of. */
	assert_int_equal(accept_id(l, '3'), 0);
	assert_int_equal(accept_id(l, '1'), 0);
	assert_int_equal(accept_id(l, '4'), 1);
	assert_int_equal(accept_id(l, '9'), -1);
	normal_is(l, "", '4');
	assert_int_equal(accept_id(l, '5'), 1);
	normal_is(l, "", '5');
	/* A normal one is the measure, whatever was suspect before. */
	add(l, "", '6', 1);
	add(l, "", '7', 0);
	l = reopen(l);
	assert_int_equal(accept_id(l, '6'), 0);
	normal_is(l, "", '7');
	normal_is(l, "include table x\n", '2');
	ledger_close(l);
}

/* Whoever has it open keeps others out, but for those that only look; and a
 * stop ends their wait. */
static void
test_wait(void **state)
{
	struct err err = ERR_INIT, why = ERR_INIT;
	struct ledger *l = reopen(NULL), *other;

	(void)state;
	add(l, "", '1', 0);
	must(ledger_save(l, &err));
	(void)err_set(&why, ERR_INTERRUPT, "stopped by a test");
	stop_because(&why);
	assert_null(ledger_open(folder, "/repo", "shop", &err));
	assert_int_equal(err.kind, ERR_INTERRUPT);
	other = ledger_peek(folder, "/repo", "shop");
	assert_null(ledger_fault(other));
	normal_is(other, "", '1');
	ledger_close(other);
	ledger_close(l);
	/* Nobody waits for what is free. */
	l = reopen(NULL);
	ledger_close(l);
	stop_resume();
}

/* What grows without end is bounded. */
static void
test_bounds(void **state)
{
	struct ledger *l = reopen(NULL);
	char chosen[32];
	int i;

	(void)state;
	for (i = 0; i < 300; i++)
		add(l, "", (char)('1' + i % 9), i % 2);
	for (i = 0; i < 100; i++) {
		(void)snprintf(chosen, sizeof(chosen), "include table %d\n", i);
		add(l, chosen, '2', 0);
	}
	l = reopen(l);
	normal_is(l, chosen, '2');
	ledger_close(l);
	assert_int_equal(unit_count(folder), 1);
}

static void
test_folder(void **state)
{
	char *found;

	(void)state;
	(void)setenv("XDG_STATE_HOME", "/x/y", 1);
	found = ledger_folder("given");
	assert_string_equal(found, "given");
	free(found);
	found = ledger_folder(NULL);
	assert_string_equal(found, "/x/y/pgcask");
	free(found);
	(void)setenv("XDG_STATE_HOME", "relative", 1);
	(void)setenv("HOME", "/h", 1);
	found = ledger_folder(NULL);
	mentions("/var/lib/pgcask /h/.local/state/pgcask", found);
	free(found);
}

static void
test_suspect(void **state)
{
	char *archive = unit_path(folder, "a.cask");
	char *mark = unit_path(folder, "a.cask.suspect.json");
	struct err err = ERR_INIT;
	char *reason;

	(void)state;
	assert_null(suspect_peek(archive));
	must(suspect_clear(archive, &err));
	must(suspect_mark(archive, "fewer rows", ID, &err));
	reason = suspect_peek(archive);
	assert_string_equal(reason, "fewer rows");
	free(reason);
	must(suspect_clear(archive, &err));
	assert_null(suspect_peek(archive));
	/* One that can't be read marks it as well. */
	unit_put(mark, "{", 1);
	reason = suspect_peek(archive);
	mentions(reason, "can't be read");
	free(reason);
	free(archive);
	free(mark);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_size_and_time),
		cmocka_unit_test(test_figures),
		cmocka_unit_test_setup_teardown(test_ledger, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
		cmocka_unit_test(test_folder),
		cmocka_unit_test_setup_teardown(
		    test_suspect, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
