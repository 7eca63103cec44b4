#ifndef FAILING_SINK_H
#define FAILING_SINK_H

#include <stddef.h>

#include "stream/sink.h"
#include "stream/source.h"

/* The message of the errors that these two make; their kind is ERR_STORAGE. */
#define FAILING_MESSAGE "the test lets this fail"

/* failing_sink(after): a sink that takes ${after} bytes and fails then; its
 * finish fails if that many were written. */
struct sink *failing_sink(size_t after);

/* dribbling_source(data, len, step, fails): a source of lent bytes that gives
 * at most ${step} of them per read; after the last it ends, or fails. */
struct source *
dribbling_source(const void *data, size_t len, size_t step, int fails);

#endif
