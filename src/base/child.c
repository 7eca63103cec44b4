#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/mem.h"
#include "base/stop.h"

/* Bytes of a dying child's last words. */
#define STDERR_KEPT ((size_t)16 << 10)
/* Of these, what fits on a screen: what failed comes first, and what came of
 * it last. */
#define LINES_FIRST 5
#define LINES_LAST 5
#define LINE_MAX_BYTES 150

extern char **environ;

static int
same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strncmp(a, b, len + 1) == 0;
}

/* The environment with ${more} laid over it; the strings are lent. */
static char **
merged_env(const char *const *more)
{
	size_t have = 0, extra = 0, i, j, n = 0;
	char **env;

	while (environ[have] != NULL)
		have++;
	while (more != NULL && more[extra] != NULL)
		extra++;
	env = mem_array(NULL, have + extra + 1, sizeof(*env));
	for (i = 0; i < have; i++) {
		for (j = 0; j < extra; j++)
			if (same_name(more[j], environ[i]))
				break;
		if (j == extra)
			env[n++] = environ[i];
	}
	for (j = 0; j < extra; j++)
		memcpy(&env[n++], &more[j], sizeof(*env));
	env[n] = NULL;
	return env;
}

/* What the child is given for its three streams.  Return an errno or 0. */
static int
set_streams(posix_spawn_file_actions_t *actions, int out, int errs)
{
	int rc = posix_spawn_file_actions_addopen(
	    actions, 0, "/dev/null", O_RDONLY, 0);

	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, out, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, errs, 2);
	return rc;
}

static int
spawn(const struct child_opts *opts, int out, int errs, pid_t *pid,
    struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, def;
	char **env = merged_env(opts->env);
	char *const *argv;
	int rc;

	/* posix_spawn() takes char *const[] but changes nothing. */
	memcpy(&argv, &opts->argv, sizeof(argv));
	(void)sigemptyset(&none);
	(void)sigemptyset(&def);
	(void)sigaddset(&def, SIGPIPE);
	(void)sigaddset(&def, SIGXFSZ);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attr);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &def);
	/* A group of its own: the terminal's SIGINT reaches us alone, and we
	 * end the child. */
	(void)posix_spawnattr_setpgroup(&attr, 0);
	(void)posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
		POSIX_SPAWN_SETPGROUP);
	rc = set_streams(&actions, out, errs);
	if (rc == 0)
		rc = posix_spawn(pid, argv[0], &actions, &attr, argv, env);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attr);
	free(env);
	if (rc != 0) {
		errno = rc;
		return err_sys(err, ERR_FAIL, "cannot run %s", argv[0]);
	}
	return 0;
}

static void
keep_last(struct buf *errs)
{
	if (errs->len > STDERR_KEPT) {
		memmove(errs->data, errs->data + errs->len - STDERR_KEPT,
		    STDERR_KEPT);
		errs->len = STDERR_KEPT;
	}
}

/* Read one pipe once; set ${fd} to -1 at its end.  What can't be read is not
 * its end: a shorter output would pass for the whole. */
static int
drain(struct pollfd *fd, struct buf *into, struct err *err)
{
	ssize_t got;

	if (fd->revents == 0)
		return 0;
	if (buf_reserve(into, 65536, err) != 0)
		return -1;
	got = read(fd->fd, into->data + into->len, 65536);
	if (got > 0)
		into->len += (size_t)got;
	else if (got == 0)
		fd->fd = -1;
	else if (errno != EINTR)
		return err_sys(
		    err, ERR_FAIL, "cannot read what a program says");
	return 0;
}

static int
collect(const struct child_opts *opts, int out_fd, int err_fd, struct buf *out,
    struct buf *errs, struct err *err)
{
	struct pollfd fds[2] = { { out_fd, POLLIN, 0 }, { err_fd, POLLIN, 0 } };
	size_t before = out->len;

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return err_sys(err, ERR_FAIL, "poll");
		}
		if (drain(&fds[0], out, err) != 0 ||
		    drain(&fds[1], errs, err) != 0)
			return -1;
		keep_last(errs);
		if (out->len - before > opts->max_output)
			return err_set(err, ERR_FAIL,
			    "%s wrote more than %zu bytes", opts->argv[0],
			    opts->max_output);
	}
	return 0;
}

