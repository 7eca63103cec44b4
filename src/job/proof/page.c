#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/proof/page.h"

/*
 * No script, no font, no picture from anywhere: a policy in the head holds
 * browsers to that.  Tables become lists of cards where a screen is narrow.
 */
static const char HEAD[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; style-src 'unsafe-inline'\">\n<style>\n"
    ":root{color-scheme:light dark;--ok:#1a7f37;--bad:#c62828;--bar:#3b6ea8;"
    "--line:#8884}\n"
    "*{box-sizing:border-box}\n"
    "body{font:16px/1.45 system-ui,sans-serif;margin:0 auto;padding:1rem;"
    "max-width:60rem;overflow-wrap:anywhere}\n"
    "h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.6rem 0 "
    ".4rem}\n"
    ".ok{color:var(--ok)}.bad{color:var(--bad)}\n"
    ".cards{display:grid;gap:.6rem;grid-template-columns:repeat(auto-fit,"
    "minmax(9rem,1fr))}\n"
    ".cards div{border:1px solid var(--line);border-radius:.4rem;"
    "padding:.5rem .7rem}\n"
    ".cards b{display:block;font-size:1.15rem}small,dt{opacity:.75}\n"
    "dl{display:grid;grid-template-columns:minmax(6rem,auto) 1fr;"
    "gap:.1rem .8rem;margin:0}dd{margin:0;min-width:0}\n"
    ".bars{display:grid;grid-template-columns:auto 1fr auto;gap:.25rem .6rem;"
    "align-items:center}\n"
    ".bars i{display:block;height:.9rem;min-width:2px;background:var(--bar);"
    "border-radius:2px}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid "
    "var(--line);vertical-align:top}\n"
    ".n{text-align:right;white-space:nowrap}code{font-size:.85em}\n"
    "@media(max-width:40rem){thead{display:none}tr{display:block;padding:"
    ".4rem 0;border-bottom:1px solid var(--line)}td{display:flex;"
    "justify-content:space-between;gap:1rem;border:0;padding:.05rem 0}"
    "td:before{content:attr(data-l);opacity:.75;flex:none}"
    "td>*{min-width:0}.n{text-align:right}}\n"
    "</style>\n";

/* ---- text ---- */

/* Nothing of ${text} is markup, wherever it stands. */
static void
escape(struct buf *out, const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++) {
		const char *as = *p == '<' ? "&lt;"
		    : *p == '>'            ? "&gt;"
		    : *p == '&'            ? "&amp;"
		    : *p == '"'            ? "&quot;"
		    : *p == '\''           ? "&#39;"
					   : NULL;
		char one[2] = { *p, '\0' };

		buf_puts(out, as != NULL ? as : one);
	}
}

static const char *
str(const json_t *doc, const char *name)
{
	const char *text = json_string_value(json_object_get(doc, name));

	return text != NULL ? text : "";
}

static uint64_t
num(const json_t *doc, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(doc, name));

	return n > 0 ? (uint64_t)n : 0;
}

static void
put_count(struct buf *out, uint64_t n)
{
	char text[32];

	text_count(text, sizeof(text), n);
	buf_puts(out, text);
}

static void
put_bytes(struct buf *out, uint64_t n)
{
	char text[32];

	text_bytes(text, sizeof(text), (double)n);
	buf_puts(out, text);
}

static void
put_ms(struct buf *out, uint64_t n)
{
	char text[32];

	text_duration(text, sizeof(text), (double)n / 1000);
	buf_puts(out, text);
}

/* ---- parts of the page ---- */

static void
put_verdict(struct buf *out, const json_t *doc)
{
	const json_t *faults = json_object_get(doc, "faults");
	int passed = json_is_true(json_object_get(doc, "passed"));
	size_t i;

	buf_printf(out, "<h1>Restore drill of ");
	escape(out, str(doc, "database"));
	buf_printf(out, ": <span class=\"%s\" id=\"verdict\">%s</span></h1>\n",
	    passed ? "ok" : "bad", passed ? "passed" : "failed");
	if (json_array_size(faults) > 0)
		buf_puts(out, "<ul class=\"bad\">\n");
	for (i = 0; i < json_array_size(faults); i++) {
		buf_puts(out, "<li>");
		escape(out, json_string_value(json_array_get(faults, i)));
		buf_puts(out, "</li>\n");
	}
	if (i > 0)
		buf_puts(out, "</ul>\n");
}

