-- Filling the view "turned" changes a bit of a large object, takes a sequence's
-- next value, and empties another view; a restore does it, too.  What "calm" is
-- called comes back.
SELECT lo_from_bytea(4711, decode(repeat('ab', 3000000), 'hex')),
    lo_from_bytea(4712, 'calm'), lo_create(4713);
CREATE SEQUENCE calm START 7;
CREATE SEQUENCE ticket;
SELECT nextval('ticket');
CREATE FUNCTION turn() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lo_put(4711, 2000000, set_byte('x', 0,
        get_byte(lo_get(4711, 2000000, 1), 0) # 1));
    REFRESH MATERIALIZED VIEW public.emptied WITH NO DATA;
    RETURN nextval('public.ticket');
END $$;
CREATE MATERIALIZED VIEW emptied AS SELECT 1 AS one;
CREATE MATERIALIZED VIEW between AS SELECT one FROM emptied;
CREATE MATERIALIZED VIEW turned AS SELECT turn() FROM between;
CREATE MATERIALIZED VIEW calm_view AS SELECT 2 AS two;
CREATE MATERIALIZED VIEW never AS SELECT 3 AS three WITH NO DATA;
REFRESH MATERIALIZED VIEW emptied;
