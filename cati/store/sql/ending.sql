-- The end of a study: the workstations that hold its seal, two persons who agree, the deletion, and what is left.

-- Somebody signed in at a workstation that holds the seal: a random id that lies beside the seal, and the computer's name.
CREATE FUNCTION public.cati_station(of text, called text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(0);
  IF of !~ '^[0-9a-f]{32}$' OR length(called) > 100 OR (
    (SELECT count(*) FROM public.station) >= 1000 AND NOT EXISTS (SELECT FROM public.station s WHERE s.id = of)
  ) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO public.station (id, name, seen_at) VALUES (of, called, public.cati_now())
    ON CONFLICT ON CONSTRAINT pk_station
    DO UPDATE SET name = called, seen_at = public.cati_now(), gone_at = NULL, report = NULL;
END
$$;

-- A workstation destroyed its seal because the study is being erased, and says so in a signed word.
CREATE FUNCTION public.cati_station_gone(of text, called text, word bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(0);
  IF length(word) > 4096 OR NOT EXISTS (SELECT FROM public.purge_step p WHERE p.step = 'begun') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT EXISTS (SELECT FROM public.station s WHERE s.id = of) THEN
    PERFORM public.cati_station(of, called);
  END IF;
  UPDATE public.station s SET gone_at = public.cati_now(), report = word WHERE s.id = of AND s.gone_at IS NULL;
END
$$;

-- Agree, as the second person, that the contacts are erased; for four hours. By supervisors and research leads; not by
-- somebody whose sign-in was set within a day, or a research lead alone would make up the second person.
CREATE FUNCTION public.cati_agree_to_end() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(1);
  IF EXISTS (
    SELECT FROM public.log l
    WHERE l.act = 'login_set' AND l.at > public.cati_now() - 86400
      AND starts_with(l.details, '{"login":"' || right(session_user::text, 16) || '"')
  ) THEN
    RAISE EXCEPTION 'not allowed: this sign-in was set today' USING ERRCODE = 'CA003';
  END IF;
  PERFORM public.cati_write('end_agreed', '', 0, '');
END
$$;

-- The research lead signed in, with whom another person agreed; anybody else is refused. Nobody may call this one but the
-- functions here.
CREATE FUNCTION public.cati_two() RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE me text := public.cati_demand(2);
BEGIN
  IF NOT EXISTS (
    SELECT FROM public.member m
    CROSS JOIN LATERAL (
      SELECT l.act, l.at FROM public.log l WHERE l.who = m.id AND l.n > 0 ORDER BY l.n DESC LIMIT 100
    ) last
    WHERE m.id <> me AND m.active AND m.role IN ('supervisor', 'research_lead')
      AND last.act = 'end_agreed' AND last.at > public.cati_now() - 14400
  ) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN me;
END
$$;

-- Keep what a step of the erasure found; a second time changes nothing. The first asks: the field period over, no case in
-- anybody's hands, nothing that waits to be mixed.
CREATE FUNCTION public.cati_end_step(its_step text, its_details bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE now bigint := public.cati_now();
BEGIN
  PERFORM public.cati_two();
  IF its_step NOT IN ('begun', 'stations', 'checkpoint', 'seal_begun', 'seal', 'tidied', 'rewritten', 'verified')
     OR length(its_details) > 4194304
     OR its_step <> 'begun' AND NOT EXISTS (SELECT FROM public.purge_step p WHERE p.step = 'begun')
     OR its_step IN ('tidied', 'rewritten', 'verified') AND NOT public.cati_rows_are_gone() THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF its_step = 'begun' AND (
    EXISTS (SELECT FROM public.pending) OR EXISTS (SELECT FROM public."case" c WHERE c.lease_until > now)
    OR NOT (
      EXISTS (SELECT FROM public.log l WHERE l.act = 'field_ended')
      OR EXISTS (
        SELECT FROM public.study s  -- two hours ahead: the day ends sooner where people are called than in Greenwich
        WHERE (convert_from(s.settings, 'UTF8')::jsonb ->> 'field_to')::date < to_timestamp(now + 7200)::date)
    )
  ) THEN
    RAISE EXCEPTION 'not allowed: the study is still at work' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO public.purge_step (step, at, details) VALUES (its_step, now, its_details) ON CONFLICT DO NOTHING;
END
$$;

-- Delete cases, contacts, hashes, calls, appointments, drafts, pool, templates, trustees, every grant and wrapped key, and
-- the log but for these acts, which begin new chains: all in one transaction, into new files. ``counted``: what is kept for
-- the rates. ``records``: every member's record without the sealed keys, in hexadecimal. ``ends``: what the log's first
-- entry says of the old chains. Returns how many entries were kept.
CREATE FUNCTION public.cati_end_rows(counted json, stays text[], records json, ends text) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_two();
  people public.member[];
  one public.member;
  kept public.log[];
  entry public.log;
BEGIN
  IF NOT EXISTS (SELECT FROM public.purge_step p WHERE p.step = 'seal')
     OR public.cati_rows_are_gone() THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT array_agg(m) INTO people FROM public.member m;
  SELECT coalesce(array_agg(l ORDER BY l.at, l.who, l.n), '{}') INTO kept FROM public.log l WHERE l.act = ANY (stays);
  TRUNCATE public.draft_text, public.draft_event, public.appointment, public.attempt, public.contact_index,
    public.contact, public.never_again, public.pending, public.template, public.turn, public."case", public.recovery,
    public.trustee, public.former_certificate, public.member, public.log, public.tally;
  INSERT INTO public.tally (what, site, department, code, n)
    SELECT j.what, j.site, j.department, j.code, j.n
    FROM json_to_recordset(counted) AS j (what text, site text, department text, code text, n int);
  FOREACH one IN ARRAY people LOOP
    one.record := decode(records ->> one.id, 'hex');  -- a member that is not named stops all of it: it may not be NULL
    one.daily_grant := NULL;
    one.leading_grant := NULL;
    INSERT INTO public.member VALUES (one.*);
  END LOOP;
  PERFORM public.cati_write('purge_step', '', 0, ends);
  FOREACH entry IN ARRAY kept LOOP
    PERFORM public.cati_chain_on(entry.who, entry.at, entry.act, '', 0, entry.details);
  END LOOP;
  INSERT INTO public.purge_step (step, at, details)
    VALUES ('rows', public.cati_now(), convert_to('{"log_kept":' || cardinality(kept) || '}', 'UTF8'));
  RETURN cardinality(kept);
END
$$;

-- Whether the deletion was made.
CREATE FUNCTION public.cati_rows_are_gone() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT EXISTS (SELECT FROM public.purge_step p WHERE p.step = 'rows') $$;

-- How many rows are left of what dies, once the deletion was made.
CREATE FUNCTION public.cati_end_left() RETURNS TABLE (what text, n bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_two();
  IF NOT public.cati_rows_are_gone() THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN QUERY
    SELECT 'draft_text', count(*) FROM public.draft_text
    UNION ALL SELECT 'draft_event', count(*) FROM public.draft_event
    UNION ALL SELECT 'appointment', count(*) FROM public.appointment
    UNION ALL SELECT 'attempt', count(*) FROM public.attempt
    UNION ALL SELECT 'contact_index', count(*) FROM public.contact_index
    UNION ALL SELECT 'contact', count(*) FROM public.contact
    UNION ALL SELECT 'never_again', count(*) FROM public.never_again
    UNION ALL SELECT 'pending', count(*) FROM public.pending
    UNION ALL SELECT 'template', count(*) FROM public.template
    UNION ALL SELECT 'turn', count(*) FROM public.turn
    UNION ALL SELECT 'case', count(*) FROM public."case"
    UNION ALL SELECT 'recovery', count(*) FROM public.recovery
    UNION ALL SELECT 'trustee', count(*) FROM public.trustee
    UNION ALL SELECT 'former_certificate', count(*) FROM public.former_certificate
    UNION ALL SELECT 'grant', count(*) FROM public.member m
      WHERE m.daily_grant IS NOT NULL OR m.leading_grant IS NOT NULL;
END
$$;

-- Every row of a table as the bytes of its columns, once the deletion was made: to look for what must not be there.
CREATE FUNCTION public.cati_end_bytes(of text) RETURNS SETOF bytea
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_two();
  IF NOT public.cati_rows_are_gone()
     OR NOT EXISTS (SELECT FROM pg_tables t WHERE t.schemaname = 'public' AND t.tablename = of) THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN QUERY EXECUTE format('SELECT record_send(t) FROM public.%I t', of);
END
$$;

-- Say that the record is signed, and with it that the contacts are erased. Once more: that it was made anew, which a
-- research lead does alone.
CREATE FUNCTION public.cati_end_signed(its_details bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  IF length(its_details) > 4096 OR NOT EXISTS (SELECT FROM public.purge_step p WHERE p.step = 'verified') THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF EXISTS (SELECT FROM public.study s WHERE s.erased_at IS NOT NULL) THEN
    UPDATE public.purge_step p SET details = its_details WHERE p.step = 'signed';
  ELSE
    PERFORM public.cati_two();
    UPDATE public.study s SET erased_at = public.cati_now();
    INSERT INTO public.purge_step (step, at, details) VALUES ('signed', public.cati_now(), its_details);
  END IF;
  PERFORM public.cati_write('purge_step', '', 0, '{"signed":1}');
END
$$;
