/*
 * Faults on demand, for tests: preloaded into a program, it counts the calls
 * of the C library that can fail, and lets one of them fail, or lets a signal
 * come in the moment of one.
 *
 *	FAULT_PROGRAM	the name of the program that it is about; others, as
 *			its children, are left alone
 *	FAULT_CALL	a name of CALLS below, or "any" for all of them but
 *			memory, counted together
 *	FAULT_AT	"N": the N-th one, from 1 on, of whatever thread; "N+":
 *			that and all later ones; 0: none
 *	FAULT_AFTER	if set, calls count from the first on that has sent
 *these words to somebody FAULT_WITH	what it fails with, as ENOSPC; SHORT for
 *a write or a read that does half; or a signal, KILL or TERM, which is sent
 *before the call is made as it is FAULT_LOG	a file to which is added what
 *was done: "hit CALL N WHAT FILE"; with FAULT_AT=0, when the program exits:
 *"count CALL N" for each FAULT_TRACE	if set, a hit's stack, too
 *
 * A close() that fails has closed, as on Linux, and a connection that is said
 *to be reset is; of the rest nothing is done.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS(X)    \
	X(write)    \
	X(read)     \
	X(sync)     \
	X(close)    \
	X(rename)   \
	X(unlink)   \
	X(open)     \
	X(mkdir)    \
	X(stat)     \
	X(lock)     \
	X(truncate) \
	X(send)     \
	X(recv)     \
	X(connect)  \
	X(poll)     \
	X(spawn)    \
	X(thread)   \
	X(map)      \
	X(memory)

enum call {
#define ONE(name) CALL_##name,
	CALLS(ONE)
#undef ONE
	    CALL_COUNT,
	CALL_any
};

static const char *const names[] = {
#define ONE(name) #name,
	CALLS(ONE)
#undef ONE
};

static const struct {
	const char *name;
	int value;
} errors[] = {
	{ "EACCES", EACCES },
	{ "EAGAIN", EAGAIN },
	{ "ECONNREFUSED", ECONNREFUSED },
	{ "ECONNRESET", ECONNRESET },
	{ "EDQUOT", EDQUOT },
	{ "EINTR", EINTR },
	{ "EINVAL", EINVAL },
	{ "EIO", EIO },
	{ "EMFILE", EMFILE },
	{ "ENOLCK", ENOLCK },
	{ "ENOMEM", ENOMEM },
	{ "ENOSPC", ENOSPC },
	{ "EPIPE", EPIPE },
	{ "EROFS", EROFS },
};

static int active;
static enum call chosen = CALL_COUNT;
static unsigned long at;
static int onwards;
static int error;
static int short_one; /* half of it is done */
static int signal_to_send;
static const char *words; /* to wait for, or NULL */
static atomic_int words_sent;
static int log_fd = -1;
static int with_trace;
static atomic_ulong counts[CALL_COUNT];
static atomic_ulong count_any;
/* What the shim does itself is not counted. */
static __thread int within __attribute__((tls_model("initial-exec")));

/* The function that would have been called without this one. */
#define REAL(name)                                         \
	static __typeof__(name) *real;                     \
	if (real == NULL) {                                \
		within++;                                  \
		*(void **)&real = dlsym(RTLD_NEXT, #name); \
		within--;                                  \
	}

static void
say(const char *text)
{
	(void)!syscall(SYS_write, log_fd, text, strlen(text));
}

static void
say_hit(enum call call, unsigned long n, int fd)
{
	char line[512], link[64], path[256] = "";
	void *frames[40];
	int depth;

	if (log_fd < 0)
		return;
	if (fd >= 0) {
		ssize_t len;

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, path, sizeof(path) - 1);
		path[len > 0 ? len : 0] = '\0';
	}
	(void)snprintf(line, sizeof(line), "hit %s %lu %s %s\n", names[call], n,
	    getenv("FAULT_WITH"), path);
	say(line);
	if (!with_trace)
		return;
	depth = backtrace(frames, 40);
	backtrace_symbols_fd(frames, depth, log_fd);
}

