-- For tests: who asks, and what time it is, as the test says (cati.me or cati.login, cati.now); the log's entry as Python makes it.
CREATE OR REPLACE FUNCTION public.cati_me() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_setting('cati.me', true) <> '' THEN
        RETURN (SELECT m.id FROM public.member AS m WHERE m.id = current_setting('cati.me', true) AND m.active);
    END IF;
    RETURN (SELECT m.id FROM public.member AS m
            WHERE lower(m.login) = lower(current_setting('cati.login', true)) AND m.active);
END
$$;

CREATE OR REPLACE FUNCTION public.cati_now() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(nullif(current_setting('cati.now', true), '')::bigint,
                    floor(extract(epoch FROM clock_timestamp()))::bigint)
$$;

CREATE OR REPLACE FUNCTION public.cati_note(act text, "case" text, fence int, details text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me text := public.cati_me();
    last record;
    number int;
    before bytea;
    at bigint := public.cati_now();
    entry bytea;
BEGIN
    LOOP
        SELECT l.n, l.hash INTO last FROM public.log AS l WHERE l.who = me AND l.n > 0 ORDER BY l.n DESC LIMIT 1;
        number := coalesce(last.n, 0) + 1;
        before := coalesce(last.hash, sha256((
            SELECT string_agg(int4send(length(convert_to(f, 'UTF8'))) || convert_to(f, 'UTF8'), '' ORDER BY k)
            FROM unnest(ARRAY['cati log 2', (SELECT s.id FROM public.study AS s), me]) WITH ORDINALITY AS part (f, k))));
        entry := sha256(int4send(length(before)) || before || (
            SELECT string_agg(int4send(length(convert_to(f, 'UTF8'))) || convert_to(f, 'UTF8'), '' ORDER BY k)
            FROM unnest(ARRAY[number::text, at::text, me, act, "case", fence::text, details])
                WITH ORDINALITY AS part (f, k)));
        INSERT INTO public.log (n, at, who, act, "case", fence, details, previous, hash)
        VALUES (number, at, me, act, "case", fence, details, before, entry)
        ON CONFLICT (who, n) DO NOTHING;
        EXIT WHEN FOUND;
    END LOOP;
END
$$;
