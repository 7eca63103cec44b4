#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toc_made.h"
#include "unit.h"

static void
put(struct made *m, const void *data, size_t len)
{
	struct err err = ERR_INIT;

	must(buf_add(&m->out, data, len, &err));
}

void
made_int(struct made *m, int value)
{
	unsigned magnitude = value < 0 ? (unsigned)-value : (unsigned)value;
	uint8_t bytes[9] = { value < 0 };
	int i;

	for (i = 0; i < m->int_size && i < 4; i++)
		bytes[1 + i] = (uint8_t)(magnitude >> (8 * i));
	put(m, bytes, 1 + (size_t)m->int_size);
}

void
made_str(struct made *m, const char *text)
{
	made_int(m, text == NULL ? -1 : (int)strlen(text));
	if (text != NULL)
		put(m, text, strlen(text));
}

void
made_head(struct made *m, int minor, int int_size, int count)
{
	uint8_t start[] = { 'P', 'G', 'D', 'M', 'P', 1, (uint8_t)minor, 0,
		(uint8_t)int_size, 8, 1 };
	int i;

	memset(m, 0, sizeof(*m));
	m->minor = minor;
	m->int_size = int_size;
	put(m, start, sizeof(start));
	if (minor >= 15)
		put(m, "", 1);
	else
		made_int(m, -1);
	for (i = 0; i < 7; i++)
		made_int(m, i);
	made_str(m, "shop");
	made_str(m, "15.4");
	made_str(m, "16.1");
	made_int(m, count);
}

void
made_add(struct made *m, const struct made_entry *e)
{
	static const uint8_t offset[9] = { 1 };
	char id[16];
	size_t i;

	made_int(m, e->id);
	made_int(m, 0);
	made_str(m, "1259");
	made_str(m, "16384");
	made_str(m, e->tag);
	made_str(m, e->desc);
	made_int(m, (int)e->section);
	made_str(m, e->defn);
	made_str(m, e->drop);
	made_str(m, NULL);
	made_str(m, e->schema);
	made_str(m, e->tablespace);
	if (m->minor >= 14)
		made_str(m, e->method);
	if (m->minor >= 16)
		made_int(m, e->relkind);
	made_str(m, e->owner);
	made_str(m, "false");
	for (i = 0; e->deps != NULL && e->deps[i] != 0; i++) {
		(void)snprintf(id, sizeof(id), "%d", e->deps[i]);
		made_str(m, id);
	}
	made_str(m, NULL);
	put(m, offset, sizeof(offset));
}

struct toc *
made_parse(struct made *m)
{
	struct err err = ERR_INIT;
	struct toc *toc = toc_parse(m->out.data, m->out.len, &err);

	if (toc == NULL)
		fail_msg("toc_parse: %s", err.msg);
	buf_free(&m->out);
	return toc;
}

struct toc *
made_toc(int minor, const struct made_entry *entries, size_t count)
{
	struct made m;
	size_t i;

	made_head(&m, minor, 4, (int)count);
	for (i = 0; i < count; i++)
		made_add(&m, &entries[i]);
	return made_parse(&m);
}