static void
put_list(
    struct buf *out, const char *before, const json_t *list, const char *after)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		buf_printf(out, "%s<code>", i > 0 ? ", " : before);
		escape(out, json_string_value(one));
		buf_puts(out, "</code>");
	}
	if (json_array_size(list) > 0)
		buf_puts(out, after);
}

/* What an archive that is not of the whole database has, and has not; and what
 * of it the copy has not. */
static void
put_contents(struct buf *out, const json_t *doc)
{
	const json_t *chosen = json_object_get(doc, "chosen");
	const json_t *left_out = json_object_get(doc, "left_out");
	const json_t *warned = json_object_get(doc, "backup_warnings");
	const json_t *lacks = json_object_get(doc, "not_restored");

	if (!json_is_object(chosen) &&
	    json_array_size(left_out) + json_array_size(warned) +
		    json_array_size(lacks) ==
		0)
		return;
	buf_puts(out, "<div id=\"contents\">\n");
	if (json_is_object(chosen)) {
		buf_puts(out, "<p>The archive is of a part of the database: ");
		put_list(out, "", json_object_get(chosen, "rules"), " ");
		put_list(out, "", json_object_get(chosen, "options"), "");
		buf_puts(out, "</p>\n");
	}
	put_list(out, "<p>Rows that are not in it: ", left_out, "</p>\n");
	put_list(out, "<p>The backup warned: ", warned, "</p>\n");
	put_list(out, "<p>Not restored, or not as it was: ", lacks, "</p>\n");
	buf_puts(out, "</div>\n");
}

static void
begin_card(struct buf *out, const char *title)
{
	buf_printf(out, "<div><small>%s</small><b>", title);
}

static void
end_card(struct buf *out)
{
	buf_puts(out, "</b></div>\n");
}

static void
put_cards(struct buf *out, const json_t *doc)
{
	const json_t *restored = json_object_get(doc, "restored");

	buf_puts(out, "<div class=\"cards\">\n");
	begin_card(out, "RTO: until it was usable");
	if (json_is_null(json_object_get(doc, "rto_ms")))
		buf_puts(out, "never");
	else
		put_ms(out, num(doc, "rto_ms"));
	end_card(out);
	begin_card(out, "RPO: age of the snapshot");
	put_ms(out, num(doc, "rpo_seconds") * 1000);
	end_card(out);
	begin_card(out, "tables");
	put_count(out, num(restored, "tables"));
	end_card(out);
	begin_card(out, "rows");
	put_count(out, num(restored, "rows"));
	end_card(out);
	begin_card(out, "data");
	put_bytes(out, num(restored, "bytes"));
	end_card(out);
	begin_card(out, "indexes, constraints");
	put_count(out, num(restored, "indexes"));
	buf_puts(out, ", ");
	put_count(out, num(restored, "constraints"));
	end_card(out);
	buf_puts(out, "</div>\n");
}

static void
put_phases(struct buf *out, const json_t *doc)
{
	const json_t *phases = json_object_get(doc, "phases"), *p;
	uint64_t longest = 0;
	size_t i;

	for (i = 0; i < json_array_size(phases); i++) {
		uint64_t took = num(json_array_get(phases, i), "ms");

		longest = took > longest ? took : longest;
	}
	buf_puts(out, "<h2>Where the time went</h2>\n<div class=\"bars\">\n");
	json_array_foreach(phases, i, p)
	{
		uint64_t permille =
		    longest > 0 ? num(p, "ms") * 1000 / longest : 0;

		buf_puts(out, "<span>");
		escape(out, str(p, "phase"));
		buf_printf(out,
		    "</span><i style=\"width:%llu.%llu%%\"></i><span "
		    "class=\"n\">",
		    (unsigned long long)permille / 10,
		    (unsigned long long)permille % 10);
		put_ms(out, num(p, "ms"));
		buf_puts(out, "</span>\n");
	}
	buf_puts(out, "</div>\n");
}

