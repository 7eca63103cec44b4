#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/stop.h"
#include "base/terminal.h"
#include "unit.h"

#define PROMPT "The word: "
#define WAIT_MS 120000

/* A terminal, and what it has shown so far. */
struct screen {
	int master;
	char *device;
	char shown[4096];
	size_t len;
};

static void
screen_open(struct screen *s)
{
	memset(s, 0, sizeof(*s));
	s->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(s->master >= 0);
	assert_int_equal(grantpt(s->master), 0);
	assert_int_equal(unlockpt(s->master), 0);
	s->device = ptsname(s->master);
	assert_non_null(s->device);
}

/* Wait until the terminal has shown ${text}; -1 if it never does. */
static int
screen_await(struct screen *s, const char *text)
{
	struct pollfd p = { .fd = s->master, .events = POLLIN };

	while (strstr(s->shown, text) == NULL) {
		ssize_t got;

		if (poll(&p, 1, WAIT_MS) != 1)
			return -1;
		got = read(s->master, s->shown + s->len,
		    sizeof(s->shown) - 1 - s->len);
		if (got <= 0)
			return -1;
		s->len += (size_t)got;
	}
	return 0;
}

static void
screen_type(struct screen *s, const char *keys)
{
	assert_int_equal(write(s->master, keys, strlen(keys)), strlen(keys));
}

/* In the child: let the terminal be the one of a new session. */
static int
take_terminal(const char *device)
{
	int fd;

	if (setsid() == -1)
		return -1;
	fd = open(device, O_RDWR);
	return fd != -1 && ioctl(fd, TIOCSCTTY, 0) == 0 ? fd : -1;
}

static int
echoes(int fd)
{
	struct termios t;

	return tcgetattr(fd, &t) == 0 && (t.c_lflag & ECHO) != 0;
}

/* What a child that asks ends with, besides what err_status() says. */
enum { ANSWERED = 40, NO_ECHO, NO_SESSION, NOBODY_THERE };

/* Ask, and tell the answer on the terminal. */
static int
ask(int fd, size_t size)
{
	struct err err = ERR_INIT;
	char line[64], text[80];
	size_t len = 0;
	int rc = terminal_ask(PROMPT, line, size, &len, &err);

	if (!echoes(fd))
		return NO_ECHO;
	if (rc != 0)
		return rc == 1 ? NOBODY_THERE : err_status(&err);
	(void)snprintf(text, sizeof(text), "<%.*s>\n", (int)len, line);
	return write(fd, text, strlen(text)) > 0 ? ANSWERED : NO_SESSION;
}

struct child {
	const struct screen *screen;
	size_t size;
	int signo;     /* to come before the question, or 0 */
	int typed;     /* await type-ahead before it */
	pid_t process; /* once it runs */
};

static int
run(const struct child *c)
{
	struct err err = ERR_INIT;
	struct pollfd p = { .events = POLLIN };

	/* It hangs up when the test ends, whatever the reason. */
	(void)close(c->screen->master);
	p.fd = take_terminal(c->screen->device);
	if (p.fd == -1 || stop_begin(&err) != 0)
		return NO_SESSION;
	if (c->typed && poll(&p, 1, WAIT_MS) != 1)
		return NO_SESSION;
	if (c->signo != 0)
		(void)kill(getpid(), c->signo);
	while (c->signo != 0 && stop_signal() == 0)
		(void)usleep(1000);
	return ask(p.fd, c->size);
}

static void
child_start(struct child *c)
{
	(void)fflush(NULL);
	c->process = fork();
	assert_true(c->process >= 0);
	if (c->process == 0)
		_exit(run(c));
}

static int
child_end(const struct child *c)
{
	int status;

	assert_int_equal(waitpid(c->process, &status, 0), c->process);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Type ${early}, ask, type ${answer} the moment the prompt is seen: the
 * terminal shows ${told} at last, or the child ends with ${status}. */
static void
dialog(const char *early, const char *answer, const char *told, int status)
{
	struct screen s;
	struct child c = { .size = 10, .typed = *early != '\0' };
	char *after;

	screen_open(&s);
	c.screen = &s;
	screen_type(&s, early);
	child_start(&c);
	assert_int_equal(screen_await(&s, PROMPT), 0);
	screen_type(&s, answer);
	if (told != NULL)
		assert_int_equal(screen_await(&s, told), 0);
	assert_int_equal(child_end(&c), status);
	after = strstr(s.shown, PROMPT) + strlen(PROMPT);
	/* Nothing of the answer but what the child tells. */
	if (told != NULL)
		assert_int_equal(strncmp(after, "\r\n<", 3), 0);
	(void)close(s.master);
}

static void
test_answer(void **unused)
{
	(void)unused;
	dialog("", "sesame\n", "<sesame>", ANSWERED);
	dialog("", "sesame\nmore\n", "<sesame>", ANSWERED);
	dialog("", "\n", "<>", ANSWERED);
	dialog("", "nine char\n", "<nine char>", ANSWERED);
	/* The end of input is an empty line. */
	dialog("", "\004", "<>", ANSWERED);
}

static void
test_too_long(void **unused)
{
	(void)unused;
	dialog("", "ten chars.\n", NULL, ERR_KEY);
	dialog("", "far more than ten chars\n", NULL, ERR_KEY);
}

/* What was typed before was shown, and is no answer. */
static void
test_early(void **unused)
{
	(void)unused;
	dialog("early\n", "late\n", "<late>", ANSWERED);
	dialog("one\ntwo\n", "late\n", "<late>", ANSWERED);
}

static void
test_interrupt(void **unused)
{
	(void)unused;
	dialog("", "\003", NULL, 128 + SIGINT);
	dialog("", "half\003", NULL, 128 + SIGINT);
	dialog("early\n", "\003", NULL, 128 + SIGINT);
}

/* A signal that came before the question is as good. */
static void
test_signal_before(void **unused)
{
	struct screen s;
	struct child c = { .size = 10, .signo = SIGTERM };

	(void)unused;
	screen_open(&s);
	c.screen = &s;
	child_start(&c);
	assert_int_equal(screen_await(&s, PROMPT), 0);
	assert_int_equal(child_end(&c), 128 + SIGTERM);
	(void)close(s.master);
}

static int
without_terminal(void *unused)
{
	struct err err = ERR_INIT;
	char line[10];
	size_t len;

	(void)unused;
	if (setsid() == -1 || terminal_there())
		return 1;
	if (terminal_ask(PROMPT, line, sizeof(line), &len, &err) != 1)
		return 2;
	return err.kind == ERR_NONE ? 0 : 3;
}

static void
test_no_terminal(void **unused)
{
	(void)unused;
	assert_int_equal(unit_forked(without_terminal, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_signal_before),
		cmocka_unit_test(test_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
