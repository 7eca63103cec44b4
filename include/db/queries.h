#ifndef DB_QUERIES_H
#define DB_QUERIES_H

/* The queries of src/db/sql/NAME.sql, compiled in as sql_NAME; each file says
 * what it gives. */
extern const char sql_absent_names[];
extern const char sql_adopt_setting[];
extern const char sql_type_ties[];
extern const char sql_child_settings[];
extern const char sql_columns[];
extern const char sql_current_role[];
extern const char sql_database[];
extern const char sql_database_labels[];
extern const char sql_early_keys[];
extern const char sql_database_mark[];
extern const char sql_databases[];
extern const char sql_end_sessions[];
extern const char sql_extension_names[];
extern const char sql_extension_rows[];
extern const char sql_extensions[];
extern const char sql_filled[];
extern const char sql_hashed_by_oid[];
extern const char sql_heap_pages[];
extern const char sql_heritage[];
extern const char sql_kept_extensions[];
extern const char sql_keys_between[];
extern const char sql_lock_replaced[];
extern const char sql_large_object_count[];
extern const char sql_large_object_groups[];
extern const char sql_large_object_make[];
extern const char sql_large_object_notes[];
extern const char sql_large_object_read[];
extern const char sql_large_object_write[];
extern const char sql_large_objects[];
extern const char sql_lock_capacity[];
extern const char sql_lock_holders[];
extern const char sql_lockers[];
extern const char sql_loud_triggers[];
extern const char sql_maintenance_workers[];
extern const char sql_name_length[];
extern const char sql_name_lock[];
extern const char sql_object_counts[];
extern const char sql_objects[];
extern const char sql_own_defaults[];
extern const char sql_owner_roles[];
extern const char sql_partitions[];
extern const char sql_publications_of[];
extern const char sql_global_names[];
extern const char sql_reads_passwords[];
extern const char sql_references[];
extern const char sql_relation_absent[];
extern const char sql_relations[];
extern const char sql_roles[];
extern const char sql_schema_grantees[];
extern const char sql_schema_may_go[];
extern const char sql_schemas[];
extern const char sql_sequences[];
extern const char sql_session_facts[];
extern const char sql_severed[];
extern const char sql_settings[];
extern const char sql_shun_views[];
extern const char sql_snapshot_export[];
extern const char sql_table_shapes[];
extern const char sql_table_sizes[];
extern const char sql_tables[];
extern const char sql_tablespaces[];
extern const char sql_target_columns[];
extern const char sql_transaction_id[];
extern const char sql_unlink_lobjs[];
extern const char sql_unreadable_lobjs[];
extern const char sql_untold[];
extern const char sql_unverifiable[];
extern const char sql_unwritable[];
extern const char sql_user_objects[];
extern const char sql_visible_relations[];
extern const char sql_waiting[];

#endif