/* Count a call, of file ${fd} or -1; whether it must fail, with errno set. */
static int
fails(enum call call, int fd)
{
	unsigned long n;

	if (!active || within || (words != NULL && !atomic_load(&words_sent)))
		return 0;
	n = atomic_fetch_add(&counts[call], 1) + 1;
	if (chosen == CALL_any) {
		if (call == CALL_memory)
			return 0;
		n = atomic_fetch_add(&count_any, 1) + 1;
	} else if (chosen != call) {
		return 0;
	}
	if (at == 0 || (onwards ? n < at : n != at))
		return 0;
	within++;
	say_hit(call, n, fd);
	within--;
	if (signal_to_send != 0) {
		(void)kill(getpid(), signal_to_send);
		return 0;
	}
	errno = error;
	return 1;
}

/* The same of what moves ${len} bytes, half of which are moved if that is asked
 * for. */
static int
fails_moving(enum call call, int fd, size_t *len)
{
	if (!fails(call, fd))
		return 0;
	if (short_one) {
		*len = *len > 1 ? *len / 2 : *len;
		return 0;
	}
	if ((call == CALL_send || call == CALL_recv) &&
	    (error == ECONNRESET || error == EPIPE)) {
		(void)shutdown(fd, SHUT_RDWR);
		errno = error;
	}
	return 1;
}

/* ---- set up and count ---- */

static void
read_what(const char *what)
{
	size_t i;

	if (strcmp(what, "KILL") == 0)
		signal_to_send = SIGKILL;
	else if (strcmp(what, "TERM") == 0)
		signal_to_send = SIGTERM;
	else if (strcmp(what, "SHORT") == 0)
		short_one = 1;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(what, errors[i].name) == 0)
			error = errors[i].value;
	if (signal_to_send == 0 && !short_one && error == 0) {
		(void)fprintf(stderr, "FAULT_WITH=%s is not known\n", what);
		_exit(125);
	}
}

