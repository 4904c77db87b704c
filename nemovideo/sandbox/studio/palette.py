"""Time of day and weather as colours: what every painter of a scene shades with."""

from dataclasses import dataclass, replace

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """A colour between two; share 0 is the first, 1 the second."""
    share = min(1.0, max(0.0, share))
    a, b = first, second
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def lighter(colour: Colour, share: float) -> Colour:
    """Towards white for a positive share, towards black for a negative one."""
    return mix(colour, WHITE if share > 0 else BLACK, abs(share))


@dataclass(frozen=True, slots=True)
class Light:
    """The palette of a moment: sky from top to horizon, sun or moon, tint and haze."""

    name: str
    top: Colour
    middle: Colour
    low: Colour
    sun: Colour
    sun_at: tuple[float, float]
    sun_size: float
    glow: float
    tint: Colour
    haze: Colour
    haze_share: float
    cloud: Colour
    clouds: float
    stars: float

    @property
    def is_night(self) -> bool:
        """Return True if lamps are lit and stars are out."""
        return self.name == "night"

    def shade(self, colour: Colour, depth: float = 0.0) -> Colour:
        """A thing's own colour as seen in this light, ``depth`` 0 (near) to 1 (horizon) away."""
        lit = tuple(c * t // 255 for c, t in zip(colour, self.tint, strict=True))
        return mix((lit[0], lit[1], lit[2]), self.haze, depth * self.haze_share)


_DAY = Light(
    name="day",
    top=(58, 136, 214),
    middle=(126, 190, 236),
    low=(214, 236, 246),
    sun=(255, 250, 224),
    sun_at=(0.78, 0.17),
    sun_size=0.055,
    glow=0.5,
    tint=(255, 255, 255),
    haze=(196, 222, 238),
    haze_share=0.72,
    cloud=(255, 255, 255),
    clouds=0.5,
    stars=0.0,
)
_DAWN = Light(
    name="dawn",
    top=(84, 108, 170),
    middle=(206, 160, 186),
    low=(255, 214, 178),
    sun=(255, 236, 204),
    sun_at=(0.3, 0.44),
    sun_size=0.06,
    glow=0.9,
    tint=(236, 206, 206),
    haze=(244, 200, 184),
    haze_share=0.82,
    cloud=(255, 214, 204),
    clouds=0.45,
    stars=0.0,
)
_SUNSET = Light(
    name="sunset",
    top=(62, 44, 104),
    middle=(214, 88, 92),
    low=(255, 186, 92),
    sun=(255, 226, 150),
    sun_at=(0.62, 0.47),
    sun_size=0.085,
    glow=1.0,
    tint=(226, 164, 150),
    haze=(244, 140, 98),
    haze_share=0.75,
    cloud=(250, 140, 116),
    clouds=0.5,
    stars=0.05,
)
_NIGHT = Light(
    name="night",
    top=(8, 12, 38),
    middle=(22, 34, 78),
    low=(62, 76, 128),
    sun=(240, 240, 226),
    sun_at=(0.76, 0.18),
    sun_size=0.045,
    glow=0.35,
    tint=(92, 110, 160),
    haze=(46, 60, 108),
    haze_share=0.72,
    cloud=(70, 82, 126),
    clouds=0.3,
    stars=1.0,
)
_TIMES = {light.name: light for light in (_DAY, _DAWN, _SUNSET, _NIGHT)}
_GREY: Colour = (150, 160, 172)


def light_for(time: str, weather: str) -> Light:
    """The light of a time (day, dawn, sunset, night) in a weather (clear, rain, snow, …)."""
    light = _TIMES.get(time, _DAY)
    match weather:
        case "rain":
            return _overcast(light, 0.7, 0.95)
        case "snow":
            return replace(_overcast(light, 0.5, 0.7), haze=mix(light.haze, (226, 234, 244), 0.4))
        case "cloudy":
            return _overcast(light, 0.45, 1.0)
        case "fog":
            hazy = _overcast(light, 0.35, 0.35)
            return replace(hazy, haze=mix(hazy.low, light.haze, 0.5), haze_share=0.93, glow=0.6)
        case _:
            return light


def _overcast(light: Light, share: float, clouds: float) -> Light:
    grey = mix(_GREY, (20, 24, 40), 0.75) if light.is_night else mix(_GREY, light.middle, 0.3)
    return replace(
        light,
        top=mix(light.top, lighter(grey, -0.3), share),
        middle=mix(light.middle, grey, share),
        low=mix(light.low, lighter(grey, 0.35), share),
        haze=mix(light.haze, lighter(grey, 0.2), share),
        tint=mix(light.tint, mix(light.tint, grey, 0.6), share),
        cloud=mix(light.cloud, lighter(grey, 0.25), share),
        clouds=clouds,
        glow=light.glow * (1 - share * 0.7),
        stars=light.stars * (1 - share),
    )
