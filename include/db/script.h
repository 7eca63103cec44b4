#ifndef DB_SCRIPT_H
#define DB_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "db/catalog.h"

/*
 * SQL for a script that psql runs, made of names and values; nothing here
 * needs a connection.  All of it means the same whether
 * standard_conforming_strings is on or off.
 */

/* script_literal(out, text): append ${text} as a string literal. */
void script_literal(struct buf *out, const char *text);

/* script_session(out): append the settings that a restoring session needs, on
 * servers of every version, but for encoding and string literals. */
void script_session(struct buf *out);
/* script_money(out, own): append what lets money be written as the database
 * has it, or as script_session() does. */
void script_money(struct buf *out, int own);

/* script_keys_drop(out), script_keys_make(out): append what takes the foreign
 * keys of extensions' tables away, and makes them again: they come with the
 * tables, before any row. */
void script_keys_drop(struct buf *out);
void script_keys_make(struct buf *out);

/* script_sequence(s, out): append what sets it to its value. */
void script_sequence(const struct sequence *s, struct buf *out);

/* script_lobj_make(oid, out): append what makes an empty large object.
 * script_lobj_write(oid, offset, data, len, out): append what writes into one.
 */
void script_lobj_make(uint32_t oid, struct buf *out);
void script_lobj_write(uint32_t oid, uint64_t offset, const void *data,
    size_t len, struct buf *out);

#endif
