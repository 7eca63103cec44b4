-- Triggers in each state.  One that a restore lets run would be seen: it
-- fails, or changes rows.
CREATE SCHEMA fired;
CREATE FUNCTION fired.change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.note := 'touched by a trigger';
	RETURN NEW;
END
$$;
CREATE FUNCTION fired.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'refused by a trigger';
END
$$;
CREATE TABLE fired.table (id integer PRIMARY KEY, note text);
CREATE TRIGGER a_origin BEFORE INSERT OR UPDATE ON fired.table
	FOR EACH ROW EXECUTE FUNCTION fired.change();
CREATE TRIGGER b_disabled BEFORE INSERT ON fired.table
	FOR EACH ROW EXECUTE FUNCTION fired.refuse();
ALTER TABLE fired.table DISABLE TRIGGER b_disabled;
CREATE TRIGGER c_replica BEFORE INSERT ON fired.table
	FOR EACH ROW EXECUTE FUNCTION fired.refuse();
ALTER TABLE fired.table ENABLE REPLICA TRIGGER c_replica;
CREATE TRIGGER d_always BEFORE UPDATE OF note, id ON fired.table
	FOR EACH ROW WHEN (OLD.note IS DISTINCT FROM NEW.note)
	EXECUTE FUNCTION fired.change();
ALTER TABLE fired.table ENABLE ALWAYS TRIGGER d_always;
CREATE TRIGGER e_statement AFTER INSERT OR DELETE OR TRUNCATE ON fired.table
	EXECUTE FUNCTION fired.refuse('an', E'argument''s\\', '\001');
CREATE TRIGGER f_transition AFTER UPDATE ON fired.table
	REFERENCING OLD TABLE AS was NEW TABLE AS "Is ""now"""
	FOR EACH STATEMENT EXECUTE FUNCTION fired.refuse();
CREATE CONSTRAINT TRIGGER g_constraint AFTER INSERT OR UPDATE ON fired.table
	FROM data.ordinary DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION fired.refuse();
CREATE TRIGGER "Odd ""trigger""; -- in it" BEFORE DELETE ON fired.table
	FOR EACH ROW EXECUTE FUNCTION fired.refuse();
CREATE VIEW fired.view AS SELECT * FROM fired.table;
CREATE TRIGGER instead INSTEAD OF INSERT OR UPDATE ON fired.view
	FOR EACH ROW EXECUTE FUNCTION fired.change();

-- On partitioned tables, with other states in a partition.
CREATE TABLE fired.parted (id integer, note text) PARTITION BY LIST (id);
CREATE TABLE fired.parted_1 PARTITION OF fired.parted FOR VALUES IN (1);
CREATE TABLE fired.parted_2 PARTITION OF fired.parted FOR VALUES IN (2);
CREATE TRIGGER each AFTER INSERT ON fired.parted
	FOR EACH ROW EXECUTE FUNCTION fired.refuse();
CREATE TRIGGER every AFTER INSERT ON fired.parted
	FOR EACH STATEMENT EXECUTE FUNCTION fired.refuse();
ALTER TABLE fired.parted_2 DISABLE TRIGGER each;
CREATE TRIGGER own BEFORE INSERT ON fired.parted_1
	FOR EACH ROW EXECUTE FUNCTION fired.refuse();
-- A key's triggers, off.
CREATE TABLE fired.key_off (id integer REFERENCES fired.table);
ALTER TABLE fired.key_off DISABLE TRIGGER ALL;
