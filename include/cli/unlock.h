#ifndef CLI_UNLOCK_H
#define CLI_UNLOCK_H

#include "archive/reader.h"
#include "cli/options.h"

/* The keys that --open-key, --passphrase-file and --signer stand for. */
struct unlock {
	struct opening opening;
	struct open_key *open_key;
	struct passphrase *passphrase;
	uint8_t signer[KEYS_PUBLIC_SIZE];
};

/* What is said where a key would have shown more. */
#define UNLOCK_NOTE                                             \
	"Database, tables and rows are sealed: --open-key, or " \
	"--passphrase-file, shows them.\n"

/* unlock_load(args, unlock, err): read them; a protected key's passphrase is
 * asked for if it is not given.  Return 1, 0 when there is no key, or -1.
 * Call unlock_free() in any case. */
int
unlock_load(const struct args *args, struct unlock *unlock, struct err *err);
void unlock_free(struct unlock *unlock);

/* unlock_find(args, spec, err): the archive that the operand ${spec} stands
 * for, "-" for standard input, opened but locked; free with reader_free().
 * unlock_open(path, err): of a file at that path.  Both warn of an archive that
 * is marked suspect. */
struct reader *unlock_open(const char *path, struct err *err);
struct reader *
unlock_find(const struct args *args, const char *spec, struct err *err);

/* unlock_reader(args, reader, err): find the keys and unlock ${reader}.  When
 * none is given and a passphrase would do, it is asked for on the terminal;
 * else ERR_USAGE names the ways. */
int
unlock_reader(const struct args *args, struct reader *reader, struct err *err);
/* unlock_signed(args, reader, signer, err): the same where ${signer}, unless
 * NULL, has to have signed it, whoever else --signer and the open key trust. */
int unlock_signed(const struct args *args, struct reader *reader,
    const uint8_t *signer, struct err *err);
/* unlock_readers(args, readers, count, err): the same for several that one key
 * opens, which is asked for once. */
int unlock_readers(const struct args *args, struct reader *const *readers,
    size_t count, struct err *err);

#endif
