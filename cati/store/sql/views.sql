-- How many contacts whoever asks may still look at this hour: the rule of cati/fieldwork/views.py, for the functions
-- that hand out contacts. It counts the own log, which only functions write, back to an hour ago and no further.
-- 90 is what settings without the number mean (cati/settings.py, StudySettings.views_per_hour); 0 sets no limit.
CREATE FUNCTION public.cati_views_left() RETURNS int
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    me text := public.cati_me();
    since bigint := public.cati_now() - 3600;
    most int;
    seen int := 0;
    handed int := 0;
    looked int := 0;
    tried int := 0;
    top int;
    part record;
BEGIN
    IF me IS NULL THEN
        RETURN 0;
    END IF;
    SELECT coalesce((convert_from(s.settings, 'UTF8')::json ->> 'views_per_hour')::int, 90)
      INTO most FROM public.study s;
    IF most IS NULL THEN
        RETURN 0;
    END IF;
    IF most = 0 THEN
        RETURN 2147483647;
    END IF;
    SELECT max(l.n) INTO top FROM public.log l WHERE l.who = me AND l.n > 0;
    WHILE top > 0 AND seen < most LOOP  -- entries of one chain are numbered without a gap
        SELECT count(*) FILTER (WHERE l.at > since AND l.act = 'case_handed_out') AS handed,
               count(*) FILTER (WHERE l.at > since AND l.act = 'case_looked_up') AS looked,
               count(*) FILTER (WHERE l.at > since AND l.act = 'number_tried') AS tried, min(l.at) AS first
          INTO part FROM public.log l WHERE l.who = me AND l.n > greatest(top - 100, 0) AND l.n <= top;
        handed := handed + part.handed;
        looked := looked + part.looked;
        tried := tried + part.tried;
        seen := handed + greatest(looked, tried);  -- a number is tried before anything is looked up by it
        EXIT WHEN part.first <= since;
        top := top - 100;
    END LOOP;
    RETURN most - least(seen, most);
END
$$;

-- Refuses whoever has looked at as many contacts this hour as the study allows. One look at a time for each member: many
-- at once would each be the last that is allowed.
CREATE FUNCTION public.cati_may_view() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM public.member m WHERE m.id = public.cati_me() FOR NO KEY UPDATE;
    IF public.cati_views_left() <= 0 THEN
        RAISE EXCEPTION 'not allowed: too many contacts within an hour' USING ERRCODE = 'CA002';
    END IF;
END
$$;
