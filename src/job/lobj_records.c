#include <inttypes.h>

#include "archive/format.h"
#include "base/wire.h"
#include "db/lobj.h"
#include "job/lobj_records.h"

struct cut {
	struct buf *record; /* head and as much of a chunk as has come */
	uint32_t oid;
	uint64_t offset;
	lobj_record *each;
	void *arg;
};

static int
end_record(struct cut *cut, struct err *err)
{
	uint8_t *head = cut->record->data;
	size_t len = cut->record->len - FORMAT_LOBJ_HEAD_SIZE;
	int rc;

	wire_put_le32(head, cut->oid);
	wire_put_le64(head + 4, cut->offset);
	wire_put_le32(head + 12, (uint32_t)len);
	rc = cut->each(cut->arg, head, cut->record->len, err);
	cut->offset += len;
	cut->record->len = FORMAT_LOBJ_HEAD_SIZE;
	return rc;
}

static int
take(void *arg, const void *data, size_t len, struct err *err)
{
	static const size_t full = FORMAT_LOBJ_HEAD_SIZE + FORMAT_LOBJ_CHUNK;
	struct cut *cut = arg;
	const uint8_t *p = data;

	while (len > 0) {
		size_t room = full - cut->record->len;
		size_t piece = len < room ? len : room;

		if (buf_add(cut->record, p, piece, err) != 0)
			return -1;
		p += piece;
		len -= piece;
		if (cut->record->len == full && end_record(cut, err) != 0)
			return -1;
	}
	return 0;
}

int
lobj_records(struct conn *conn, uint32_t oid, struct buf *room,
    lobj_record *each, void *arg, struct err *err)
{
	static const uint8_t zeros[FORMAT_LOBJ_HEAD_SIZE];
	struct cut cut = {
		.record = room, .oid = oid, .each = each, .arg = arg
	};
	int rc;

	room->len = 0;
	rc = buf_add(room, zeros, sizeof(zeros), err);
	if (rc == 0)
		rc = lobj_read(conn, oid, take, &cut, err);
	if (rc == 0 && room->len > FORMAT_LOBJ_HEAD_SIZE)
		rc = end_record(&cut, err);
	return rc == 0 ? 0 : err_wrap(err, "large object %" PRIu32, oid);
}
