#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/stop.h"
#include "base/terminal.h"

#define WAIT_MS 100 /* how soon a stop signal ends a wait for the user */

static int
open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

int
terminal_there(void)
{
	int fd = open_terminal();

	if (fd == -1)
		return 0;
	(void)close(fd);
	return 1;
}

/* Signals are taken by another thread, so the wait looks up now and then. */
static int
wait_for_input(int fd, struct err *err)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do {
		if (stop_check(err) != 0)
			return -1;
		n = poll(&p, 1, WAIT_MS);
	} while (n == 0 || (n == -1 && errno == EINTR));
	if (n == -1)
		return err_sys(err, ERR_KEY, "cannot read the terminal");
	return 0;
}

/* The length of the line, without its newline. */
static int
read_line(int fd, char *line, size_t size, size_t *len, struct err *err)
{
	ssize_t n;

	*len = 0;
	do {
		if (wait_for_input(fd, err) != 0)
			return -1;
		n = read(fd, line + *len, size - *len);
		if (n == -1)
			return err_sys(
			    err, ERR_KEY, "cannot read the terminal");
		*len += (size_t)n;
		if (*len > 0 && line[*len - 1] == '\n') {
			(*len)--;
			return 0;
		}
		if (*len == size)
			return err_set(err, ERR_KEY,
			    "what was typed is longer than %zu bytes",
			    size - 1);
	} while (n > 0);
	return 0;
}

static int
write_text(int fd, const char *text)
{
	return write(fd, text, strlen(text)) == -1 ? -1 : 0;
}

static int
read_unseen(int fd, const char *prompt, char *line, size_t size, size_t *len,
    struct err *err)
{
	struct termios before, quiet;
	int failed;

	if (tcgetattr(fd, &before) == -1)
		return err_sys(err, ERR_KEY, "cannot read the terminal");
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON;
	/* Input is flushed before the prompt is seen: whoever answers the
	 * prompt, however fast, loses nothing and shows nothing. */
	if (tcsetattr(fd, TCSAFLUSH, &quiet) == -1)
		return err_sys(err, ERR_KEY, "cannot ask on the terminal");
	if (write_text(fd, prompt) != 0)
		failed = err_sys(err, ERR_KEY, "cannot ask on the terminal");
	else
		failed = read_line(fd, line, size, len, err);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)write_text(fd, "\n");
	return failed;
}

int
terminal_ask(
    const char *prompt, char *line, size_t size, size_t *len, struct err *err)
{
	int fd = open_terminal(), rc;

	if (fd == -1)
		return 1;
	rc = read_unseen(fd, prompt, line, size, len, err);
	(void)close(fd);
	return rc;
}
