-- Who asks, what they hold, and what they did: the functions that every right on the server rests on.
-- @owner, @gate, @interviewer, @supervisor, @lead stand for the study's roles (cati.store.roles). Each function runs
-- with its owner's rights, looks at nothing but pg_catalog and what it names with its schema, and asks by itself who
-- is signed in: session_user, which nobody can change. In plpgsql even where one expression would do: its plan is kept
-- for the session, while a function in SQL is planned anew by every statement that calls it (0.2 ms each). And the name
-- of a role brings the collation "C" along, with which no index of a text is of use: "default" is that of the column.

-- The server's time in whole seconds since 1970.
CREATE FUNCTION public.cati_now() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN floor(extract(epoch FROM clock_timestamp()))::bigint;
END
$$;

-- The member signed in; NULL for anybody else, and for one who left.
CREATE FUNCTION public.cati_me() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN (SELECT m.id FROM public.member m WHERE m.server_role = session_user::text COLLATE "default" AND m.active);
END
$$;

-- Whether the member signed in is at least an interviewer (0), a supervisor (1), a research lead (2).
CREATE FUNCTION public.cati_is(at_least int) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN coalesce((
    SELECT CASE m.role WHEN 'interviewer' THEN 0 WHEN 'supervisor' THEN 1 WHEN 'research_lead' THEN 2 END >= at_least
    FROM public.member m WHERE m.server_role = session_user::text COLLATE "default" AND m.active
  ), false);
END
$$;

-- The member signed in, who must be at least this; anybody else is refused.
CREATE FUNCTION public.cati_demand(at_least int) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE me text;
BEGIN
  SELECT m.id INTO me FROM public.member m
  WHERE m.server_role = session_user::text COLLATE "default" AND m.active
    AND CASE m.role WHEN 'interviewer' THEN 0 WHEN 'supervisor' THEN 1 WHEN 'research_lead' THEN 2 END >= at_least;
  IF me IS NULL OR (
    -- An old look at the database may be read by, never written by: it knows neither who left nor which lease ended.
    current_setting('transaction_isolation') <> 'read committed' AND current_setting('transaction_read_only') = 'off'
  ) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN me;
END
$$;

