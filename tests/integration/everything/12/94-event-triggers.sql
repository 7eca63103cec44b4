-- Event triggers in each state.  A restore that lets the first run fails.
SET application_name = 'every';
CREATE FUNCTION fired.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	IF current_setting('application_name') <> 'every' THEN
		RAISE EXCEPTION 'no DDL here';
	END IF;
END
$$;
CREATE EVENT TRIGGER watch ON ddl_command_start
	WHEN TAG IN ('CREATE TABLE', 'CREATE INDEX', 'ALTER TABLE')
	EXECUTE FUNCTION fired.watch();
ALTER EVENT TRIGGER watch ENABLE ALWAYS;
CREATE EVENT TRIGGER "Odd ""event""" ON sql_drop EXECUTE FUNCTION fired.watch();
ALTER EVENT TRIGGER "Odd ""event""" OWNER TO every_super;
CREATE EVENT TRIGGER off ON ddl_command_end EXECUTE FUNCTION fired.watch();
ALTER EVENT TRIGGER off DISABLE;
CREATE EVENT TRIGGER replica ON table_rewrite EXECUTE FUNCTION fired.watch();
ALTER EVENT TRIGGER replica ENABLE REPLICA;
