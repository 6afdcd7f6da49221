-- Makes the role by which studies are brought to this server from elsewhere. It is no superuser and reads no study's
-- rows by itself. May be run again:  psql -f administrator.sql   Then give it a password:  psql -c '\password cati_admin'
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cati_admin') THEN
        CREATE ROLE cati_admin LOGIN CREATEROLE CREATEDB;
    END IF;
END
$$;
GRANT pg_read_all_settings TO cati_admin;
GRANT SET ON PARAMETER
    log_statement, log_error_verbosity, log_min_error_statement, log_min_duration_statement, log_min_duration_sample,
    log_transaction_sample_rate, log_parameter_max_length, log_parameter_max_length_on_error
TO cati_admin;