static void
begin_cell(struct buf *out, const char *label, const char *class)
{
	buf_printf(out, "<td data-l=\"%s\"%s%s%s><span>", label,
	    class != NULL ? " class=\"" : "", class != NULL ? class : "",
	    class != NULL ? "\"" : "");
}

static void
end_cell(struct buf *out)
{
	buf_puts(out, "</span></td>");
}

static void
put_result(struct buf *out, const json_t *row, const char *good)
{
	const char *result = str(row, "result");

	begin_cell(out, "Result", strcmp(result, good) == 0 ? "ok" : "bad");
	escape(out, result);
	end_cell(out);
}

static void
put_tables(struct buf *out, const json_t *doc)
{
	const json_t *row;
	size_t i;

	buf_puts(out,
	    "<h2>Tables</h2>\n<table id=\"tables\"><thead><tr><th>Table</th>"
	    "<th class=\"n\">Rows saved</th><th class=\"n\">Rows found</th>"
	    "<th class=\"n\">Data</th><th>Result</th></tr>"
	    "</thead><tbody>\n");
	json_array_foreach(json_object_get(doc, "tables"), i, row)
	{
		buf_puts(out, "<tr>");
		begin_cell(out, "Table", NULL);
		escape(out, str(row, "table"));
		end_cell(out);
		begin_cell(out, "Rows saved", "n");
		put_count(out, num(row, "rows"));
		end_cell(out);
		begin_cell(out, "Rows found", "n");
		if (json_is_null(json_object_get(row, "rows_found")))
			buf_puts(out, "none");
		else
			put_count(out, num(row, "rows_found"));
		end_cell(out);
		begin_cell(out, "Data", "n");
		put_bytes(out, num(row, "bytes"));
		end_cell(out);
		put_result(out, row, "same");
		buf_puts(out, "</tr>\n");
	}
	buf_puts(out, "</tbody></table>\n");
}

/* ---- what is no table ---- */

static void
put_value(struct buf *out, const json_t *row, const char *name)
{
	const json_t *at = json_object_get(row, name);

	if (json_is_null(at))
		buf_puts(out, "none");
	else
		buf_printf(out, "%lld%s",
		    (long long)json_integer_value(json_object_get(at, "value")),
		    json_is_true(json_object_get(at, "called")) ? ""
								: " to come");
}

static void
begin_other(struct buf *out, const char *kind, const char *name)
{
	buf_puts(out, "<tr>");
	begin_cell(out, "What", NULL);
	buf_puts(out, kind);
	escape(out, name);
	end_cell(out);
	begin_cell(out, "Saved", NULL);
}

static void
next_other(struct buf *out)
{
	end_cell(out);
	begin_cell(out, "Found", NULL);
}

static void
end_other(struct buf *out, const json_t *row, const char *good)
{
	end_cell(out);
	put_result(out, row, good);
	buf_puts(out, "</tr>\n");
}

static void
put_lobjs(struct buf *out, const json_t *all)
{
	if (!json_is_object(all))
		return;
	begin_other(out, "large objects", "");
	put_count(out, num(all, "count"));
	buf_puts(out, ", ");
	put_bytes(out, num(all, "bytes"));
	next_other(out);
	put_count(out, num(all, "count"));
	end_other(out, all, "same");
}