__attribute__((constructor)) static void
begin(void)
{
	const char *program = getenv("FAULT_PROGRAM");
	const char *call = getenv("FAULT_CALL"), *number = getenv("FAULT_AT");
	const char *what = getenv("FAULT_WITH"), *path = getenv("FAULT_LOG");
	void *frame;
	char *end;
	size_t i;

	if (program == NULL || call == NULL || number == NULL ||
	    strcmp(program, program_invocation_short_name) != 0)
		return;
	within++;
	with_trace = getenv("FAULT_TRACE") != NULL;
	if (with_trace)
		(void)backtrace(&frame, 1); /* has it load what it needs */
	if (path != NULL)
		log_fd = (int)syscall(SYS_openat, AT_FDCWD, path,
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	/* Out of the way of what the program opens. */
	if (log_fd >= 0) {
		int low = log_fd;

		log_fd = fcntl(low, F_DUPFD_CLOEXEC, 200);
		(void)syscall(SYS_close, low);
	}
	words = getenv("FAULT_AFTER");
	at = strtoul(number, &end, 10);
	onwards = *end == '+';
	for (i = 0; i < CALL_COUNT; i++)
		if (strcmp(call, names[i]) == 0)
			chosen = (enum call)i;
	if (strcmp(call, "any") == 0)
		chosen = CALL_any;
	if (at > 0)
		read_what(what != NULL ? what : "");
	within--;
	active = 1;
}

__attribute__((destructor)) static void
end(void)
{
	char line[64];
	size_t i;

	if (!active || at > 0 || log_fd < 0)
		return;
	active = 0;
	for (i = 0; i < CALL_COUNT; i++) {
		(void)snprintf(line, sizeof(line), "count %s %lu\n", names[i],
		    atomic_load(&counts[i]));
		say(line);
	}
	(void)snprintf(
	    line, sizeof(line), "count any %lu\n", atomic_load(&count_any));
	say(line);
}

/* ---- files ---- */

ssize_t
write(int fd, const void *data, size_t len)
{
	REAL(write)
	return fails_moving(CALL_write, fd, &len) ? -1 : real(fd, data, len);
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t offset)
{
	REAL(pwrite)
	return fails_moving(CALL_write, fd, &len) ? -1
						  : real(fd, data, len, offset);
}

ssize_t
read(int fd, void *data, size_t len)
{
	REAL(read)
	return fails_moving(CALL_read, fd, &len) ? -1 : real(fd, data, len);
}

ssize_t
pread(int fd, void *data, size_t len, off_t offset)
{
	REAL(pread)
	return fails_moving(CALL_read, fd, &len) ? -1
						 : real(fd, data, len, offset);
}

/* What _FORTIFY_SOURCE makes of them. */
ssize_t __read_chk(int fd, void *data, size_t len, size_t room);
ssize_t
__read_chk(int fd, void *data, size_t len, size_t room)
{
	(void)room;
	return read(fd, data, len);
}

ssize_t __pread_chk(int fd, void *data, size_t len, off_t offset, size_t room);
ssize_t
__pread_chk(int fd, void *data, size_t len, off_t offset, size_t room)
{
	(void)room;
	return pread(fd, data, len, offset);
}

int
fsync(int fd)
{
	REAL(fsync)
	return fails(CALL_sync, fd) ? -1 : real(fd);
}

int
close(int fd)
{
	REAL(close)
	int failed = fails(CALL_close, fd), saved = errno;
	int rc = real(fd);

	if (!failed)
		return rc;
	errno = saved;
	return -1;
}

int
rename(const char *from, const char *to)
{
	REAL(rename)
	return fails(CALL_rename, -1) ? -1 : real(from, to);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	REAL(renameat)
	return fails(CALL_rename, to_dir) ? -1
					  : real(from_dir, from, to_dir, to);
}

int
renameat2(
    int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	REAL(renameat2)
	return fails(CALL_rename, to_dir)
	    ? -1
	    : real(from_dir, from, to_dir, to, flags);
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	REAL(linkat)
	return fails(CALL_rename, to_dir)
	    ? -1
	    : real(from_dir, from, to_dir, to, flags);
}

int
unlink(const char *path)
{
	REAL(unlink)
	return fails(CALL_unlink, -1) ? -1 : real(path);
}

int
unlinkat(int dir, const char *path, int flags)
{
	REAL(unlinkat)
	return fails(CALL_unlink, dir) ? -1 : real(dir, path, flags);
}

/* The mode, where one is passed. */
#define MODE(flags, mode)                              \
	do {                                           \
		va_list ap;                            \
		va_start(ap, flags);                   \
		if ((flags) & (O_CREAT | __O_TMPFILE)) \
			(mode) = va_arg(ap, mode_t);   \
		va_end(ap);                            \
	} while (0)

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	REAL(open)
	MODE(flags, mode);
	return fails(CALL_open, -1) ? -1 : real(path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	REAL(openat)
	MODE(flags, mode);
	return fails(CALL_open, dir) ? -1 : real(dir, path, flags, mode);
}

int __open_2(const char *path, int flags);
int
__open_2(const char *path, int flags)
{
	return open(path, flags);
}

int __openat_2(int dir, const char *path, int flags);
int
__openat_2(int dir, const char *path, int flags)
{
	return openat(dir, path, flags);
}

FILE *
fopen(const char *path, const char *mode)
{
	REAL(fopen)
	return fails(CALL_open, -1) ? NULL : real(path, mode);
}

DIR *
fdopendir(int fd)
{
	REAL(fdopendir)
	return fails(CALL_open, fd) ? NULL : real(fd);
}

struct dirent *
readdir(DIR *names_in)
{
	REAL(readdir)
	return fails(CALL_read, -1) ? NULL : real(names_in);
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	REAL(mkdirat)
	return fails(CALL_mkdir, dir) ? -1 : real(dir, path, mode);
}

int
fstat(int fd, struct stat *st)
{
	REAL(fstat)
	return fails(CALL_stat, fd) ? -1 : real(fd, st);
}

int
fstatat(int dir, const char *path, struct stat *st, int flags)
{
	REAL(fstatat)
	return fails(CALL_stat, dir) ? -1 : real(dir, path, st, flags);
}

int
stat(const char *path, struct stat *st)
{
	REAL(stat)
	return fails(CALL_stat, -1) ? -1 : real(path, st);
}

int
flock(int fd, int how)
{
	REAL(flock)
	return fails(CALL_lock, fd) ? -1 : real(fd, how);
}

int
ftruncate(int fd, off_t size)
{
	REAL(ftruncate)
	return fails(CALL_truncate, fd) ? -1 : real(fd, size);
}

/* ---- the network ---- */

ssize_t
send(int fd, const void *data, size_t len, int flags)
{
	REAL(send)
	if (words != NULL && memmem(data, len, words, strlen(words)) != NULL)
		atomic_store(&words_sent, 1);
	return fails_moving(CALL_send, fd, &len) ? -1
						 : real(fd, data, len, flags);
}

ssize_t
recv(int fd, void *data, size_t len, int flags)
{
	REAL(recv)
	return fails_moving(CALL_recv, fd, &len) ? -1
						 : real(fd, data, len, flags);
}

ssize_t __recv_chk(int fd, void *data, size_t len, size_t room, int flags);
ssize_t
__recv_chk(int fd, void *data, size_t len, size_t room, int flags)
{
	(void)room;
	return recv(fd, data, len, flags);
}

int
socket(int family, int type, int protocol)
{
	REAL(socket)
	return fails(CALL_connect, -1) ? -1 : real(family, type, protocol);
}

int
connect(int fd, const struct sockaddr *to, socklen_t len)
{
	REAL(connect)
	return fails(CALL_connect, fd) ? -1 : real(fd, to, len);
}

int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
	REAL(poll)
	return fails(CALL_poll, -1) ? -1 : real(fds, count, timeout);
}

