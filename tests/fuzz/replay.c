#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

/*
 * Give a fuzzer every file of its corpus, in order, and print TAP.  A fault
 * ends the program, as it does under libFuzzer.
 * usage: fuzz_NAME [FOLDER]
 */

#define INPUT_MAX (4u << 20)

/* The folder of the fuzzer that runs as ${program}; automake tells where the
 * sources are. */
static void
find_folder(const char *program, char *path, size_t size)
{
	const char *top = getenv("srcdir"), *name = strrchr(program, '/');

	name = name != NULL ? name + 1 : program;
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	(void)snprintf(path, size, "%s/tests/fuzz/corpus/%s",
	    top != NULL ? top : ".", name);
}

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* A buffer of just the file's size, so that a byte too far is noticed. */
static int
replay(const char *folder, const char *name)
{
	static uint8_t buf[INPUT_MAX];
	char path[4096];
	uint8_t *input;
	size_t size;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	if (file == NULL) {
		perror(path);
		return -1;
	}
	size = fread(buf, 1, sizeof(buf), file);
	(void)fclose(file);
	input = malloc(size > 0 ? size : 1);
	if (input == NULL)
		return -1;
	memcpy(input, buf, size);
	(void)LLVMFuzzerTestOneInput(input, size);
	free(input);
	return 0;
}

int
main(int argc, char **argv)
{
	struct dirent **names = NULL;
	char folder[2048];
	int i, count, failed = 0;

	if (argc > 1)
		(void)snprintf(folder, sizeof(folder), "%s", argv[1]);
	else
		find_folder(argv[0], folder, sizeof(folder));
	count = scandir(folder, &names, is_input, alphasort);
	if (count <= 0) {
		(void)fprintf(stderr, "%s: no corpus\n", folder);
		return 1;
	}
	printf("1..%d\n", count);
	for (i = 0; i < count; i++) {
		int rc = replay(folder, names[i]->d_name);

		failed |= rc != 0;
		printf("%s %d - %s\n", rc == 0 ? "ok" : "not ok", i + 1,
		    names[i]->d_name);
		(void)fflush(stdout);
		free(names[i]);
	}
	free(names);
	return failed;
}
