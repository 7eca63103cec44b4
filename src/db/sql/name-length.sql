-- How many bytes the name $1 has in the server's encoding, and how many a name
-- may have.
SELECT pg_catalog.octet_length($1::pg_catalog.text),
       pg_catalog.current_setting('max_identifier_length')
