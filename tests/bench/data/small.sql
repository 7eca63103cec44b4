-- 5,000 small tables at scale 1: a serial key, one more index, five rows, and
-- in every sixth table a second sequence.  A dump that locks all tables and
-- sequences fits once into a server's default lock table, but not with a
-- second session that locks each table again, as pg_dump -j does.  Made in batches, because the locks on all of them do not fit into one
-- transaction with the server's defaults.
\set ON_ERROR_STOP on
SELECT set_config('bench.scale', :'scale', false) \g /dev/null

DO $$
BEGIN
	FOR n IN 1..greatest(20,
		(5000 * current_setting('bench.scale')::numeric)::integer) LOOP
		EXECUTE format('CREATE TABLE %I (id serial PRIMARY KEY, '
			|| 'name text NOT NULL, amount numeric(10,2), at timestamptz%s)',
			'small_' || n,
			CASE WHEN n % 6 = 0 THEN ', number serial' END);
		EXECUTE format('INSERT INTO %I (name, amount, at) SELECT '
			|| 'md5((%s * 10 + i)::text), %s + i / 4.0, '
			|| 'timestamptz ''2026-01-01 00:00+00'' + i * interval ''1 day'' '
			|| 'FROM generate_series(1, 5) AS i', 'small_' || n, n, n);
		EXECUTE format('CREATE INDEX ON %I (name)', 'small_' || n);
		IF n % 100 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END $$;
VACUUM (FREEZE, ANALYZE);
