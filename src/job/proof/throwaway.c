#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/service.h"
#include "base/stop.h"
#include "base/text.h"
#include "base/wall.h"
#include "job/proof/throwaway.h"
#include "words.h"

#define PREFIX "pgcask-drill-"
/* Of one that nobody has locked yet. */
#define NEW_PREFIX ".pgcask-drill-"
#define NEW_SECONDS 3600
#define PORT "5432"
#define START_SECONDS 300
#define END_SECONDS 5
#define PAUSE_NS 20000000
#define LOG_TAIL 8192
#define NO_ROOM "No space left"

extern char **environ;

struct throwaway {
	struct service_user user;
	char *place;  /* absolute, as is */
	char *folder; /* in it */
	int socket;   /* that folder, or -1 */
	char *host;   /* how libpq is led there */
	char *log;
	int lock; /* held as long as we live */
	struct service *server;
	char **env;
};

/* ---- whose it is ---- */

static int
find_user(struct service_user *user, struct err *err)
{
	struct passwd entry, *who = NULL;
	char room[4096];

	if (geteuid() != 0) {
		*user =
		    (struct service_user){ .uid = geteuid(), .gid = getegid() };
		return 0;
	}
	if (getpwnam_r("postgres", &entry, room, sizeof(room), &who) != 0 ||
	    who == NULL || who->pw_uid == 0) {
		(void)err_set(err, ERR_USAGE,
		    "a PostgreSQL server does not run as root, and there is "
		    "no user \"postgres\" here to run it as");
		return err_hint(err,
		    "run the drill as an unprivileged user who may read "
		    "archive and key; or drill in a server that runs: "
		    "--server");
	}
	*user = (struct service_user){ .name = "postgres",
		.uid = who->pw_uid,
		.gid = who->pw_gid,
		.change = 1 };
	return 0;
}

/* All but what would tell the server, or libpq, of others. */
static char **
make_env(const char *home)
{
	size_t i, n = 0, count = 0;
	char **env;

	while (environ[count] != NULL)
		count++;
	env = mem_array(NULL, count + 3, sizeof(*env));
	for (i = 0; i < count; i++)
		if (strncmp(environ[i], "PG", 2) != 0 &&
		    strncmp(environ[i], "LC_", 3) != 0 &&
		    strncmp(environ[i], "HOME=", 5) != 0)
			env[n++] = mem_strdup(environ[i]);
	env[n++] = mem_printf("HOME=%s", home);
	env[n++] = mem_strdup("LC_ALL=C");
	env[n] = NULL;
	return env;
}

static void
free_env(char **env)
{
	size_t i;

	for (i = 0; env != NULL && env[i] != NULL; i++)
		free(env[i]);
	free(env);
}

void
throwaway_forget(void)
{
	size_t i = 0;

	while (environ[i] != NULL) {
		size_t len = strcspn(environ[i], "=");
		char *name = mem_printf("%.*s", (int)len, environ[i]);

		if (strncmp(name, "PG", 2) != 0 ||
		    strncmp(name, "PGCASK", 6) == 0 || unsetenv(name) != 0)
			i++;
		free(name);
	}
}

/* ---- its log ---- */

/* How well a line tells what a server, or initdb, ended of. */
static int
rank_line(const char *line)
{
	/* What those are told who come too early, or too late. */
	if (strstr(line, "the database system is ") != NULL)
		return 0;
	if (strstr(line, "PANIC:") != NULL)
		return 4;
	/* What is said behind it comes of it. */
	if (strstr(line, " was terminated by signal ") != NULL)
		return 3;
	if (strstr(line, "FATAL:") == NULL && strstr(line, ": error:") == NULL)
		return 1;
	return strstr(line, NO_ROOM) != NULL ? 3 : 2;
}

/* Of some lines, the last of those that tell best why it ended. */
static char *
find_last_word(char *text)
{
	char *line, *rest = text, *found = text;
	int rank, best = 0;

	while ((line = strsep(&rest, "\n")) != NULL) {
		rank = line[0] != '\0' ? rank_line(line) : -1;
		if (rank < best)
			continue;
		best = rank;
		found = line;
	}
	return found;
}

/* Why it ended, by its log. */
static void
add_log(const char *path, struct err *err)
{
	char text[LOG_TAIL + 1], *msg;
	FILE *file = fopen(path, "re");
	size_t got;

	if (file == NULL)
		return;
	if (fseek(file, -LOG_TAIL, SEEK_END) != 0)
		rewind(file);
	got = fread(text, 1, LOG_TAIL, file);
	(void)fclose(file);
	text[got] = '\0';
	if (got == 0)
		return;
	msg = mem_strdup(err->msg);
	(void)err_set(err, err->kind, "%s: %s", msg, find_last_word(text));
	text_clean(err->msg);
	free(msg);
}

