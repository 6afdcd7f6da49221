-- What every answer and every key press of an interview costs the server: one call each, that is a transaction of its own.

-- Keep one event of the interview of the case in hand, and forget the words that were typed at its question (``place``, ''
-- for none). No row when the case was lost; else until when it is leased, and whether this very event is kept, now or by
-- an earlier try: not when the interview was deleted, or went on otherwise, elsewhere.
CREATE FUNCTION public.cati_keep_event(of text, under int, number int, event text, content bytea, place text)
RETURNS TABLE (until bigint, kept boolean)
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE me text := public.cati_demand(0);
BEGIN
  SELECT c.lease_until INTO until FROM public."case" c
    WHERE c.id = of AND c.fence = under AND c.lease_holder = me FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF length(content) > 1048576 THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  kept := number = 0 OR EXISTS (SELECT FROM public.draft_event d WHERE d."case" = of AND d.n = number - 1);
  IF kept THEN
    INSERT INTO public.draft_event ("case", n, id, sealed) VALUES (of, number, event, content) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      kept := EXISTS (SELECT FROM public.draft_event d WHERE d."case" = of AND d.n = number AND d.id = event);
    END IF;
  END IF;
  IF kept AND place <> '' THEN
    DELETE FROM public.draft_text t WHERE t."case" = of AND t.address = place;
  END IF;
  RETURN NEXT;
END
$$;

-- Keep the words typed so far at a question of the case in hand over those before. Until when it is leased; NULL: lost.
CREATE FUNCTION public.cati_keep_words(of text, under int, place text, content bytea) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  me text := public.cati_demand(0);
  until bigint;
BEGIN
  SELECT c.lease_until INTO until FROM public."case" c
    WHERE c.id = of AND c.fence = under AND c.lease_holder = me FOR NO KEY UPDATE;
  IF length(content) > 1048576 THEN
    RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF until IS NOT NULL THEN
    INSERT INTO public.draft_text ("case", address, sealed) VALUES (of, place, content)
      ON CONFLICT ("case", address) DO UPDATE SET sealed = excluded.sealed;
  END IF;
  RETURN until;
END
$$;

-- The events of the interview of the case in hand; of another's for research leads who said that they read them all: to
-- seal them anew, or to see what a new questionnaire makes of them.
CREATE FUNCTION public.cati_events(of text) RETURNS SETOF public.draft_event
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(0);
  IF NOT public.cati_mine(of) THEN
    PERFORM public.cati_demand(2);
    PERFORM public.cati_announced('{renew, questionnaire}', 14400);
  END IF;
  RETURN QUERY SELECT d.* FROM public.draft_event d WHERE d."case" = of ORDER BY d.n;
END
$$;

-- In which cases an interview was begun and not finished; for research leads.
CREATE FUNCTION public.cati_open_drafts() RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM public.cati_demand(2);
  RETURN QUERY SELECT DISTINCT d."case"::text FROM public.draft_event d;
END
$$;
