#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "job/keep/unlabel.h"
#include "job/sidecar.h"
#include "job/view/locate.h"
#include "storage/store.h"

/* A path in a repository: ${repo}/${name}/${file}. */
struct place {
	char *repo;
	char *name;
	const char *file; /* of the given path */
};

/* Cut the last step off. */
static char *
cut(char *path)
{
	char *slash = strrchr(path, '/');

	*slash = '\0';
	return slash + 1;
}

static int
find_place(const char *path, struct place *place, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash != NULL
	    ? mem_printf("%.*s", (int)(slash - path) + 1, path)
	    : mem_strdup(".");
	char *real = realpath(folder, NULL);

	free(folder);
	if (real == NULL)
		return err_sys(
		    err, ERR_STORAGE, "cannot find the folder of %s", path);
	place->file = slash != NULL ? slash + 1 : path;
	place->name = mem_strdup(cut(real));
	place->repo = mem_strdup(real[0] != '\0' ? real : "/");
	free(real);
	return 0;
}

/* What is known of another archive would be lost else. */
static int
refuse_existing(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return 0;
	return err_set(
	    err, ERR_STORAGE, "%s exists already, and stays as it is", path);
}

static int
rename_all(struct store *store, const struct place *place, const char *path,
    const char *to_file, const char *to_path, struct err *err)
{
	if (store_lock(store, place->name, err) != 0 ||
	    refuse_existing(to_path, err) != 0 ||
	    sidecar_link_all(path, to_path, err) != 0 ||
	    store_sync(store, place->name, err) != 0 ||
	    store_rename(store, place->name, place->file, to_file, err) != 0 ||
	    store_sync(store, place->name, err) != 0)
		return -1;
	return sidecar_remove_all(path, err);
}

int
unlabel_run(const char *path, char **renamed, struct err *err)
{
	struct place place = { 0 };
	struct store *store = NULL;
	char *file = locate_unlabelled(path), *to;
	const char *slash;
	int rc = -1;

	*renamed = NULL;
	if (file == NULL) {
		(void)err_set(err, ERR_USAGE, "%s has no label", path);
		return err_hint(err,
		    "a label is what follows the digits of the id in the "
		    "file's name; \"pgcask list\" shows it");
	}
	slash = strrchr(path, '/');
	to = mem_printf(
	    "%.*s%s", slash != NULL ? (int)(slash - path) + 1 : 0, path, file);
	if (find_place(path, &place, err) == 0)
		store = store_open(place.repo, err);
	if (store != NULL)
		rc = rename_all(store, &place, path, file, to, err);
	store_free(store);
	free(place.repo);
	free(place.name);
	free(file);
	if (rc == 0)
		*renamed = to;
	else
		free(to);
	return rc;
}
