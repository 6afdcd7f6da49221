"""Fills a study on a server: what is sealed is made once, where each case stands by SQL; a million in some minutes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from cati.fieldwork.placing import rank_of

_TABLES = ("case", "contact", "contact_index", "turn", "attempt")
_SAMPLE = ("contact", "contact_index")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Sealed:
    """The contacts of a study and the keyed hashes of their numbers, as COPY takes them, one file a table."""

    folder: Path

    def write(self, rows: Iterable[tuple[str, bytes, bytes, bytes]]) -> None:
        """Keep (case, sealed key, sealed details, hash of the number), which come in the order of their cases' ids."""
        contacts, hashes = (self.folder / f"{table}.copy" for table in _SAMPLE)
        with contacts.open("w", encoding="ascii") as to_contacts, hashes.open("w", encoding="ascii") as to_hashes:
            for case, key, details, digest in rows:
                to_contacts.write(f"{case}\t\\\\x{key.hex()}\t\\\\x{details.hex()}\n")
                to_hashes.write(f"\\\\x{digest.hex()}\t{case}\n")

    def blocks(self, table: str) -> Iterator[bytes]:
        """Yield what was kept for a table."""
        with (self.folder / f"{table}.copy").open("rb") as file:
            while block := file.read(_BLOCK):
                yield block


@dataclass(frozen=True)
class Field:
    """How far the field is: so many of all cases were called (share), so many of these are closed. Instants in seconds."""

    called: float
    closed: float
    now: int


_COLUMNS = {"contact": '"case", sealed_key, sealed_details', "contact_index": 'hash, "case"'}
_CASES = """
INSERT INTO "case" (id, cell, status, tier, rank, due_at, turns_at, final_code, draw)
SELECT id, cells[1 + floor(cell * cardinality(cells))::int],
  CASE WHEN fresh THEN 0 WHEN lot < {closed} THEN 3 ELSE 1 END,
  CASE WHEN fresh OR lot <= 0.99 THEN 3 ELSE 0 END,
  CASE WHEN fresh THEN {first} + floor(low * 4294967296)::bigint WHEN lot < {closed} THEN 0
    WHEN lot > 0.99 THEN due << 12 ELSE {last} END,
  CASE WHEN fresh OR lot < {closed} THEN {now} ELSE due END,
  CASE WHEN NOT fresh AND lot >= {closed} THEN due END,
  CASE WHEN NOT fresh AND lot < {closed} THEN CASE WHEN code < 0.995 THEN '3.13' ELSE '1.1' END END,
  floor(draw * 9e18)::bigint
FROM (
  SELECT "case" AS id, random() >= {called} AS fresh, random() AS lot, random() AS cell, random() AS low,
    random() AS code, random() AS draw, {now} + 3600 + floor(random() * (6 * 86400 - 3600))::bigint AS due
  FROM (SELECT "case" FROM contact ORDER BY "case") AS c
) AS drawn, (SELECT array_agg(id ORDER BY id) AS cells FROM cell) AS k
"""
_STEPS = """
INSERT INTO turn ("case", at, status, tier, rank, due_at)
SELECT id, turns_at, 0, tier, rank, due_at FROM "case" WHERE turns_at IS NOT NULL ORDER BY id
"""
_CALLS = """
INSERT INTO attempt (id, "case", interviewer, started, ended, phone, phone_kind, outcome)
SELECT md5('call ' || id), id, 'x', {now} - 86400, {now} - 86370, 0, 'landline', 'no_answer' FROM "case"
WHERE status <> 0 ORDER BY 1
"""


def lay_out(url: str, database: str, sealed: Sealed, field: Field) -> None:
    """Put the whole sample there, without statistics, as if nobody had counted anything yet; whatever was is gone.

    As the administrator: foreign keys are not asked, indexes are made when all rows are there.
    """
    words = {
        "now": field.now, "called": field.called, "closed": field.closed, "first": rank_of(3, 0),
        "last": rank_of(3, 1 << 51),
    }  # fmt: skip
    with closing(psycopg.connect(url, dbname=database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute("SELECT setseed(0.5)")
        names = ", ".join(f'"{table}"' for table in _TABLES)
        cursor.execute(f"TRUNCATE {names} CASCADE")
        cursor.execute(
            "DELETE FROM pg_statistic USING pg_class c WHERE c.oid = starelid AND c.relnamespace = 'public'::regnamespace"
        )
        with _without_indexes(cursor):
            for table in _SAMPLE:
                with cursor.copy(f"COPY {table} ({_COLUMNS[table]}) FROM STDIN") as copy:
                    for block in sealed.blocks(table):
                        copy.write(block)
            for statement in (_CASES, _STEPS, _CALLS):
                cursor.execute(statement.format(**words))


@contextmanager
def _without_indexes(cursor: psycopg.Cursor[Any]) -> Iterator[None]:
    """Take away what no constraint needs of the sample's indexes, and make them anew at the end."""
    cursor.execute(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.schemaname = 'public' AND i.tablename = ANY (%s)"
        " AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conname = i.indexname)",
        (list(_TABLES),),
    )
    found = cursor.fetchall()
    for name, _definition in found:
        cursor.execute(f"DROP INDEX public.{name}")
    yield
    for _name, definition in found:
        cursor.execute(definition)
