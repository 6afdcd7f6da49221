-- Handing out cases. What decides here is who asks, the server's clock and the tables; nothing that a client believes.
-- The numbers of statuses, the seconds of a lease and the codes are those of cati.store.cases, cati.fieldwork.delivered
-- and cati.survey.dispositions; a test holds them together.

-- Whether the standing of any case changes by itself at or before this moment.
CREATE FUNCTION public.cati_turns_now(this_moment bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM (VALUES (0), (1), (2), (3)) AS k (tier)
        CROSS JOIN LATERAL (
            SELECT c.turns_at FROM public."case" AS c WHERE c.tier = k.tier AND c.turns_at IS NOT NULL
            ORDER BY c.turns_at LIMIT 1) AS first
        WHERE first.turns_at <= this_moment);
END
$$;

-- Put these locked cases where their timelines say they are at this moment; a lease that ended is told in the log. Nobody
-- may call this one but the functions here.
CREATE FUNCTION public.cati_move(due text[], this_moment bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lapsed record;
BEGIN
    FOR lapsed IN
        SELECT c.id, c.fence, c.lease_holder, c.lease_until FROM public."case" AS c
        WHERE c.id = ANY (due) AND c.status = 2
    LOOP
        UPDATE public.attempt AS a
        SET ended = greatest(a.started, lapsed.lease_until),
            outcome = CASE WHEN EXISTS (SELECT 1 FROM public.draft_event AS e WHERE e."case" = lapsed.id)
                      THEN 'interrupted' ELSE 'technical' END
        WHERE a."case" = lapsed.id AND a.ended IS NULL;
        PERFORM public.cati_write(
            'case_put_back', lapsed.id, lapsed.fence, '{"lapsed":"' || lapsed.lease_holder || '"}');
    END LOOP;
    UPDATE public."case" AS c
    SET status = t.status, tier = t.tier, rank = t.rank, due_at = t.due_at, turns_at = t.turns_at, avoid = t.avoid,
        final_code = t.final_code, lease_holder = NULL, lease_until = NULL,
        -- The last step of a timeline that should go on: somebody has until the end of this place to plan more.
        replan = CASE
            WHEN t.turns_at IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM public.turn AS l WHERE l."case" = t."case" AND l.at > t.at)
            THEN coalesce(c.replan, CASE WHEN t.at = 0 THEN c.lease_until ELSE t.at END)
            ELSE c.replan END
    FROM public.turn AS t
    WHERE c.id = ANY (due) AND t."case" = c.id
        AND t.at = (SELECT max(s.at) FROM public.turn AS s WHERE s."case" = c.id AND s.at <= this_moment);
    -- Without a step: a lease goes back to the place it was taken from; anything else waits to be worked out anew.
    UPDATE public."case" AS c
    SET status = CASE WHEN c.status = 2 THEN 0 ELSE c.status END, lease_holder = NULL, lease_until = NULL,
        turns_at = NULL, replan = CASE WHEN c.status = 2 THEN c.replan ELSE coalesce(c.replan, c.turns_at) END
    WHERE c.id = ANY (due) AND c.turns_at <= this_moment;
    DELETE FROM public.turn AS t WHERE t."case" = ANY (due) AND t.at <= this_moment;
END
$$;

