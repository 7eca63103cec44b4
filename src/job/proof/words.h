#ifndef JOB_PROOF_WORDS_H
#define JOB_PROOF_WORDS_H

#include <stddef.h>
#include <stdint.h>

/* The words of a server's command line, and a NULL behind them; start it as
 * {NULL, 0}. */
struct words {
	char **at;
	size_t count;
};

/* words_add(w, word), words_set(w, setting): a further one, and a setting
 * "NAME=VALUE", which is above any file's there, and above ALTER SYSTEM; both
 * take what they are given. */
void words_add(struct words *w, char *word);
void words_set(struct words *w, char *setting);
/* words_set_usual(w, port, folder): what a throwaway server is fast with, and
 * reached by a socket in ${folder} alone. */
void words_set_usual(struct words *w, const char *port, const char *folder);
void words_free(struct words *w);

#endif
