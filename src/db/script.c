#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db/conn.h"
#include "db/queries.h"
#include "db/script.h"

void
script_literal(struct buf *out, const char *text)
{
	char c[3] = { '\0', '\0', '\0' };

	if (strchr(text, '\\') == NULL) {
		sql_literal(out, text);
		return;
	}
	buf_puts(out, "E'");
	for (; *text != '\0'; text++) {
		int twice = *text == '\\' || *text == '\'';

		c[0] = *text;
		c[1] = twice ? *text : '\0';
		buf_puts(out, c);
	}
	buf_puts(out, "'");
}

void
script_session(struct buf *out)
{
	buf_puts(out,
	    "SET statement_timeout = 0;\n"
	    "SET lock_timeout = 0;\n"
	    "SET idle_in_transaction_session_timeout = 0;\n"
	    /* Not every version has these. */
	    "SELECT pg_catalog.set_config(name, '0', false)\n"
	    "FROM pg_catalog.pg_settings\n"
	    "WHERE name IN ('idle_session_timeout', 'transaction_timeout');\n"
	    "SELECT pg_catalog.set_config('search_path', '', false);\n"
	    "SET default_transaction_read_only = off;\n"
	    "SET default_transaction_isolation = 'read committed';\n"
	    /* What text stands for.  Dates and times say it themselves, and
	     * checks and views are computed in the database's time zone. */
	    "SET lc_monetary = 'C';\n"
	    "SET array_nulls = on;\n"
	    "SET transform_null_equals = off;\n"
	    "SET xmloption = content;\n"
	    "SET check_function_bodies = false;\n"
	    "SET client_min_messages = warning;\n"
	    "SET row_security = off;\n"
	    "SET default_tablespace = '';\n"
	    "SET default_table_access_method = heap;\n");
}

void
script_money(struct buf *out, int own)
{
	buf_puts(
	    out, own ? "RESET lc_monetary;\n\n" : "SET lc_monetary = 'C';\n\n");
}

/* Names and conditions are quoted by the query. */
void
script_keys_drop(struct buf *out)
{
	buf_puts(out,
	    "CREATE TEMPORARY TABLE pgcask_keys (name, key, def, comment) "
	    "AS\n");
	buf_puts(out, sql_early_keys);
	buf_puts(out,
	    ";\n"
	    "DO $keys$\n"
	    "DECLARE k record;\n"
	    "BEGIN\n"
	    "  FOR k IN SELECT * FROM pg_temp.pgcask_keys LOOP\n"
	    "    EXECUTE pg_catalog.format(\n"
	    "      'ALTER TABLE %s DROP CONSTRAINT %I', k.name, k.key);\n"
	    "  END LOOP;\n"
	    "END $keys$;\n\n");
}

void
script_keys_make(struct buf *out)
{
	buf_puts(out,
	    "DO $keys$\n"
	    "DECLARE k record;\n"
	    "BEGIN\n"
	    "  FOR k IN SELECT * FROM pg_temp.pgcask_keys LOOP\n"
	    "    EXECUTE pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I "
	    "'\n"
	    "      '%s', k.name, k.key, k.def);\n"
	    "    EXECUTE pg_catalog.format('COMMENT ON CONSTRAINT %I ON %s '\n"
	    "      'IS %L', k.key, k.name, k.comment);\n"
	    "  END LOOP;\n"
	    "END $keys$;\n"
	    "DROP TABLE pg_temp.pgcask_keys;\n\n");
}

void
script_sequence(const struct sequence *s, struct buf *out)
{
	struct buf name = { 0 };

	sql_qualified(&name, s->schema, s->name);
	buf_puts(out, "SELECT pg_catalog.setval(");
	script_literal(out, buf_text(&name));
	buf_printf(out, ", %" PRId64 ", %s);\n", s->value,
	    s->called ? "true" : "false");
	buf_free(&name);
}

void
script_lobj_make(uint32_t oid, struct buf *out)
{
	buf_printf(out, "SELECT pg_catalog.lo_create(%" PRIu32 ");\n", oid);
}

void
script_lobj_write(uint32_t oid, uint64_t offset, const void *data, size_t len,
    struct buf *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;
	char *hex = mem_alloc(2 * len + 1);
	size_t i;

	for (i = 0; i < len; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 0xF];
	}
	hex[2 * len] = '\0';
	buf_printf(out,
	    "SELECT pg_catalog.lo_put(%" PRIu32 ", %" PRIu64
	    ", pg_catalog.decode('",
	    oid, offset);
	buf_puts(out, hex);
	buf_puts(out, "', 'hex'));\n");
	free(hex);
}
