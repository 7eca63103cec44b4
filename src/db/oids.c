#include <stdlib.h>

#include "oids.h"

uint32_t
oids_at(const PGresult *rows, int row, int column)
{
	return (uint32_t)strtoul(PQgetvalue(rows, row, column), NULL, 10);
}

int
oids_find(const PGresult *rows, uint32_t oid)
{
	int low = 0, high = PQntuples(rows) - 1;

	while (low <= high) {
		int middle = low + (high - low) / 2;
		uint32_t at = oids_at(rows, middle, 0);

		if (at == oid)
			return middle;
		if (at < oid)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}
