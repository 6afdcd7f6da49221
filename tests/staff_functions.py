"""Stand-ins for the server's functions about members' roles, until those of the rights' migration are there."""

from __future__ import annotations

SQL = """
CREATE OR REPLACE FUNCTION public.cati_admit(name text, kind text, verifier text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE prefix text := left(name, 17);
BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN
    EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', name, verifier);
  ELSE
    EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', name, verifier);
  END IF;
  EXECUTE format('GRANT %I TO %I', prefix || '_' || replace(kind, 'research_', ''), name);
  EXECUTE format('GRANT %I TO %I', prefix || '_owner', name);
END $$;
CREATE OR REPLACE FUNCTION public.cati_renew(name text, verifier text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', name, verifier); END $$;
CREATE OR REPLACE FUNCTION public.cati_dismiss(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', name);
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = name;
END $$;
GRANT EXECUTE ON FUNCTION public.cati_admit, public.cati_renew, public.cati_dismiss TO PUBLIC;
"""
