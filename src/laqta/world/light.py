"""The light of each time of day, as plain numbers (RGB fractions)."""

from __future__ import annotations

from dataclasses import dataclass

from laqta.shot import TimeOfDay

Color = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Light:
    """Factors for the painted land and for props, the sky from top to horizon, and the colour of haze and fog."""

    land: Color
    prop: Color
    sky_top: Color
    sky_low: Color
    haze: Color
    fog: Color
    shadow: float


LIGHTS: dict[TimeOfDay, Light] = {
    "day": Light(
        land=(1.0, 1.0, 1.0),
        prop=(1.0, 1.0, 1.0),
        sky_top=(0.30, 0.62, 0.96),
        sky_low=(0.80, 0.93, 1.0),
        haze=(0.80, 0.90, 0.98),
        fog=(0.86, 0.88, 0.90),
        shadow=0.34,
    ),
    "sunset": Light(
        land=(0.99, 0.77, 0.70),
        prop=(1.0, 0.87, 0.78),
        sky_top=(0.40, 0.26, 0.56),
        sky_low=(1.0, 0.66, 0.30),
        haze=(0.98, 0.58, 0.40),
        fog=(0.87, 0.73, 0.68),
        shadow=0.36,
    ),
    "night": Light(
        land=(0.34, 0.40, 0.66),
        prop=(0.64, 0.68, 0.90),
        sky_top=(0.02, 0.03, 0.13),
        sky_low=(0.13, 0.18, 0.40),
        haze=(0.12, 0.16, 0.36),
        fog=(0.32, 0.36, 0.48),
        shadow=0.42,
    ),
}


def under(light: Color, color: Color, factor: float = 1.0) -> Color:
    """A colour in the light of another, times a factor."""
    return factor * light[0] * color[0], factor * light[1] * color[1], factor * light[2] * color[2]


def toward_white(color: Color, share: float, lift: float = 0.0) -> Color:
    """A colour scaled by `share` and lifted evenly, at most white."""
    red, green, blue = color
    return min(1.0, lift + share * red), min(1.0, lift + share * green), min(1.0, lift + share * blue)
