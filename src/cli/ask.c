#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stop.h"
#include "cli/ask.h"

#define LINE_MAX_SIZE 1024

int
ask_possible(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

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
		if (stop_check(err))
			return -1;
		n = poll(&p, 1, 100);
	} while (n == 0 || (n == -1 && errno == EINTR));
	if (n == -1)
		return err_sys(err, ERR_KEY, "cannot read the terminal");
	return 0;
}

/* The length of the line, without its newline. */
static int
read_line(int fd, char *line, size_t *len, struct err *err)
{
	ssize_t n;

	*len = 0;
	do {
		if (wait_for_input(fd, err))
			return -1;
		n = read(fd, line + *len, LINE_MAX_SIZE - *len);
		if (n == -1)
			return err_sys(
			    err, ERR_KEY, "cannot read the terminal");
		*len += (size_t)n;
		if (*len == LINE_MAX_SIZE)
			return err_set(err, ERR_KEY,
			    "the passphrase is longer "
			    "than %d bytes",
			    LINE_MAX_SIZE - 1);
	} while (n > 0 && line[*len - 1] != '\n');
	if (*len > 0 && line[*len - 1] == '\n')
		(*len)--;
	if (*len == 0)
		return err_set(err, ERR_KEY, "no passphrase was typed");
	return 0;
}

static int
write_text(int fd, const char *text)
{
	return write(fd, text, strlen(text)) == -1 ? -1 : 0;
}

static int
read_unseen(
    int fd, const char *prompt, char *line, size_t *len, struct err *err)
{
	struct termios before, quiet;
	int failed;

	if (tcgetattr(fd, &before) == -1)
		return err_sys(err, ERR_KEY, "cannot read the terminal");
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON;
	if (write_text(fd, prompt) || tcsetattr(fd, TCSAFLUSH, &quiet) == -1)
		return err_sys(err, ERR_KEY, "cannot ask on the terminal");
	failed = read_line(fd, line, len, err);
	(void)tcsetattr(fd, TCSAFLUSH, &before);
	(void)write_text(fd, "\n");
	return failed;
}

struct passphrase *
ask_passphrase(const char *prompt, struct err *err)
{
	struct passphrase *result = NULL;
	char *line = NULL;
	size_t len;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd == -1) {
		err_set(err, ERR_KEY,
		    "a passphrase is needed, and there is no terminal to ask "
		    "for it on");
		err_hint(err, "give it with --passphrase-file FILE");
		return NULL;
	}
	line = sodium_malloc(LINE_MAX_SIZE);
	if (line == NULL)
		err_sys(err, ERR_FAIL, "no memory for a passphrase");
	else if (read_unseen(fd, prompt, line, &len, err) == 0)
		result = passphrase_new(line, len);
	sodium_free(line);
	(void)close(fd);
	return result;
}
