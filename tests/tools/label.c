/*
 * A provider of security labels that accepts any, for tests: PostgreSQL ships
 * none that works everywhere.  Loaded by shared_preload_libraries.
 *
 * Compiled without the server's headers, which not every build comes with:
 * MAJOR tells what the block that the server checks a module by looks like
 * (PostgreSQL documentation, "C-Language Functions", "Dynamic Loading", and
 * fmgr.h of each version).
 */
#ifndef MAJOR
#define MAJOR 15
#endif
#define FUNC_MAX_ARGS 100
#define INDEX_MAX_KEYS 32
#define NAMEDATALEN 64

struct magic {
	int len;
	int version;
	int func_max_args;
	int index_max_keys;
	int name_data_len;
#if MAJOR < 13
	int float4_by_value;
#endif
	int float8_by_value;
#if MAJOR >= 15
	char abi_extra[32];
#endif
#if MAJOR >= 18
	const char *name;
	const char *module_version;
#endif
};

struct object_address;

/* The server's. */
void register_label_provider(const char *provider,
    void (*check)(const struct object_address *object, const char *label));

const struct magic *Pg_magic_func(void);
void _PG_init(void);

const struct magic *
Pg_magic_func(void)
{
	static const struct magic magic = {
		.len = sizeof(magic),
		.version = MAJOR * 100,
		.func_max_args = FUNC_MAX_ARGS,
		.index_max_keys = INDEX_MAX_KEYS,
		.name_data_len = NAMEDATALEN,
#if MAJOR < 13
		.float4_by_value = 1,
#endif
		.float8_by_value = 1,
#if MAJOR >= 15
		.abi_extra = "PostgreSQL",
#endif
	};

	return &magic;
}

static void
accept_any(const struct object_address *object, const char *label)
{
	(void)object;
	(void)label;
}

void
_PG_init(void)
{
	register_label_provider("pgcask_test", accept_any);
}