int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
int
__poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room)
{
	(void)room;
	return poll(fds, count, timeout);
}

/* ---- children and threads: these return the error ---- */

int
pipe2(int fds[2], int flags)
{
	REAL(pipe2)
	return fails(CALL_spawn, -1) ? -1 : real(fds, flags);
}

int
posix_spawn(pid_t *pid, const char *path,
    const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attr,
    char *const argv[], char *const env[])
{
	REAL(posix_spawn)
	return fails(CALL_spawn, -1)
	    ? errno
	    : real(pid, path, actions, attr, argv, env);
}

int
pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*run)(void *), void *arg)
{
	REAL(pthread_create)
	return fails(CALL_thread, -1) ? errno : real(thread, attr, run, arg);
}

/* ---- memory ---- */

void *
mmap(void *where, size_t size, int protection, int flags, int fd, off_t offset)
{
	REAL(mmap)
	return fails(CALL_map, fd)
	    ? MAP_FAILED
	    : real(where, size, protection, flags, fd, offset);
}

int
mprotect(void *where, size_t size, int protection)
{
	REAL(mprotect)
	return fails(CALL_map, -1) ? -1 : real(where, size, protection);
}

/* dlsym() itself may want some, before the real ones are known. */
static char early[4096];
static size_t early_used;

static void *
early_alloc(size_t size)
{
	void *p = early + early_used;

	size = (size + 15) / 16 * 16;
	if (size > sizeof(early) - early_used)
		abort();
	early_used += size;
	return p;
}

static int
is_early(const void *p)
{
	return (const char *)p >= early &&
	    (const char *)p < early + sizeof(early);
}

static int looking; /* for the functions of memory; there is one thread then */
#define REAL_MEMORY(name)                                  \
	static __typeof__(name) *real;                     \
	if (real == NULL) {                                \
		if (looking)                               \
			return early_alloc(size);          \
		looking = 1;                               \
		*(void **)&real = dlsym(RTLD_NEXT, #name); \
		looking = 0;                               \
	}

void *
malloc(size_t size)
{
	REAL_MEMORY(malloc)
	return fails(CALL_memory, -1) ? NULL : real(size);
}

void *
calloc(size_t count, size_t size)
{
	if (looking)
		return early_alloc(count * size);
	REAL_MEMORY(calloc)
	return fails(CALL_memory, -1) ? NULL : real(count, size);
}

void *
realloc(void *old, size_t size)
{
	REAL_MEMORY(realloc)
	return fails(CALL_memory, -1) ? NULL : real(old, size);
}

void *
aligned_alloc(size_t align, size_t size)
{
	REAL_MEMORY(aligned_alloc)
	return fails(CALL_memory, -1) ? NULL : real(align, size);
}

int
posix_memalign(void **p, size_t align, size_t size)
{
	REAL(posix_memalign)
	return fails(CALL_memory, -1) ? errno : real(p, align, size);
}

void
free(void *p)
{
	static void (*real)(void *);

	if (is_early(p))
		return;
	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "free");
	real(p);
}
