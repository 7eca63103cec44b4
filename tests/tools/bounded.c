#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Run a command that has to end by itself, within its time and its memory:
 *
 *	bounded SECONDS KIB COMMAND...
 *
 * KIB bounds its largest resident set.  Exit status: the command's, or 120
 * when a signal ended it, 124 when it had not ended by then (and is killed),
 * 125 when it had more memory; each of these is told on standard error.
 *
 * It is small because a process counts the memory that its parent had when it
 * was made.
 */

static pid_t child;
static volatile sig_atomic_t late;

static void
on_alarm(int number)
{
	(void)number;
	late = 1;
	(void)kill(child, SIGKILL);
}

static int
judge(int status, const struct rusage *used, long kib)
{
	if (late) {
		(void)fprintf(stderr, "bounded: it does not end\n");
		return 124;
	}
	if (WIFSIGNALED(status)) {
		(void)fprintf(
		    stderr, "bounded: ended by signal %d\n", WTERMSIG(status));
		return 120;
	}
	if (used->ru_maxrss > kib) {
		(void)fprintf(stderr, "bounded: %ld KiB resident, of %ld\n",
		    used->ru_maxrss, kib);
		return 125;
	}
	return WEXITSTATUS(status);
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct rusage used;
	int status;

	if (argc < 4) {
		(void)fprintf(
		    stderr, "usage: bounded SECONDS KIB COMMAND...\n");
		return 2;
	}
	child = fork();
	if (child == 0) {
		(void)execvp(argv[3], argv + 3);
		perror(argv[3]);
		_exit(127);
	}
	if (child < 0 || sigaction(SIGALRM, &action, NULL) != 0) {
		perror("bounded");
		return 1;
	}
	(void)alarm((unsigned)strtoul(argv[1], NULL, 10));
	while (wait4(child, &status, 0, &used) < 0) {
		if (errno != EINTR) {
			perror("bounded");
			return 1;
		}
	}
	return judge(status, &used, strtol(argv[2], NULL, 10));
}
