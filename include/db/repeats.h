#ifndef DB_REPEATS_H
#define DB_REPEATS_H

/*
 * What a regular expression costs before it has matched anything.  regcomp()
 * of the C library writes out what is repeated, and what is repeated within
 * that again, and follows each alternative of it from each repetition: forty
 * characters can take it gigabytes, or days.
 */

/* repeats_refuse(expression): what of the POSIX extended regular expression
 * ${expression} forbids to compile it, as a phrase to follow its name ("repeats
 * too much"), or NULL.  An expression that is none is regcomp()'s to refuse. */
const char *repeats_refuse(const char *expression);

#endif