/* ---- the folder ---- */

/* As the server's user, so that nobody can lead us to what is not his. */
static int
remove_folder(const struct service_user *user, const char *path)
{
	const char *argv[] = { "/bin/rm", "-rf", "--", path, NULL };
	char **env = make_env("/");
	struct service_opts so = { .argv = argv,
		.env = (const char *const *)env,
		.user = user,
		.folder = "/",
		.log = "/dev/null",
		.end = SIGTERM };
	struct err err = ERR_INIT;
	struct service *rm = service_start(&so, &err);
	struct stat st;

	if (rm != NULL)
		(void)service_wait(rm);
	free_env(env);
	/* A folder that only we may take away, once it is empty. */
	(void)rmdir(path);
	return lstat(path, &st) == 0 || errno != ENOENT ? -1 : 0;
}

/* A server that is about to go, or that nothing told to. */
static void
end_server(const char *folder)
{
	static const struct timespec pause = { 0, PAUSE_NS };
	char *pidfile = mem_printf("%s/data/postmaster.pid", folder);
	char *data = mem_printf("%s/data", folder);
	FILE *file = fopen(pidfile, "re");
	char *cwd, where[4096];
	long pid = 0;
	int i;

	if (file != NULL && fscanf(file, "%ld", &pid) != 1)
		pid = 0;
	if (file != NULL)
		(void)fclose(file);
	cwd = mem_printf("/proc/%ld/cwd", pid);
	for (i = 0; pid > 1 && i < START_SECONDS * 50; i++) {
		ssize_t got = readlink(cwd, where, sizeof(where) - 1);

		if (got < 0)
			break;
		where[got] = '\0';
		/* The number may be another process's by now. */
		if (strcmp(where, data) != 0)
			break;
		(void)kill((pid_t)pid, SIGQUIT);
		(void)nanosleep(&pause, NULL);
	}
	free(cwd);
	free(data);
	free(pidfile);
}

/* Whether nobody is at work there any more; then it stays locked by us until
 * ${*lock} is closed. */
static int
is_dead(
    const struct service_user *user, const char *path, int is_new, int *lock)
{
	char *name = mem_printf("%s/lock", path);
	struct stat st;
	int dead;

	*lock = -1;
	if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) ||
	    st.st_uid != user->uid) {
		dead = 0;
	} else if (is_new) {
		dead = st.st_mtime + NEW_SECONDS < time(NULL);
	} else {
		*lock = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		dead = *lock >= 0 ? flock(*lock, LOCK_EX | LOCK_NB) == 0
				  : errno == ENOENT;
	}
	free(name);
	return dead;
}

static void
sweep_one(const struct service_user *user, const char *path, int is_new)
{
	int lock;

	if (is_dead(user, path, is_new, &lock)) {
		log_step(
		    "removing %s, which a drill that was killed left", path);
		end_server(path);
		if (remove_folder(user, path) != 0)
			log_warn("%s, which a drill that was killed left, "
				 "can't be removed",
			    path);
	}
	if (lock >= 0)
		(void)close(lock);
}

