#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/wall.h"
#include "cli/bar.h"
#include "cli/grid.h"

#define TICK_NS 200000000L
#define RATE_MEMORY 10.0 /* seconds that the rate and the ETA look back */
#define BAR_MIN 8        /* narrower than this, there is no bar */
#define BAR_MAX 30

struct bar {
	struct progress *progress;
	struct bar_state state;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int stopping;
};

/* Whether a bar stands on the terminal; guarded by the log's lock. */
static int drawn;

/* Work is counted in bytes of rows where there are any, else in steps. */
static void
measure(const struct progress *p, uint64_t *done, uint64_t *total)
{
	int steps = p->steps_total > 0;

	*done = steps ? p->steps : p->bytes;
	*total = steps ? p->steps_total : p->bytes_total;
}

static void
update_rate(struct bar_state *state, const struct progress *p, uint64_t done,
    double now)
{
	double elapsed, weight, rate;

	if (strcmp(state->phase, p->phase) != 0 || done < state->done) {
		memcpy(state->phase, p->phase, sizeof(state->phase));
		state->begun = state->last = now;
		state->done = done;
		state->rate = 0;
		return;
	}
	elapsed = now - state->last;
	if (elapsed <= 0)
		return;
	rate = (double)(done - state->done) / elapsed;
	/* The plain average until there is enough to look back on. */
	weight = now - state->begun < RATE_MEMORY
	    ? elapsed / (now - state->begun)
	    : elapsed / RATE_MEMORY;
	if (weight > 1)
		weight = 1;
	state->rate += weight * (rate - state->rate);
	state->last = now;
	state->done = done;
}

/* Cut to ${width} columns, between characters. */
static void
cut(char *text, size_t width)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (((unsigned char)*text & 0xc0) != 0x80 && n++ == width) {
			*text = '\0';
			return;
		}
	}
}

static void
format_figures(const struct bar_state *state, const struct progress *p,
    uint64_t done, uint64_t total, struct buf *out)
{
	char a[32], b[32];

	if (total > 0 && done <= total)
		buf_printf(
		    out, " %3.0f %%", (double)done * 100 / (double)total);
	if (p->steps_total > 0) {
		text_count(a, sizeof(a), done);
		text_count(b, sizeof(b), total);
		buf_printf(out, "  %s of %s", a, b);
	} else if (p->bytes > 0 || p->rows > 0 || total > 0) {
		text_bytes(a, sizeof(a), (double)p->bytes);
		text_bytes(b, sizeof(b), (double)total);
		buf_printf(out, "  %s", a);
		if (total > 0)
			buf_printf(out, " of %s", b);
		text_count(a, sizeof(a), p->rows);
		buf_printf(out, "  %s rows", a);
		text_bytes(a, sizeof(a), state->rate);
		buf_printf(out, "  %s/s", a);
	}
	if (total > done && state->rate > 0) {
		text_duration(
		    a, sizeof(a), (double)(total - done) / state->rate);
		buf_printf(out, "  ETA %s", a);
	}
}

/* What the workers do, each thing once: parts of one table share a name. */
static void
format_slots(const struct progress *p, struct buf *out)
{
	unsigned i, j;

	for (i = 0; i < PROGRESS_SLOTS; i++) {
		const char *label = p->slots[i];

		if (label[0] == '\0')
			continue;
		for (j = 0; j < i && strcmp(p->slots[j], label) != 0; j++)
			;
		if (j == i)
			buf_printf(
			    out, "%s%s", out->len > 0 ? ", " : "  ", label);
	}
}

void
bar_format(struct bar_state *state, const struct progress *p, double now,
    size_t width, char lines[2][BAR_LINE])
{
	struct buf figures = { 0 }, slots = { 0 };
	char bar[BAR_MAX + 4] = "";
	uint64_t done, total;
	size_t used, room, i, full;

	measure(p, &done, &total);
	update_rate(state, p, done, now);
	format_figures(state, p, done, total, &figures);
	format_slots(p, &slots);
	used = strlen(p->phase) + strlen(buf_text(&figures)) + 3;
	room = width > used ? width - used : 0;
	if (total > 0 && done <= total && room >= BAR_MIN) {
		room = room > BAR_MAX ? BAR_MAX : room;
		full = (size_t)((double)room * (double)done / (double)total);
		bar[0] = ' ';
		bar[1] = '[';
		for (i = 0; i < room; i++)
			bar[i + 2] = i < full ? '#' : '.';
		bar[room + 2] = ']';
		bar[room + 3] = '\0';
	}
	(void)snprintf(
	    lines[0], BAR_LINE, "%s%s%s", p->phase, bar, buf_text(&figures));
	(void)snprintf(lines[1], BAR_LINE, "%s", buf_text(&slots));
	for (i = 0; i < 2; i++) {
		text_clean_line(lines[i]);
		cut(lines[i], width);
	}
	buf_free(&figures);
	buf_free(&slots);
}

static size_t
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return 79;
	/* The last column would wrap. */
	return size.ws_col < 20 ? 19 : (size_t)size.ws_col - 1;
}

/* The cursor rests at the start of the first line, so that all below it is
 * ours.  The caller holds the log's lock. */
static void
erase(void)
{
	if (!drawn)
		return;
	(void)fputs("\r\033[J", stderr);
	(void)fflush(stderr);
	drawn = 0;
}

static void
draw(struct bar *bar)
{
	char lines[2][BAR_LINE];
	struct progress p;

	progress_read(bar->progress, &p);
	if (p.phase[0] == '\0')
		return;
	bar_format(&bar->state, &p, wall_seconds(), terminal_width(), lines);
	log_lock();
	if (lines[1][0] != '\0')
		(void)fprintf(
		    stderr, "\r\033[J%s\n%s\r\033[1A", lines[0], lines[1]);
	else
		(void)fprintf(stderr, "\r\033[J%s\r", lines[0]);
	(void)fflush(stderr);
	drawn = 1;
	log_unlock();
}

static void *
run(void *arg)
{
	struct bar *bar = arg;
	struct timespec until;

	(void)pthread_mutex_lock(&bar->lock);
	while (!bar->stopping) {
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += TICK_NS;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
		(void)pthread_cond_timedwait(&bar->wake, &bar->lock, &until);
		if (!bar->stopping)
			draw(bar);
	}
	(void)pthread_mutex_unlock(&bar->lock);
	return NULL;
}

struct bar *
bar_start(struct progress *progress)
{
	const char *term = getenv("TERM");
	pthread_condattr_t attr;
	struct bar *bar;

	if (log_level() == LOG_ERRORS || !isatty(STDERR_FILENO) ||
	    term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0)
		return NULL;
	bar = mem_zalloc(sizeof(*bar));
	bar->progress = progress;
	(void)pthread_mutex_init(&bar->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&bar->wake, &attr);
	(void)pthread_condattr_destroy(&attr);
	/* Without a thread there is no bar, which is no reason to stop. */
	if (pthread_create(&bar->thread, NULL, run, bar) != 0) {
		free(bar);
		return NULL;
	}
	log_set_eraser(erase);
	return bar;
}

void
bar_stop(struct bar *bar)
{
	if (bar == NULL)
		return;
	(void)pthread_mutex_lock(&bar->lock);
	bar->stopping = 1;
	(void)pthread_cond_signal(&bar->wake);
	(void)pthread_mutex_unlock(&bar->lock);
	(void)pthread_join(bar->thread, NULL);
	log_set_eraser(NULL);
	log_lock();
	erase();
	log_unlock();
	(void)pthread_cond_destroy(&bar->wake);
	(void)pthread_mutex_destroy(&bar->lock);
	free(bar);
}