static void
put_others(struct buf *out, const json_t *doc)
{
	const json_t *lobjs = json_object_get(doc, "large_objects");
	const json_t *sequences = json_object_get(doc, "sequences");
	const json_t *views = json_object_get(doc, "materialized_views"), *row;
	size_t i;

	if (!json_is_object(lobjs) && json_array_size(sequences) == 0 &&
	    json_array_size(views) == 0)
		return;
	buf_puts(out,
	    "<h2>Large objects, sequences, materialized views</h2>\n"
	    "<table id=\"others\"><thead><tr><th>What</th><th>Saved</th>"
	    "<th>Found</th><th>Result</th></tr></thead><tbody>\n");
	put_lobjs(out, lobjs);
	json_array_foreach(sequences, i, row)
	{
		begin_other(out, "sequence ", str(row, "sequence"));
		put_value(out, row, "saved");
		next_other(out);
		put_value(out, row, "found");
		end_other(out, row, "same");
	}
	json_array_foreach(views, i, row)
	{
		begin_other(out, "materialized view ", str(row, "view"));
		buf_puts(out, "populated");
		next_other(out);
		escape(out, str(row, "result"));
		end_other(out, row, "populated");
	}
	buf_puts(out, "</tbody></table>\n");
}

static void
put_assertions(struct buf *out, const json_t *doc)
{
	const json_t *list = json_object_get(doc, "assertions"), *row;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	buf_puts(out,
	    "<h2>Assertions</h2>\n<table><thead><tr><th>What</th>"
	    "<th>Where</th><th class=\"n\">Time</th><th>Result</th></tr>"
	    "</thead><tbody>\n");
	json_array_foreach(list, i, row)
	{
		buf_puts(out, "<tr>");
		begin_cell(out, "What", NULL);
		escape(out, str(row, "title"));
		buf_puts(out, "<br><code>");
		escape(out, str(row, "sql"));
		buf_puts(out, "</code>");
		end_cell(out);
		begin_cell(out, "Where", NULL);
		escape(out, str(row, "file"));
		buf_printf(out, ":%llu", (unsigned long long)num(row, "line"));
		end_cell(out);
		begin_cell(out, "Time", "n");
		put_ms(out, num(row, "ms"));
		end_cell(out);
		put_result(out, row, "holds");
		buf_puts(out, "</tr>\n");
	}
	buf_puts(out, "</tbody></table>\n");
}

static void
put_fact(struct buf *out, const char *what, const char *text)
{
	if (text[0] == '\0')
		return;
	buf_printf(out, "<dt>%s</dt><dd>", what);
	escape(out, text);
	buf_puts(out, "</dd>\n");
}

static void
put_facts(struct buf *out, const json_t *doc)
{
	const json_t *archive = json_object_get(doc, "archive");
	int made = strcmp(str(doc, "place"), "throwaway") == 0;
	char *server = mem_printf("PostgreSQL %s, %s", str(doc, "server"),
	    made ? "made for this drill" : "that was running");

	buf_puts(out, "<h2>What, where, when</h2>\n<dl>\n");
	put_fact(out, "archive", str(archive, "file"));
	put_fact(out, "id", str(archive, "id"));
	put_fact(out, "root hash", str(archive, "root"));
	put_fact(out, "saved", str(archive, "created"));
	put_fact(out, "saved by", str(archive, "signer"));
	put_fact(out, "began", str(doc, "began"));
	put_fact(out, "ended", str(doc, "ended"));
	put_fact(out, "host", str(doc, "host"));
	put_fact(out, "server", server);
	put_fact(out, "tool", str(doc, "tool"));
	put_fact(out, "signed by",
	    str(doc, "signer")[0] != '\0' ? str(doc, "signer") : "nobody");
	put_fact(out, "signature", str(doc, "signature"));
	buf_puts(out, "</dl>\n");
	free(server);
}

void
page_make(const json_t *doc, struct buf *out)
{
	buf_puts(out, HEAD);
	buf_puts(out, "<title>Restore drill of ");
	escape(out, str(doc, "database"));
	buf_puts(out, "</title></head><body>\n");
	put_verdict(out, doc);
	put_contents(out, doc);
	put_cards(out, doc);
	put_phases(out, doc);
	put_assertions(out, doc);
	put_tables(out, doc);
	put_others(out, doc);
	put_facts(out, doc);
	buf_puts(out, "</body></html>\n");
}