/* What drills left that were killed. */
static void
sweep(const struct service_user *user, const char *where)
{
	DIR *dir = opendir(where);
	struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		int is_new =
		    strncmp(e->d_name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0;
		char *path;

		if (!is_new && strncmp(e->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		path = mem_printf("%s/%s", where, e->d_name);
		sweep_one(user, path, is_new);
		free(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

/* Locked before it has the name that others look for. */
static int
make_folder(struct throwaway *t, const char *where, struct err *err)
{
	char *first = mem_printf("%s/" NEW_PREFIX "XXXXXX", where);
	char *name = NULL;
	int rc = -1;

	if (mkdtemp(first) == NULL) {
		(void)err_sys(
		    err, ERR_STORAGE, "cannot make a folder in %s", where);
		goto out;
	}
	name = mem_printf("%s/lock", first);
	t->lock = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (t->lock < 0 || flock(t->lock, LOCK_EX | LOCK_NB) != 0 ||
	    (t->user.change &&
		(fchown(t->lock, t->user.uid, t->user.gid) != 0 ||
		    chown(first, t->user.uid, t->user.gid) != 0))) {
		(void)err_sys(err, ERR_STORAGE, "%s", name);
		(void)unlink(name);
		(void)rmdir(first);
		goto out;
	}
	t->folder =
	    mem_printf("%s/" PREFIX "%s", where, first + strlen(first) - 6);
	if (rename(first, t->folder) != 0) {
		(void)err_sys(err, ERR_STORAGE, "%s", t->folder);
		(void)unlink(name);
		(void)rmdir(first);
		goto out;
	}
	t->log = mem_printf("%s/log", t->folder);
	rc = 0;
out:
	free(first);
	free(name);
	return rc;
}

/* Whether the server's user may work in it, who is not always whom we are. */
static int
check_entry(const struct service_user *user, const char *path, struct err *err)
{
	const char *argv[] = { "/bin/sh", "-c", "test -x \"$1\"", "sh", path,
		NULL };
	char **env;
	struct service_opts so = { .argv = argv,
		.user = user,
		.folder = "/",
		.log = "/dev/null",
		.end = SIGTERM };
	int rc;

	if (!user->change)
		return 0;
	env = make_env("/");
	so.env = (const char *const *)env;
	rc = service_run(&so, err);
	free_env(env);
	if (rc == 0 || err->kind != ERR_FAIL)
		return rc;
	*err = (struct err)ERR_INIT;
	(void)err_set(
	    err, ERR_STORAGE, "user %s may not enter %s", user->name, path);
	return err_hint(err,
	    "the throwaway server runs as that user: --work-dir names another "
	    "folder");
}

/* A socket's path is short. */
static int
check_length(const char *where, struct err *err)
{
	size_t max = sizeof(((struct sockaddr_un *)NULL)->sun_path);

	if (strlen(where) + strlen("/" PREFIX "XXXXXX/.s.PGSQL." PORT ".lock") <
	    max)
		return 0;
	(void)err_set(err, ERR_USAGE,
	    "%s is too long a name for a server's socket to lie in", where);
	return err_hint(err, "--work-dir names another folder");
}

static int
open_folder(struct throwaway *t, const char *where, struct err *err)
{
	char *path;
	int rc;

	if (where == NULL)
		where = getenv("TMPDIR");
	if (where == NULL || where[0] == '\0')
		where = "/var/tmp";
	path = realpath(where, NULL);
	if (path == NULL)
		return err_sys(err, ERR_STORAGE, "%s", where);
	t->place = path;
	rc = check_length(path, err);
	if (rc == 0)
		rc = check_entry(&t->user, path, err);
	if (rc == 0) {
		sweep(&t->user, path);
		rc = make_folder(t, path, err);
	}
	return rc;
}

/* To libpq a comma begins another host, and nothing takes that from it; then
 * the folder has a name without. */
static int
name_host(struct throwaway *t, struct err *err)
{
	if (strchr(t->folder, ',') == NULL) {
		t->host = mem_strdup(t->folder);
		return 0;
	}
	t->socket = open(t->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (t->socket < 0)
		return err_sys(err, ERR_STORAGE, "%s", t->folder);
	t->host = mem_printf("/proc/self/fd/%d", t->socket);
	return 0;
}

/* ---- the server ---- */

/* One that could not be made, or started. */
static void
explain_no_start(const struct throwaway *t, struct err *err)
{
	add_log(t->log, err);
	if (strstr(err->msg, NO_ROOM) == NULL)
		return;
	err->kind = ERR_STORAGE;
	err->hint[0] = '\0';
	(void)err_hint(err,
	    "make room on the disk of %s, or name another folder with "
	    "--work-dir",
	    t->place);
}

static int
init(struct throwaway *t, const struct throwaway_opts *o, struct err *err)
{
	char *program = mem_printf("%s/initdb", o->bindir);
	char *data = mem_printf("%s/data", t->folder);
	const char *argv[12] = { program, "-D", data, "-U", o->superuser,
		"--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C" };
	struct service_opts so = { .argv = argv,
		.env = (const char *const *)t->env,
		.user = &t->user,
		.folder = t->folder,
		.log = t->log,
		.end = SIGTERM };
	int rc;

	if (o->major >= 18)
		argv[9] = "--no-data-checksums";
	rc = service_run(&so, err);
	if (rc != 0 && err->kind == ERR_FAIL) {
		(void)err_hint(err,
		    "%s is to be allowed to work in %s: --work-dir names "
		    "another folder",
		    t->user.change ? "postgres" : "this user", t->folder);
		explain_no_start(t, err);
	}
	free(data);
	free(program);
	return rc;
}

/* As the server reads a name on its command line. */
static int
is_setting(const char *given, const char *name)
{
	while (*name != '\0' &&
	    (*given == '-' ? '_' : tolower((unsigned char)*given)) == *name) {
		given++;
		name++;
	}
	return *name == '\0' && *given == '=';
}

int
throwaway_check(const char *setting, struct err *err)
{
	/* Where it is, who is let in, and where it tells why it ended. */
	static const char *const ours[] = { "port", "listen_addresses",
		"unix_socket_directories", "unix_socket_permissions",
		"unix_socket_group", "data_directory", "config_file",
		"hba_file", "ident_file", "ssl", "restart_after_crash",
		"logging_collector", "log_destination" };
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (is_setting(setting, ours[i]))
			return err_set(err, ERR_USAGE,
			    "--setting %s: %s is the drill's own, to reach "
			    "the throwaway server and to hear of it",
			    setting, ours[i]);
	return 0;
}

static int
start(struct throwaway *t, const struct throwaway_opts *o, struct err *err)
{
	struct words w = { NULL, 0 };
	struct service_opts so = { .env = (const char *const *)t->env,
		.user = &t->user,
		.folder = t->folder,
		.log = t->log,
		.end = SIGQUIT };
	size_t i;

	words_add(&w, mem_printf("%s/postgres", o->bindir));
	words_add(&w, mem_strdup("-D"));
	words_add(&w, mem_printf("%s/data", t->folder));
	words_set_usual(&w, PORT, t->folder);
	for (i = 0; i < o->setting_count; i++)
		words_set(&w, mem_strdup(o->settings[i]));
	so.argv = (const char *const *)w.at;
	t->server = service_start(&so, err);
	words_free(&w);
	return t->server != NULL ? 0 : -1;
}

static int
await_server(struct throwaway *t, const char *superuser, struct err *err)
{
	static const struct timespec pause = { 0, PAUSE_NS };
	const char *keys[] = { "host", "port", "dbname", "user", NULL };
	const char *values[] = { t->host, PORT, "template1", superuser, NULL };
	double began = wall_seconds();

	while (PQpingParams(keys, values, 0) != PQPING_OK) {
		if (stop_check(err) != 0)
			return -1;
		if (!service_is_running(t->server) ||
		    wall_seconds() - began > START_SECONDS) {
			(void)err_set(
			    err, ERR_DB, "the throwaway server does not start");
			explain_no_start(t, err);
			return -1;
		}
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

/* Roles of the archive may be made what they were, that of the server too. */
static int
make_role(struct throwaway *t, const char *superuser, struct err *err)
{
	struct conn_opts co = { .host = t->host,
		.port = PORT,
		.user = superuser,
		.dbname = "template1" };
	struct conn *conn = conn_open(&co, err);
	int rc;

	if (conn == NULL)
		return -1;
	rc = conn_exec(
	    conn, "CREATE ROLE " THROWAWAY_ROLE " SUPERUSER LOGIN", err);
	conn_free(conn);
	return rc;
}

struct throwaway *
throwaway_open(const struct throwaway_opts *o, struct err *err)
{
	struct throwaway *t = mem_zalloc(sizeof(*t));

	t->lock = -1;
	t->socket = -1;
	if (find_user(&t->user, err) != 0 ||
	    open_folder(t, o->folder, err) != 0 || name_host(t, err) != 0)
		goto failed;
	t->env = make_env(t->folder);
	if (init(t, o, err) == 0 && start(t, o, err) == 0 &&
	    await_server(t, o->superuser, err) == 0 &&
	    make_role(t, o->superuser, err) == 0)
		return t;
failed:
	throwaway_free(t);
	return NULL;
}

void
throwaway_free(struct throwaway *t)
{
	if (t == NULL)
		return;
	service_stop(t->server);
	if (t->folder != NULL && remove_folder(&t->user, t->folder) != 0)
		log_warn("%s can't be removed; it holds the drill's copy of "
			 "the database",
		    t->folder);
	if (t->lock >= 0)
		(void)close(t->lock);
	if (t->socket >= 0)
		(void)close(t->socket);
	free_env(t->env);
	free(t->host);
	free(t->place);
	free(t->folder);
	free(t->log);
	free(t);
}

struct conn_opts
throwaway_conn(const struct throwaway *t)
{
	return (struct conn_opts){ .host = t->host,
		.port = PORT,
		.user = THROWAWAY_ROLE,
		.no_password = 1 };
}

const char *
throwaway_place(const struct throwaway *t)
{
	return t->place;
}

int
throwaway_is_up(struct throwaway *t)
{
	struct conn_opts co = throwaway_conn(t);
	struct err ignored = ERR_INIT;
	struct conn *conn;

	co.dbname = "template1";
	conn = conn_open(&co, &ignored);
	conn_free(conn);
	return conn != NULL;
}

/* A server that panics closes its sessions some time before it has ended. */
static int
has_ended(struct throwaway *t, const struct err *err)
{
	static const struct timespec pause = { 0, PAUSE_NS };
	double began = wall_seconds();

	while (service_is_running(t->server)) {
		/* Whom the server still answers has lost nothing. */
		if (!conn_was_ended(err) ||
		    wall_seconds() - began > END_SECONDS)
			return 0;
		(void)nanosleep(&pause, NULL);
	}
	return 1;
}

int
throwaway_explain(struct throwaway *t, struct err *err)
{
	if (err->kind != ERR_DB || !has_ended(t, err))
		return 0;
	(void)err_wrap(err, "the throwaway server has ended");
	add_log(t->log, err);
	return 1;
}
