-- The large table: 4,000,000 rows at scale 1, sixteen columns of numbers,
-- dates and text, three indexes.  Every value is a function of the row's
-- number, so that each run of this file gives the same rows.
\set ON_ERROR_STOP on
\set rows 'greatest(1000, (4000000 * :scale)::bigint)'

CREATE TABLE ledger (
	id bigint NOT NULL,
	account_id integer NOT NULL,
	branch_id integer NOT NULL,
	line smallint NOT NULL,
	quantity numeric(12,2) NOT NULL,
	price numeric(14,2) NOT NULL,
	discount numeric(4,2) NOT NULL,
	tax numeric(4,2) NOT NULL,
	fee numeric(12,4),
	kind char(1) NOT NULL,
	state char(1) NOT NULL,
	booked date NOT NULL,
	valued date NOT NULL,
	settled date,
	channel text NOT NULL,
	note text NOT NULL
);

INSERT INTO ledger
SELECT i,
	(a & 262143)::integer,
	(a >> 18 & 1023)::integer,
	(1 + i % 7)::smallint,
	(1 + (a >> 28 & 8191)) / 100.0,
	(100 + (b & 16777215)) / 100.0,
	(a >> 41 & 15) / 100.0,
	(a >> 45 & 7) / 100.0,
	CASE WHEN a >> 48 & 7 <> 0 THEN (b >> 24 & 1048575) / 10000.0 END,
	substr('ARNX', (a >> 51 & 3)::integer + 1, 1),
	substr('OFPC', (a >> 53 & 3)::integer + 1, 1),
	date '2015-01-01' + (i / 1100)::integer % 4000,
	date '2015-01-01' + ((i / 1100) % 4000 + (a >> 55 & 31))::integer,
	CASE WHEN b >> 44 & 7 <> 0
		THEN date '2015-02-01' + ((i / 1100) % 4000 + (b >> 47 & 63))::integer
	END,
	(ARRAY['counter', 'card', 'wire', 'mobile', 'standing order', 'mail',
		'terminal', 'cheque'])[(b >> 53 & 7)::integer + 1],
	(ARRAY['transfer', 'purchase', 'refund', 'monthly fee', 'interest',
		'salary', 'rent', 'correction'])[(b >> 56 & 7)::integer + 1]
		|| ' of ' || (ARRAY['the branch', 'a customer', 'the main account',
		'an earlier entry'])[(b >> 59 & 3)::integer + 1]
		|| ' ref ' || to_hex(c & 1099511627775)
FROM (
	SELECT i,
		hashint8extended(i, 1) & 9223372036854775807 AS a,
		hashint8extended(i, 2) & 9223372036854775807 AS b,
		hashint8extended(i, 3) AS c
	FROM generate_series(1, :rows) AS i
	OFFSET 0
) AS hashed;

ALTER TABLE ledger ADD PRIMARY KEY (id);
CREATE INDEX ledger_account ON ledger (account_id, booked);
CREATE INDEX ledger_booked ON ledger (booked);
VACUUM (FREEZE, ANALYZE) ledger;