-- Whether a case is in the hands of the member signed in: what they may read hangs on this.
CREATE FUNCTION public.cati_mine(of text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN EXISTS (SELECT FROM public."case" c WHERE c.id = of AND c.lease_holder = public.cati_me());
END
$$;

-- Whether it is so under the fence number that this transaction carries: what they may write hangs on this. As it is at
-- this moment: who began a transaction, or a long statement, while the case was theirs must not write by that old look.
CREATE FUNCTION public.cati_holds(of text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN current_setting('transaction_isolation') = 'read committed' AND EXISTS (
    SELECT FROM public."case" c
    WHERE c.id = of AND c.lease_holder = public.cati_me()
      AND c.fence::text = current_setting('cati.fence', true)
  );
END
$$;

-- The case in hand, locked until the transaction ends, whose writes carry this fence number from here on; no row when
-- it was lost.
CREATE FUNCTION public.cati_hold(of text, under int) RETURNS SETOF public."case"
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE me text := public.cati_demand(0);
BEGIN
  PERFORM set_config('cati.fence', under::text, true);
  RETURN QUERY
    SELECT c.* FROM public."case" c WHERE c.id = of AND c.fence = under AND c.lease_holder = me FOR NO KEY UPDATE;
END
$$;

-- What is another value after every change of the settings, which nobody changes until this transaction ends
-- (cati.store.server has the number of the lock, too).
CREATE FUNCTION public.cati_settings() RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(0);
  PERFORM pg_advisory_xact_lock_shared(1667331946);
  RETURN (SELECT md5(s.settings) FROM public.study s);
END
$$;

-- Put new settings (JSON) in place of the old, and write into the log which of them are others: how many contacts may be
-- seen in an hour stands there, too. By a research lead.
CREATE FUNCTION public.cati_change_settings(new bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  before jsonb;
  then_ jsonb := convert_from(new, 'UTF8')::jsonb;
  names text[];
BEGIN
  PERFORM public.cati_demand(2);
  PERFORM pg_advisory_xact_lock(1667331946);
  SELECT convert_from(s.settings, 'UTF8')::jsonb INTO before FROM public.study s FOR NO KEY UPDATE;
  names := ARRAY(
    SELECT coalesce(o.key, n.key) FROM jsonb_each(before) o FULL JOIN jsonb_each(then_) n ON n.key = o.key
    WHERE o.value IS DISTINCT FROM n.value ORDER BY 1
  );
  IF EXISTS (SELECT FROM unnest(names) k WHERE k !~ '^[a-z_]{1,40}$') THEN  -- it stands in the log
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE public.study SET settings = new;
  PERFORM public.cati_write('settings_changed', '', 0, '{"changed":' || replace(to_json(names)::text, ' ', '') || '}');
END
$$;

-- Append to the chain of a member; the hash is that of cati.vault.log_chain. Nobody may call this one but the functions
-- here.
CREATE FUNCTION public.cati_chain_on(
  whose text, at bigint, act text, of text, under int, details text, OUT n int, OUT hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  before bytea;
  whole bytea;
  part text;
  written int := 0;
BEGIN
  WHILE written = 0 LOOP
    SELECT l.n, l.hash INTO n, before FROM public.log l WHERE l.who = whose AND l.n > 0 ORDER BY l.n DESC LIMIT 1;
    IF NOT FOUND THEN
      n := 0;
      before := (
        SELECT sha256(string_agg(int4send(length(p)) || p, ''::bytea ORDER BY k))
        FROM public.study s, unnest(ARRAY['cati log 2'::bytea, convert_to(s.id, 'UTF8'), convert_to(whose, 'UTF8')])
          WITH ORDINALITY AS part (p, k)
      );
    END IF;
    n := n + 1;
    whole := int4send(length(before)) || before;
    FOREACH part IN ARRAY ARRAY[n::text, at::text, whose, act, of, under::text, details] LOOP
      whole := whole || int4send(octet_length(part)) || convert_to(part, 'UTF8');
    END LOOP;
    hash := sha256(whole);
    INSERT INTO public.log (n, at, who, act, "case", fence, details, previous, hash)
    VALUES (n, at, whose, act, of, under, details, before, hash)
    ON CONFLICT ON CONSTRAINT pk_log DO NOTHING;  -- the same member wrote elsewhere: that entry goes first
    GET DIAGNOSTICS written = ROW_COUNT;
  END LOOP;
END
$$;

-- Append to the chain of the member signed in, at the server's time. Nobody may call this one but the functions here: on
-- some entries rights rest.
CREATE FUNCTION public.cati_write(act text, of text, under int, details text, OUT n int, OUT at bigint, OUT hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE me text := public.cati_demand(0);
BEGIN
  IF length(act) > 40 OR length(of) > 32 OR length(details) > 2000 THEN
    RAISE EXCEPTION 'too long for the log' USING ERRCODE = 'string_data_right_truncation';
  END IF;
  at := public.cati_now();
  SELECT c.n, c.hash INTO n, hash FROM public.cati_chain_on(me, at, act, of, under, details) c;
END
$$;

-- The same for whoever is signed in, of all acts but those that only functions write.
CREATE FUNCTION public.cati_note(act text, of text, under int, details text, OUT n int, OUT at bigint, OUT hash bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF act IN ('case_handed_out', 'case_looked_up', 'outcome_undone', 'answers_pooled', 'contacts_read',
             'interview_deleted', 'login_set', 'end_agreed', 'number_tried', 'session_ended', 'settings_changed')
     OR act = 'case_put_back' AND strpos(details, '"lapsed"') > 0  -- the server says itself which lease ran out
     OR act = 'field_ended' AND NOT public.cati_is(2) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT w.n, w.at, w.hash INTO n, at, hash FROM public.cati_write(act, of, under, details) w;
END
$$;

-- Whether what carries this transaction's number was kept before now, and not only written by the transaction that asks:
-- who rolls back must not have seen anything. Numbers are taken as the nearest to the present one.
CREATE FUNCTION public.cati_kept(number xid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  base bigint := greatest(
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint, coalesce(pg_current_xact_id_if_assigned()::text::bigint, 0));
  highest bigint := base + 2147483647;
  whole bigint := highest - ((highest - number::text::bigint) & 4294967295);
BEGIN
  RETURN whole < base + 1000000 AND coalesce(pg_xact_status(whole::text::xid8) = 'committed', false);
EXCEPTION WHEN invalid_parameter_value THEN  -- a number that was not given yet
  RETURN false;
END
$$;

-- The end of every chain, each hash with its number: what a checkpoint signs. Nobody reads others' entries by it.
CREATE FUNCTION public.cati_heads() RETURNS TABLE (chain text, n int, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT m.id, e.n, e.hash FROM public.member m
  CROSS JOIN LATERAL (
    SELECT l.n, l.hash FROM public.log l WHERE l.who = m.id AND l.n > 0 ORDER BY l.n DESC LIMIT 1
  ) e
  WHERE public.cati_is(0)
  UNION ALL
  SELECT '', -o.n, o.hash FROM (
    SELECT e.n, e.hash FROM public.member m
    CROSS JOIN LATERAL (
      SELECT l.n, l.hash FROM public.log l WHERE l.who = m.id AND l.n < 0 ORDER BY l.n LIMIT 1
    ) e
    ORDER BY e.n LIMIT 1
  ) o
  WHERE public.cati_is(0)
$$;

-- The staff: everything of oneself and, for research leads, of all; of the others what is said and signed, no secrets.
CREATE FUNCTION public.cati_members() RETURNS SETOF public.member
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  leads boolean := public.cati_is(2);
  one public.member;
BEGIN
  FOR one IN SELECT * FROM public.member ORDER BY login LOOP
    IF NOT (leads OR one.id = me) THEN
      one.record := '';
      one.daily_grant := NULL;
      one.leading_grant := NULL;
      one.kept := NULL;
      one.server_role := NULL;
    END IF;
    RETURN NEXT one;
  END LOOP;
END
$$;
