#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "words.h"

#define MB ((uint64_t)1 << 20)

void
words_add(struct words *w, char *word)
{
	w->at = mem_array(w->at, w->count + 2, sizeof(*w->at));
	w->at[w->count++] = word;
	w->at[w->count] = NULL;
}

void
words_set(struct words *w, char *setting)
{
	words_add(w, mem_strdup("-c"));
	words_add(w, setting);
}

static uint64_t
share_of_memory(uint64_t divisor, uint64_t least, uint64_t most)
{
	uint64_t all = (uint64_t)sysconf(_SC_PHYS_PAGES) *
	    (uint64_t)sysconf(_SC_PAGESIZE) / MB / divisor;

	return all < least ? least : all > most ? most : all;
}

/* A list of one: what a path may hold is quoted. */
static char *
list_of(const char *path)
{
	char *list = mem_array(NULL, 2 * strlen(path) + 3, 1), *p = list;

	*p++ = '"';
	for (; *path != '\0'; path++) {
		if (*path == '"')
			*p++ = '"';
		*p++ = *path;
	}
	*p++ = '"';
	*p = '\0';
	return list;
}

void
words_set_usual(struct words *w, const char *port, const char *folder)
{
	static const char *const usual[] = { "listen_addresses=",
		"unix_socket_permissions=0700", "fsync=off",
		"synchronous_commit=off", "full_page_writes=off",
		"wal_level=minimal", "max_wal_senders=0", "autovacuum=off",
		"max_wal_size=2GB", "checkpoint_timeout=1h",
		"bgwriter_lru_maxpages=0", "jit=off", "ssl=off",
		"restart_after_crash=off", "logging_collector=off",
		"log_destination=stderr", "log_min_messages=warning",
		"log_min_error_statement=panic", "max_connections=100",
		"max_locks_per_transaction=256",
		"max_logical_replication_workers=0",
		/* Nothing of it is to outlive it anywhere else. */
		"dynamic_shared_memory_type=mmap", "huge_pages=off" };
	char *folders = list_of(folder);
	size_t i;

	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		words_set(w, mem_strdup(usual[i]));
	words_set(w, mem_printf("port=%s", port));
	words_set(w, mem_printf("unix_socket_directories=%s", folders));
	free(folders);
	words_set(w,
	    mem_printf("shared_buffers=%lluMB",
		(unsigned long long)share_of_memory(8, 64, 512)));
	words_set(w,
	    mem_printf("maintenance_work_mem=%lluMB",
		(unsigned long long)share_of_memory(32, 64, 256)));
}

void
words_free(struct words *w)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		free(w->at[i]);
	free(w->at);
}
