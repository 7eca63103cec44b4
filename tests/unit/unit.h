#ifndef UNIT_H
#define UNIT_H

/* cmocka wants the first four of these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

/* must(call): that a call which fills the ${err} in scope gives 0. */
#define must(call)                                          \
	do {                                                \
		if ((call) != 0)                            \
			fail_msg("%s: %s", #call, err.msg); \
	} while (0)

/* refused(call, k): that it gives -1 and an error of kind ${k}. */
#define refused(call, k)                                           \
	do {                                                       \
		err = (struct err)ERR_INIT;                        \
		assert_int_equal((call), -1);                      \
		if (err.kind != (k) || err.msg[0] == '\0')         \
			fail_msg("%s: kind %d, not %d: %s", #call, \
			    (int)err.kind, (int)(k), err.msg);     \
	} while (0)

/* mentions(text, part): that ${part} is in ${text}. */
#define mentions(text, part)                                                   \
	do {                                                                   \
		if (strstr((text), (part)) == NULL)                            \
			fail_msg(                                              \
			    "\"%s\" does not mention \"%s\"", (text), (part)); \
	} while (0)

/* unit_folder(): a new private folder under TMPDIR; free with
 * unit_remove(). */
char *unit_folder(void);
/* unit_remove(folder): remove it with all it holds, and free the name. */
void unit_remove(char *folder);
/* unit_path(folder, name): a new string, "folder/name". */
char *unit_path(const char *folder, const char *name);
/* unit_put(path, data, len), unit_get(path, len): a whole file; the result
 * is the caller's, NUL-terminated. */
void unit_put(const char *path, const void *data, size_t len);
char *unit_get(const char *path, size_t *len);
/* unit_data(name, len): as unit_get(), of a file beside the tests' sources. */
char *unit_data(const char *name, size_t *len);
/* unit_count(folder): how many names it holds, "." and ".." aside. */
int unit_count(const char *folder);

/* unit_fill(data, len, seed): bytes that look random and are the same for the
 * same seed. */
void unit_fill(uint8_t *data, size_t len, uint64_t seed);

/* unit_forked(run, arg): the exit status of run(arg) in a child process of its
 * own; 128 + n when a signal ended it.  cmocka's assertions are not for use
 * there: return a number instead. */
int unit_forked(int (*run)(void *), void *arg);
/* unit_as_nobody(run, arg): the same without root's privileges, for what root
 * would be let do. */
int unit_as_nobody(int (*run)(void *), void *arg);

#endif
