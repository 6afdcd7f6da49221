"""Functions on places: areas and distances on the globe, by the formulas of ODK's engines."""

from __future__ import annotations

import itertools
import math

from cati.survey.function_texts import texts
from cati.survey.values import Value, as_text

_EARTH_RADIUS = 6_378_100.0
"""In metres, as in JavaRosa."""
Place = tuple[float, float]
"""Latitude and longitude in degrees."""


def places(*values: Value) -> list[Place] | None:
    """Return the points of texts like "48.37 10.89 0 0; 48.38 10.90 0 0", None when one is no point."""
    found: list[Place] = []
    for text in texts(values):
        for point in text.split(";"):
            if not point.strip():
                continue
            try:
                latitude, longitude = (float(part) for part in point.split()[:2])
            except ValueError:
                return None
            if abs(latitude) > 90 or abs(longitude) > 180 or len(point.split()) > 4:  # noqa: PLR2004 - degrees
                return None
            found.append((latitude, longitude))
    return found


def area(*values: Value) -> float:
    """Return the area within points in square metres, to the square centimetre; NaN for less than two points.

    The sum over the sides of a polygon on a sphere, as Enketo and ODK Web Forms have it; an open line is closed.
    """
    found = places(*values)
    if found is None or len(found) < 2:  # noqa: PLR2004 - a side has two ends
        return math.nan
    total = math.fsum(
        math.radians(two[1] - one[1]) * (2 + math.sin(math.radians(one[0])) + math.sin(math.radians(two[0])))
        for one, two in itertools.pairwise([*found, found[0]])
    )
    return round(abs(total) * _EARTH_RADIUS**2 / 2, 2)


def distance(*values: Value) -> float:
    """Return the length of the way from point to point in metres, to the centimetre; NaN for less than two points."""
    found = places(*values)
    if found is None or len(found) < 2:  # noqa: PLR2004 - a way has two ends
        return math.nan
    return round(math.fsum(_between(one, two) for one, two in itertools.pairwise(found)), 2)


def _between(one: Place, two: Place) -> float:
    first, second = math.radians(one[0]), math.radians(two[0])
    across = math.radians(one[1] - two[1])
    cosine = math.sin(first) * math.sin(second) + math.cos(first) * math.cos(second) * math.cos(across)
    return math.acos(max(-1.0, min(1.0, cosine))) * _EARTH_RADIUS


def geofence(point: Value, shape: Value) -> bool:
    """Return whether a point lies within a shape (the even-odd rule); not when either is none, or the shape is open."""
    here, fence = places(point), places(shape)
    if not here or not fence or fence[0] != fence[-1]:
        return False
    y, x = here[0]
    inside = False
    for (y1, x1), (y2, x2) in itertools.pairwise(fence):
        if (y2 > y) != (y1 > y) and x < (x1 - x2) * (y - y2) / (y1 - y2) + x2:
            inside = not inside
    return inside


def short_geopoint(value: Value) -> str:
    """Return latitude and longitude with five places, as SurveyCTO does; "" for what is no point."""
    found = places(value)
    return f"{found[0][0]:.5f} {found[0][1]:.5f}" if found and as_text(value).strip() else ""
