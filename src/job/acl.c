#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/acl.h"

static void
add_char(struct buf *out, char c)
{
	char text[2] = { c, '\0' };

	buf_puts(out, text);
}

/* One element of an array's text, without its quotes; ${*text} is moved
 * behind it. */
static int
read_element(const char **text, struct buf *out)
{
	const char *p = *text;

	if (*p == '"') {
		for (p++; *p != '\0' && *p != '"'; p++) {
			if (*p == '\\' && p[1] != '\0')
				p++;
			add_char(out, *p);
		}
		if (*p++ != '"')
			return -1;
	} else {
		for (; *p != '\0' && strchr(",}\"", *p) == NULL; p++)
			add_char(out, *p);
	}
	*text = p;
	return 0;
}

/* A role's name, up to ${end}: bare, or in double quotes that are doubled
 * within. */
static char *
read_role(const char **text, char end)
{
	struct buf out = { 0 };
	const char *p = *text;
	char *role = NULL;

	if (*p == '"') {
		for (p++; *p != '\0' && !(*p == '"' && p[1] != '"'); p++) {
			p += *p == '"';
			add_char(&out, *p);
		}
		p += *p == '"';
	} else {
		for (; *p != '\0' && *p != end; p++)
			add_char(&out, *p);
	}
	if (*p == end) {
		role = mem_strdup(buf_text(&out));
		*text = p + (end != '\0');
	}
	buf_free(&out);
	return role;
}

static int
read_item(const char *text, struct acl_item *item)
{
	size_t len;

	item->grantee = read_role(&text, '=');
	if (item->grantee == NULL)
		return -1;
	len = strcspn(text, "/");
	if (text[len] != '/')
		return -1;
	item->rights = mem_printf("%.*s", (int)len, text);
	text += len + 1;
	item->grantor = read_role(&text, '\0');
	return item->grantor != NULL ? 0 : -1;
}

static int
add_item(struct acl *acl, const char *text)
{
	acl->items = mem_array(acl->items, acl->count + 1, sizeof(*acl->items));
	acl->items[acl->count] = (struct acl_item){ NULL, NULL, NULL };
	return read_item(text, &acl->items[acl->count++]);
}

int
acl_parse(const char *text, struct acl *acl, struct err *err)
{
	const char *p = text;
	int rc = 0;

	*acl = (struct acl){ NULL, 0 };
	if (strcmp(text, "{}") == 0)
		return 0;
	do {
		struct buf element = { 0 };

		/* Past the brace or comma. */
		rc = *p != (p == text ? '{' : ',') ? -1 : 0;
		p += rc == 0;
		if (rc == 0)
			rc = read_element(&p, &element);
		if (rc == 0)
			rc = add_item(acl, buf_text(&element));
		buf_free(&element);
	} while (rc == 0 && strcmp(p, "}") != 0);
	return rc == 0 ? 0
		       : err_set(err, ERR_DAMAGED,
			     "\"%s\" is no list of privileges", text);
}

void
acl_free(struct acl *acl)
{
	size_t i;

	for (i = 0; i < acl->count; i++) {
		free(acl->items[i].grantee);
		free(acl->items[i].rights);
		free(acl->items[i].grantor);
	}
	free(acl->items);
	*acl = (struct acl){ NULL, 0 };
}

size_t
acl_rights(const struct acl_item *item, const char *letters,
    const char *const *words, int grantable, struct buf *out)
{
	struct buf list = { 0 };
	size_t i, n = 0;

	for (i = 0; letters[i] != '\0'; i++) {
		const char *at = strchr(item->rights, letters[i]);

		if (at == NULL || (at[1] == '*') != grantable)
			continue;
		buf_printf(&list, "%s%s", n++ > 0 ? ", " : "", words[i]);
	}
	buf_puts(out, n > 0 && n == strlen(letters) ? "ALL" : buf_text(&list));
	buf_free(&list);
	return n;
}