-- Moves up to `most` cases along their timelines whose standing changed by the passing of time, the urgent tiers
-- first; what somebody else has in hand is left alone. A lease that ran out ends, and with it a call left open.
CREATE FUNCTION public.cati_turn(most int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    this_moment bigint := public.cati_now();
    due text[];
BEGIN
    IF NOT public.cati_turns_now(this_moment) THEN
        RETURN 0;
    END IF;
    SELECT array_agg(k.id) INTO due FROM (
        SELECT * FROM (
            SELECT id FROM public."case" WHERE tier = 0 AND turns_at IS NOT NULL AND turns_at <= this_moment
            ORDER BY turns_at LIMIT 32 FOR UPDATE SKIP LOCKED) AS tier_0
        UNION ALL SELECT * FROM (
            SELECT id FROM public."case" WHERE tier = 1 AND turns_at IS NOT NULL AND turns_at <= this_moment
            ORDER BY turns_at LIMIT 32 FOR UPDATE SKIP LOCKED) AS tier_1
        UNION ALL SELECT * FROM (
            SELECT id FROM public."case" WHERE tier = 2 AND turns_at IS NOT NULL AND turns_at <= this_moment
            ORDER BY turns_at LIMIT 32 FOR UPDATE SKIP LOCKED) AS tier_2
        UNION ALL SELECT * FROM (
            SELECT id FROM public."case" WHERE tier = 3 AND turns_at IS NOT NULL AND turns_at <= this_moment
            ORDER BY turns_at LIMIT 32 FOR UPDATE SKIP LOCKED) AS tier_3
        LIMIT least(most, 32)) AS k;
    IF due IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM public.cati_move(due, this_moment);
    RETURN cardinality(due);
END
$$;

-- How many more interviews may begin at a place: 0 once the target is reached, and never more at once than the margin
-- lets the interviews now running overshoot it. `whole`: of the site, `part`: of its department. `left_over`: how many
-- that were begun before may go on: to the very end of the margin, also once the target is reached. One statement, one
-- snapshot: an interview that ends meanwhile is counted as running or as complete, never as neither.
CREATE FUNCTION public.cati_room(
    of_site text, of_department text, OUT whole int, OUT part int, OUT left_over int)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    all_of_it int[];
    same int[];
BEGIN
    SELECT array_agg(l.id), array_agg(l.id) FILTER (WHERE l.department = of_department) INTO all_of_it, same
    FROM public.cell AS l WHERE l.site = of_site;
    SELECT min(CASE WHEN k.complete >= s.wanted THEN 0 ELSE s.wanted + s.margin - k.complete - k.running END),
           min(CASE WHEN k.of_part >= d.wanted THEN 0 ELSE d.wanted + d.margin - k.of_part - k.running_part END),
           min(least(s.wanted + s.margin - k.complete - k.running, d.wanted + d.margin - k.of_part - k.running_part))
    INTO whole, part, left_over
    FROM (
        SELECT count(*) FILTER (WHERE u.done) AS complete, count(*) FILTER (WHERE NOT u.done) AS running,
               count(*) FILTER (WHERE u.done AND u.cell = ANY (same)) AS of_part,
               count(*) FILTER (WHERE NOT u.done AND u.cell = ANY (same)) AS running_part
        FROM (
            SELECT c.cell, true AS done FROM public."case" AS c WHERE c.final_code = '1.1' AND c.cell = ANY (all_of_it)
            UNION ALL SELECT c.cell, false FROM public."case" AS c
            WHERE c.status = 2 AND c.cell = ANY (all_of_it) AND c.avoid IS NULL
            UNION ALL SELECT c.cell, false FROM public."case" AS c
            WHERE c.status = 2 AND c.cell = ANY (all_of_it) AND c.avoid IS NOT NULL
        ) AS u
    ) AS k
    JOIN public.target AS s ON s.site = of_site AND s.department = ''
    JOIN public.target AS d ON d.site = of_site AND d.department = of_department;
    whole := coalesce(whole, 0);  -- a place that no settings name is not called
    part := coalesce(part, 0);
    left_over := coalesce(left_over, 0);
END
$$;

-- Whether an interview of one more case may begin (or, `begun`, go on): '' it may, 'full' there are enough, 'running'
-- those that run could be enough. Until this transaction ends nobody else begins one at its site, so that what it says stays true.
CREATE FUNCTION public.cati_room_for("case" text, begun boolean) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place record;
    room record;
BEGIN
    PERFORM public.cati_demand(0);
    SELECT l.site, l.department INTO place FROM public.cell AS l JOIN public."case" AS c ON c.cell = l.id
    WHERE c.id = cati_room_for."case";
    PERFORM 1 FROM public.target AS t WHERE t.site = place.site AND t.department = '' FOR UPDATE;
    SELECT * INTO room FROM public.cati_room(place.site, place.department);
    IF (CASE WHEN begun THEN room.left_over ELSE least(room.whole, room.part) END) > 0 THEN
        RETURN '';
    END IF;
    RETURN CASE WHEN EXISTS (
        SELECT 1 FROM public.target AS t
        WHERE t.site = place.site AND t.department IN ('', place.department) AND t.wanted <= (
            SELECT count(*) FROM public."case" AS c JOIN public.cell AS l ON l.id = c.cell
            WHERE c.final_code = '1.1' AND l.site = t.site AND t.department IN ('', l.department)))
        THEN 'full' ELSE 'running' END;
END
$$;

-- The cells in which no more interviews may begin at this moment.
CREATE FUNCTION public.cati_shut() RETURNS int[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.cati_demand(0);
    RETURN ARRAY(
        WITH taken AS (
            SELECT l.id, l.site, l.department, t.complete, t.running
            FROM public.cell AS l JOIN public.cati_taken(ARRAY(SELECT k.id FROM public.cell AS k)) AS t ON t.cell = l.id
        ), places AS (
            SELECT site, '' AS department, sum(complete) AS complete, sum(running) AS running FROM taken GROUP BY site
            UNION ALL
            SELECT site, department, sum(complete), sum(running) FROM taken GROUP BY site, department
        ), full_places AS (
            SELECT p.site, p.department FROM places AS p
            LEFT JOIN public.target AS t ON t.site = p.site AND t.department = p.department
            WHERE t.site IS NULL OR p.complete >= t.wanted OR p.complete + p.running >= t.wanted + t.margin
        )
        SELECT l.id FROM public.cell AS l JOIN full_places AS f
            ON f.site = l.site AND (f.department = '' OR f.department = l.department));
END
$$;

-- Which cases that refused softly a member may call: '' all that did not refuse at them, an id those that refused at
-- this member alone, NULL none. They are for members who convert, as long as there is one who was not refused.
CREATE FUNCTION public.cati_second(of_member text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    converters text[] := ARRAY(SELECT m.id FROM public.member AS m WHERE m.converts AND m.active);
BEGIN
    RETURN CASE WHEN of_member = ANY (converters) OR cardinality(converters) = 0 THEN ''
                WHEN cardinality(converters) = 1 THEN converters[1] END;
END
$$;

-- Hands the best case that may be called this moment to whoever asks, on a lease; no row: there is none.
-- A case that they hold already comes first. SQLSTATE 40001: two claims met at the end of a quota; ask again.
-- A server without statistics takes the first of a million for the first of few, and reads and sorts them all: it may
-- not, here and in what is called from here. Nor does it plan anew for every list of cells.
CREATE FUNCTION public.cati_claim() RETURNS SETOF public."case"
LANGUAGE plpgsql VOLATILE ROWS 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_hashjoin = off
SET enable_mergejoin = off SET jit = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    lease_seconds CONSTANT int := 1800;
    me text := public.cati_me();
    began timestamptz := clock_timestamp();
    this_moment bigint;
    spoken text[];
    crowd int;              -- so many may claim at the same moment
    mine public."case";
    usual int[];            -- cells where anybody may be called now, without those that are shut
    wished int[];           -- and where only those who wished for this hour may
    shut int[];             -- cells found full, or with as many running as may be
    alone text[] := '{}';   -- sites whose quota nobody else looks at until this transaction ends
    place record;
    room record;
    turned int;
BEGIN
    -- Only one claim at a time for each member: the other window's waits here.
    SELECT string_to_array(m.languages, ' ') INTO spoken
    FROM public.member AS m WHERE m.id = me AND m.active FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not a member' USING ERRCODE = '42501';
    END IF;
    this_moment := public.cati_now();

    SELECT * INTO mine FROM public."case" AS c WHERE c.lease_holder = me AND c.lease_until > this_moment
    LIMIT 1 FOR NO KEY UPDATE;
    IF FOUND THEN
        RETURN NEXT public.cati_leased(mine, me, this_moment + lease_seconds);
        RETURN;
    END IF;
    IF EXISTS (SELECT 1 FROM public.log AS e WHERE e.act = 'field_ended') THEN
        RETURN;
    END IF;

    PERFORM public.cati_may_view();

    SELECT count(*) INTO crowd FROM public.member AS m WHERE m.active;
    SELECT coalesce(array_agg(l.id) FILTER (WHERE k.anybody), '{}'),
           coalesce(array_agg(l.id) FILTER (WHERE NOT k.anybody), '{}')
    INTO usual, wished
    FROM public.cell AS l
    JOIN (SELECT o.site, bool_or(NOT o.appointments) AS anybody FROM public.calling_time AS o
          WHERE o.opens > this_moment - 90000 AND o.opens <= this_moment AND o.closes > this_moment
          GROUP BY o.site) AS k ON k.site = l.site
    WHERE l.language = ANY (spoken);

    LOOP
        turned := public.cati_turn(25);
        LOOP
            mine := public.cati_best(usual, wished, me);
            EXIT WHEN mine.id IS NULL;
            SELECT l.site, l.department INTO place FROM public.cell AS l WHERE l.id = mine.cell;
            IF place.site = ANY (alone) THEN
                SELECT * INTO room FROM public.cati_room(place.site, place.department);
            ELSE
                BEGIN
                    -- Whoever must be alone at a site waits for those who claim there, and they see what it took.
                    PERFORM 1 FROM public.target AS t WHERE t.site = place.site AND t.department = '' FOR KEY SHARE;
                    SELECT * INTO room FROM public.cati_room(place.site, place.department);
                    IF least(room.whole, room.part) BETWEEN 1 AND crowd THEN
                        RAISE EXCEPTION 'few are left' USING ERRCODE = 'CA001';
                    END IF;
                EXCEPTION WHEN SQLSTATE 'CA001' THEN
                    -- So few are left that those who claim at this moment could overshoot: one after the other.
                    IF cardinality(alone) = 0 THEN
                        PERFORM 1 FROM public.target AS t WHERE t.site = place.site AND t.department = ''
                        FOR UPDATE;
                    ELSE  -- never wait for a second site while holding the first
                        PERFORM 1 FROM public.target AS t WHERE t.site = place.site AND t.department = ''
                        FOR UPDATE SKIP LOCKED;
                        IF NOT FOUND THEN
                            RAISE EXCEPTION 'claims met' USING ERRCODE = '40001';
                        END IF;
                    END IF;
                    alone := alone || place.site::text;
                    SELECT * INTO room FROM public.cati_room(place.site, place.department);
                END;
            END IF;
            IF least(room.whole, room.part) > 0 THEN
                RETURN NEXT public.cati_leased(mine, me, this_moment + lease_seconds);
                RETURN;
            END IF;
            shut := public.cati_shut() || mine.cell;
            usual := ARRAY(SELECT k FROM unnest(usual) AS k WHERE k <> ALL (shut));
            wished := ARRAY(SELECT k FROM unnest(wished) AS k WHERE k <> ALL (shut));
        END LOOP;
        -- None is refused while there is a case that somebody else only turns, or holds for a moment.
        IF turned = 0 THEN
            IF NOT public.cati_turns_now(this_moment) THEN
                EXIT WHEN NOT public.cati_any(usual, wished, me);
            END IF;
            EXIT WHEN clock_timestamp() > began + interval '3 seconds';
            PERFORM pg_sleep(0.003 + 0.004 * random());
        END IF;
    END LOOP;
END
$$;

-- The best ready case of these cells that `me` may call (of `wished` appointments only), locked: nobody else gets it
-- until this transaction ends, and those that somebody else has in hand are passed over. For cati_claim.
-- Whoever took one up and gave it back between the look and the lock may have put it elsewhere: then it is passed over.
-- The lock finds a case by its id and by nothing else, however few are ready in the planner's eyes: hence "+ 0".
CREATE FUNCTION public.cati_best(usual int[], wished int[], me text) RETURNS public."case"
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    below CONSTANT bigint := 1::bigint << 59;  -- the first rank behind the appointments
    endless CONSTANT bigint := 9223372036854775807;
    depth CONSTANT int := 8;
    best public."case";
    better public."case";
    only_of text;
BEGIN
    -- The front of the whole queue nearly always holds one …
    SELECT c.* INTO best
    FROM (SELECT f.id, f.rank, f.cell FROM public."case" AS f
          WHERE f.status = 0 AND f.avoid IS NULL ORDER BY f.rank LIMIT 100) AS k
    JOIN public."case" AS c ON c.id = k.id
    WHERE (k.cell = ANY (usual) OR (k.cell = ANY (wished) AND k.rank < below))
        AND c.status + 0 = 0 AND coalesce(c.avoid, '') = '' AND c.rank + 0 = k.rank
    ORDER BY k.rank LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED;
    IF best.id IS NULL THEN  -- … unless cells stand there that may not be called now.
        SELECT c.* INTO best
        FROM (SELECT f.id, f.rank
              FROM (SELECT unnest(usual) AS cell, endless AS under UNION ALL SELECT unnest(wished), below) AS w
              CROSS JOIN LATERAL (
                  SELECT g.id, g.rank FROM public."case" AS g
                  WHERE g.status = 0 AND g.cell = w.cell AND g.avoid IS NULL AND g.rank < w.under
                  ORDER BY g.rank LIMIT depth) AS f
              ORDER BY f.rank LIMIT 400) AS k
        JOIN public."case" AS c ON c.id = k.id
        WHERE c.status + 0 = 0 AND coalesce(c.avoid, '') = '' AND c.rank + 0 = k.rank
        ORDER BY k.rank LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED;
    END IF;
    only_of := public.cati_seconds(me);
    IF only_of IS NOT NULL THEN
        SELECT c.* INTO better
        FROM (SELECT f.id, f.rank, f.avoid
              FROM (SELECT unnest(usual) AS cell, endless AS under UNION ALL SELECT unnest(wished), below) AS w
              CROSS JOIN LATERAL (
                  SELECT g.id, g.rank, g.avoid FROM public."case" AS g
                  WHERE g.status = 0 AND g.cell = w.cell AND g.avoid IS NOT NULL AND g.avoid <> me
                      AND (only_of = '' OR g.avoid = only_of) AND g.rank < least(w.under, best.rank)
                  ORDER BY g.rank LIMIT depth) AS f
              ORDER BY f.rank LIMIT 400) AS k
        JOIN public."case" AS c ON c.id = k.id
        WHERE c.status + 0 = 0 AND coalesce(c.avoid, '') = k.avoid AND c.rank + 0 = k.rank
        ORDER BY k.rank LIMIT 1 FOR NO KEY UPDATE OF c SKIP LOCKED;
        IF better.id IS NOT NULL THEN
            RETURN better;
        END IF;
    END IF;
    RETURN best;
END
$$;

-- Whether there is such a case at all, those that somebody else has in hand for a moment among them; for cati_claim.
CREATE FUNCTION public.cati_any(usual int[], wished int[], me text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    below CONSTANT bigint := 1::bigint << 59;
    endless CONSTANT bigint := 9223372036854775807;
    only_of text := public.cati_seconds(me);
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM (SELECT unnest(usual) AS cell, endless AS under UNION ALL SELECT unnest(wished), below) AS w
        CROSS JOIN LATERAL (
            SELECT 1 FROM public."case" AS f
            WHERE f.status = 0 AND f.cell = w.cell AND f.avoid IS NULL AND f.rank < w.under
            ORDER BY f.rank LIMIT 1) AS k
    ) OR only_of IS NOT NULL AND EXISTS (
        SELECT 1 FROM (SELECT unnest(usual) AS cell, endless AS under UNION ALL SELECT unnest(wished), below) AS w
        CROSS JOIN LATERAL (
            SELECT 1 FROM public."case" AS f
            WHERE f.status = 0 AND f.cell = w.cell AND f.avoid IS NOT NULL AND f.avoid <> me
                AND (only_of = '' OR f.avoid = only_of) AND f.rank < w.under
            ORDER BY f.rank LIMIT 1) AS k);
END
$$;

-- What cati_second says, NULL too while no case is ready that refused softly; for cati_best and cati_any.
CREATE FUNCTION public.cati_seconds(me text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM public."case" AS c WHERE c.status = 0 AND c.avoid IS NOT NULL ORDER BY c.cell, c.rank LIMIT 1;
    RETURN CASE WHEN FOUND THEN public.cati_second(me) END;
END
$$;

-- Leases a case that this transaction has locked, writes what becomes of it when the lease runs out, and logs it.
CREATE FUNCTION public.cati_leased(was public."case", holder text, until bigint) RETURNS public."case"
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    leased public."case";
BEGIN
    IF was.status = 1 OR (was.status = 0 AND was.turns_at IS NOT NULL) THEN
        INSERT INTO public.turn ("case", at, status, tier, rank, due_at, turns_at, avoid, final_code)
        VALUES (was.id, 0, was.status, was.tier, was.rank, was.due_at, was.turns_at, was.avoid, was.final_code);
    END IF;
    UPDATE public."case" AS c
    SET status = 2, lease_holder = holder, lease_until = until, turns_at = until, fence = c.fence + 1
    WHERE c.id = was.id RETURNING c.* INTO leased;
    PERFORM set_config('cati.fence', (was.fence + 1)::text, true);
    PERFORM public.cati_write('case_handed_out', leased.id, leased.fence, '');
    RETURN leased;
END
$$;

-- Counts for the page that says why there is no case, and for the supervisor's numbers; never a case.
-- whom: 0 whoever asks may call them as far as refusals go, 1 a colleague may, 2 only members who convert.
CREATE FUNCTION public.cati_counts(OUT status smallint, OUT cell int, OUT whom int, OUT n bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me text := public.cati_me();
    only_of text := public.cati_second(me);
BEGIN
    PERFORM public.cati_demand(0);
    RETURN QUERY
    SELECT c.status, c.cell, 0, count(*) FROM public."case" AS c WHERE c.avoid IS NULL GROUP BY c.status, c.cell;
    RETURN QUERY
    SELECT c.status, c.cell,
           CASE WHEN c.avoid = me THEN 1 WHEN only_of = '' OR c.avoid = only_of THEN 0 ELSE 2 END, count(*)
    FROM public."case" AS c WHERE c.avoid IS NOT NULL GROUP BY 1, 2, 3;
END
$$;

-- Complete and running interviews by cell.
CREATE FUNCTION public.cati_taken(cells int[], OUT cell int, OUT complete bigint, OUT running bigint)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.cati_demand(0);
    RETURN QUERY
    SELECT w.cell, f.n, r.n + a.n
    FROM unnest(cells) AS w (cell)
    CROSS JOIN LATERAL (SELECT count(*) AS n FROM public."case" AS c
                        WHERE c.final_code = '1.1' AND c.cell = w.cell) AS f
    CROSS JOIN LATERAL (SELECT count(*) AS n FROM public."case" AS c
                        WHERE c.status = 2 AND c.cell = w.cell AND c.avoid IS NULL) AS r
    CROSS JOIN LATERAL (SELECT count(*) AS n FROM public."case" AS c
                        WHERE c.status = 2 AND c.cell = w.cell AND c.avoid IS NOT NULL) AS a;
END
$$;

-- When the next waiting case of these cells is due (seconds since 1970); NULL: none waits.
CREATE FUNCTION public.cati_first_due(cells int[]) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    this_moment bigint := public.cati_now();  -- asked in the query it would be asked for every row
BEGIN
    PERFORM public.cati_demand(0);
    RETURN (SELECT min(c.due_at) FROM public."case" AS c WHERE c.status = 1 AND c.cell = ANY (cells)
              AND c.due_at > this_moment);  -- others wait to be worked out anew
END
$$;

-- Whether the research lead ended the field period for good; others' entries of the log are hidden.
CREATE FUNCTION public.cati_field_ended() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.cati_demand(0);
    RETURN EXISTS (SELECT 1 FROM public.log AS e WHERE e.act = 'field_ended');
END
$$;
