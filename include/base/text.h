#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Small things one does with strings.  No function here keeps state. */

/* text_number(text, max, value): read a decimal of digits alone, at most
 * ${max}, into ${value}.  Return 0, or -1 if it is anything else. */
int text_number(const char *text, uint64_t max, uint64_t *value);

/* text_is_one_of(text, words, count): whether one of ${words} is the same. */
int text_is_one_of(const char *text, const char *const *words, size_t count);

/* text_nearest(word, words, count): the one of ${words} that ${word} was
 * most likely meant to be (few edits, or a prefix), or NULL. */
const char *
text_nearest(const char *word, const char *const *words, size_t count);

/* text_bytes(out, size, bytes): "812 B", "13.4 MB", "1.2 GB": powers of
 * 1,000. */
void text_bytes(char *out, size_t size, double bytes);

/* text_count(out, size, n): digits in threes, "38,217". */
void text_count(char *out, size_t size, uint64_t n);

/* text_duration(out, size, seconds): "0.4 s", "12 s", "3 m 05 s",
 * "2 h 07 m", "4 d 06 h". */
void text_duration(char *out, size_t size, double seconds);

/* text_span(text, seconds): read a time as "36h", "30d" or "2w": 1 hour to 100
 * years.  Return 0, or -1 if it is anything else. */
int text_span(const char *text, int64_t *seconds);

/* text_clean(text): make "?", in place, of what a terminal could take for a
 * command: control characters, newlines and tabs aside, and bytes that are not
 * UTF-8. */
void text_clean(char *text);

/* text_clean_line(text): the same of what is to stay on one line: newlines and
 * tabs become "?", too. */
void text_clean_line(char *text);

/* text_escape(text): a new string on one line: a control character as C writes
 * it (\t, \n, \r, \x1b; \u0085 beyond ASCII), and a backslash as two, so that
 * no two texts look the same. */
char *text_escape(const char *text);

/* text_shell(word): a new string: how ${word} is typed to a POSIX shell, in
 * quotes where need be. */
char *text_shell(const char *word);

/* text_is_utf8(text): whether all of it is UTF-8 (RFC 3629). */
int text_is_utf8(const char *text);

/* text_is_name(text): whether ${text} is fit to be a folder's or a label's
 * name: letters, digits, "_", "-", "." and bytes beyond ASCII, not starting
 * with "." or "-", 1 to TEXT_NAME_MAX bytes. */
#define TEXT_NAME_MAX 100
int text_is_name(const char *text);

/* text_user(out): the name of the user that this runs as, or the number. */
#define TEXT_USER_SIZE 64
void text_user(char out[TEXT_USER_SIZE]);

#endif