static void
end_child(void *arg)
{
	(void)kill(*(pid_t *)arg, SIGTERM);
}

/* The next line of ${*text}, or NULL; its length without the newline. */
static const char *
next_line(const char **text, size_t *left, size_t *len)
{
	const char *line = *text, *end;

	if (*left == 0)
		return NULL;
	end = memchr(line, '\n', *left);
	*len = end != NULL ? (size_t)(end - line) : *left;
	*text += *len + (end != NULL);
	*left -= *len + (end != NULL);
	return line;
}

/* What the child said, on one screen. */
static void
condense(const struct buf *errs, struct buf *out)
{
	const char *text = (const char *)errs->data, *line, *rest = text;
	size_t left = errs->len, all, len, count = 0, n = 0;

	while (left > 0 && text[left - 1] == '\n')
		left--;
	all = left;
	while (next_line(&rest, &all, &len) != NULL)
		count++;
	buf_puts(out, "");
	for (; (line = next_line(&text, &left, &len)) != NULL; n++) {
		size_t fits = len;

		if (len > LINE_MAX_BYTES) {
			fits = LINE_MAX_BYTES;
			/* Not amid a character of UTF-8. */
			while (fits > 0 && ((uint8_t)line[fits] & 0xC0) == 0x80)
				fits--;
		}
		if (n == LINES_FIRST && count > LINES_FIRST + LINES_LAST)
			buf_printf(out, "\n[%zu lines more]",
			    count - LINES_FIRST - LINES_LAST);
		if (n >= LINES_FIRST && n + LINES_LAST < count)
			continue;
		buf_printf(out, "%s%.*s%s", n > 0 ? "\n" : "", (int)fits, line,
		    fits < len ? " ..." : "");
	}
}

static int
judge(const struct child_opts *opts, int status, const struct buf *errs,
    struct err *err)
{
	struct buf said = { 0 };
	int rc = 0;

	if (stop_check(err) != 0)
		return -1;
	condense(errs, &said);
	if (WIFSIGNALED(status))
		rc = err_set(err, ERR_FAIL, "%s was killed by signal %d: %s",
		    opts->argv[0], WTERMSIG(status), buf_text(&said));
	else if (WEXITSTATUS(status) != 0)
		rc = err_set(err, ERR_FAIL, "%s failed (status %d): %s",
		    opts->argv[0], WEXITSTATUS(status), buf_text(&said));
	buf_free(&said);
	return rc;
}

int
child_run(const struct child_opts *opts, struct buf *out, struct err *err)
{
	int out_pipe[2] = { -1, -1 }, err_pipe[2] = { -1, -1 };
	struct buf errs = { 0 };
	int rc = -1, status = 0;
	pid_t pid = -1;

	if (pipe2(out_pipe, O_CLOEXEC) != 0 ||
	    pipe2(err_pipe, O_CLOEXEC) != 0) {
		err_sys(err, ERR_FAIL, "pipe");
		goto out;
	}
	if (spawn(opts, out_pipe[1], err_pipe[1], &pid, err) != 0)
		goto out;
	(void)close(out_pipe[1]);
	(void)close(err_pipe[1]);
	out_pipe[1] = err_pipe[1] = -1;

	stop_hook(end_child, &pid);
	rc = collect(opts, out_pipe[0], err_pipe[0], out, &errs, err);
	if (rc != 0)
		(void)kill(pid, SIGKILL);
	stop_unhook(end_child, &pid);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc == 0)
		rc = judge(opts, status, &errs, err);
out:
	if (out_pipe[0] >= 0)
		(void)close(out_pipe[0]);
	if (out_pipe[1] >= 0)
		(void)close(out_pipe[1]);
	if (err_pipe[0] >= 0)
		(void)close(err_pipe[0]);
	if (err_pipe[1] >= 0)
		(void)close(err_pipe[1]);
	buf_free(&errs);
	return rc;
}
