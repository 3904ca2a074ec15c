"""The street without its traffic: ray-cast planes for road, pavement, house fronts and sky, and what stands in it."""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

import furniture
from fronts import END, FRONTS, Fronts
from optics import HORIZON, SUN, SUN_FROM, Noise, ambient, mix, sample, sky, step, sunlight
from plates import CONDENSED

KERB_LEFT, LINE, KERB_RIGHT = .45, 3.9, 7.35
NORTH, WEST, UPWARDS = np.float32([0, -1, 0]), np.float32([-1, 0, 0]), np.float32([0, 0, 1])

_noise, _fine = Noise(11), Noise(12)
_SLABS = np.random.default_rng(13).random(997, np.float32)


def render(camera, fine=2):
    """The empty street in linear light, [h, w, 3] each: what the sky gives, what the sun adds."""
    sharp = camera.scaled(fine)
    shadow, sun = _planes(sharp)
    furniture.stand(sharp, shadow, sun)
    size = (camera.width, camera.height)
    return tuple(cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in (shadow, sun))


# ---- planes

def _planes(camera):
    ray, eye = camera.rays(), camera.position
    far = np.full(ray.shape[:2], 1e6, np.float32)
    light, sun = sky(ray / np.linalg.norm(ray, axis=-1, keepdims=True)), np.zeros(ray.shape, np.float32)
    light = light * (1 + .22 * step(.05, .5, _noise(ray[..., 0] * 30, ray[..., 2] * 90, 6))[..., None])
    haze = HORIZON * .8

    def lay(axis, at, normal, inside, colour):
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = (at - eye[axis]) / ray[..., axis]
        hit = (distance > .1) & (distance < far)
        rows, columns = np.nonzero(hit)
        points = eye + ray[rows, columns] * distance[rows, columns, None]
        kept = inside(points)
        rows, columns, points = rows[kept], columns[kept], points[kept]
        albedo = colour(points)
        veil = (1 - np.exp(-distance[rows, columns] / 1100))[:, None]
        far[rows, columns] = distance[rows, columns]
        light[rows, columns] = mix(albedo[:, :3] * ambient(normal[None]) * albedo[:, 3:], haze, veil)
        facing = float(np.clip(normal @ SUN_FROM, 0, 1))
        sun[rows, columns] = albedo[:, :3] * SUN * (facing * sunlight(points) * albedo[:, 3])[:, None] * (1 - veil)

    between = lambda v, lo, hi: (v > lo) & (v < hi)
    along = lambda p: between(p[:, 1], 1, END)
    lay(2, 0, UPWARDS, lambda p: along(p) & between(p[:, 0], KERB_LEFT, KERB_RIGHT), _road)
    lay(2, .12, UPWARDS, lambda p: along(p) & (between(p[:, 0], -4, KERB_LEFT) | between(p[:, 0], KERB_RIGHT, FRONTS)), _pavement)
    lay(0, KERB_RIGHT, WEST, lambda p: along(p) & (p[:, 2] > 0) & (p[:, 2] < .12), _kerb)
    fronts = Fronts()
    lay(0, FRONTS, WEST, lambda p: along(p) & (p[:, 2] > .12) & (p[:, 2] < fronts.height(p[:, 1])), fronts)
    lay(1, END, NORTH, lambda p: (p[:, 2] > 0) & (p[:, 2] < _skyline(p[:, 0])), _vista)
    lay(0, -4, -WEST, lambda p: along(p) & (p[:, 2] > 0) & (p[:, 2] < 1.9 + .25 * _noise(p[:, 1], p[:, 2], 1.2)), _hedge)
    return light, sun


def _grey(value, warm=(1, .985, .955)):
    return value[:, None] * np.float32(warm)


def _with_open(albedo, openness=1.0):
    """Albedo and how open a place lies to the light, [n, 4]."""
    return np.concatenate([np.clip(albedo, .004, .95), np.broadcast_to(openness, len(albedo))[:, None]], 1).astype(np.float32)


def _road(p):
    """Worn asphalt: wheel tracks, a sealed crack, repairs, a manhole, lines, a crossing and a speed legend."""
    x, y = p[:, 0], p[:, 1]
    blur = 1 / (1 + (y / 22) ** 2)
    grain = _fine(x, y, .05) * blur + .6 * _fine(x, y, .18) * blur ** .5
    broad = _noise(x, y * .35, 2.5) + .6 * _noise(x, y, .9)
    tone = .118 + .022 * grain + .020 * broad
    for lane in (2.15, 5.7):
        track = np.exp(-((np.abs(x - lane) - .76) / .24) ** 2)
        tone *= 1 - .13 * track
        tone *= 1 - .16 * np.exp(-((x - lane) / .30) ** 2) * (.6 + broad)
    ragged = .05 * _noise(x, y, .6)
    span = lambda v, lo, hi, soft: step(lo - soft, lo + soft, v + ragged) * (1 - step(hi - soft, hi + soft, v + ragged))
    for x0, x1, y0, y1, gain in ((2.5, 3.75, 19.5, 23.2, .72), (.55, 1.55, 26, 37, .80), (4.2, 7.2, 9.2, 11.6, .76), (4.6, 5.6, 30, 44, .82)):
        tone *= 1 - (1 - gain) * span(x, x0, x1, .03) * span(y, y0, y1, .05)
    crack = np.abs(x - 3.45 - .22 * _noise(y, y * 0 + 3, 3.2) * 2 - .05 * _noise(y, y * 0 + 7, .5))
    tone *= 1 - .55 * np.exp(-(crack / .028) ** 2)
    for across in (12.6, 24.9, 41.0):
        seam = np.abs(y - across - .25 * _noise(x, x * 0 + across, 1.8))
        tone *= 1 - .45 * np.exp(-(seam / (.03 + .0012 * across)) ** 2)
    colour = _grey(tone)
    hole = np.hypot(x - 2.95, y - 10.6)
    iron = .075 + .035 * (np.sin(x * 70) * np.sin(y * 70) > 0) * blur
    colour = mix(colour, _grey(iron), (1 - step(.29, .31, hole))[:, None])
    colour *= (1 - .5 * np.exp(-((hole - .325) / .02) ** 2))[:, None]
    gutter = np.minimum(x - KERB_LEFT, KERB_RIGHT - x)
    colour *= (1 - .35 * np.exp(-(gutter / .16) ** 2))[:, None]

    worn = np.clip(.92 + .55 * _noise(x, y, .5) + .5 * _fine(x, y, .09) * blur, 0, 1)
    band = lambda v, c, h: 1 - step(h - .008, h + .008 + y * .0004, np.abs(v - c))
    dash = band(np.mod(y - 1.5, 6.0), 1.5, 1.5) * band(x, LINE, .07) * (y > 24)
    solid = band(x, LINE, .07) * (y < 24) * (y > 19.2)
    stripes = band(np.mod(x - KERB_LEFT - .18, 1.0), .25, .25) * band(y, 16.6, 1.7) * (gutter > .15)
    stop = band(y, 19.1, .15) * (x > .7) * (x < LINE)
    edge = band(np.minimum(np.abs(x - .68), np.abs(x - KERB_RIGHT + .23)), 0, .05) * (np.abs(y - 16.6) > 2)
    mark = np.maximum.reduce([dash, solid, stripes, stop, edge, _legend(x, y)]) * worn
    return _with_open(mix(colour, np.float32([.62, .61, .58]), mark[:, None] * .85))


def _lettering(text, font, size):
    face = ImageFont.truetype(font, size)
    left, top, right, bottom = face.getbbox(text)
    image = Image.new("L", (right - left + 8, bottom - top + 8), 0)
    ImageDraw.Draw(image).text((4 - left, 4 - top), text, 255, face)
    return np.asarray(image, np.float32) / 255


def _legend(x, y):
    """A '30' stretched for drivers in the far lane, who read it from below: seen here upside down."""
    image = _lettering("30", CONDENSED, 160)[::-1, ::-1]
    h, w = image.shape
    u, v = (x - 1.65) / 1.05, (y - 27.5) / 3.6
    inside = (u > 0) & (u < 1) & (v > 0) & (v < 1)
    return sample(np.ascontiguousarray(image), u * w, (1 - v) * h) * inside


def _pavement(p):
    x, y = p[:, 0], p[:, 1]
    blur = 1 / (1 + (y / 18) ** 2)
    row = np.floor(y / .6)
    slab = np.floor((x + (row % 2) * .3) / .6)
    tint = _SLABS[(slab.astype(int) * 31 + row.astype(int) * 57) % len(_SLABS)]
    across, along = np.abs(np.mod((x + (row % 2) * .3) / .6, 1) - .5), np.abs(np.mod(y / .6, 1) - .5)
    joint = step(.475, .497, np.maximum(across, along))
    tone = .30 + .045 * (tint - .5) + .03 * _fine(x, y, .12) * blur + .03 * _noise(x, y, 1.5)
    tone *= 1 - .32 * joint * blur ** .4
    kerb = ((x > KERB_LEFT - .15) & (x < KERB_LEFT)) | ((x > KERB_RIGHT) & (x < KERB_RIGHT + .15))
    tone = np.where(kerb, .36 + .03 * _fine(x, y, .1) - .12 * (np.mod(y, .9) < .02), tone)
    wall = np.exp(-((FRONTS - x) / .35) ** 2)
    return _with_open(_grey(tone, (1, .97, .92)), 1 - .45 * wall)


def _kerb(p):
    return _with_open(_grey(.33 + .04 * _fine(p[:, 1], p[:, 2], .2) - .10 * (np.mod(p[:, 1], .9) < .02)), .8)


def _hedge(p):
    y, z = p[:, 1], p[:, 2]
    leaf = _fine(y, z, .25) + _noise(y, z, .8)
    tone = np.clip(.55 + leaf, .1, 1.3)
    return _with_open(tone[:, None] * np.float32([.055, .095, .03]), .9)


def _skyline(x):
    crowns = 3.3 + 2.2 * _noise(x, x * 0 + 1, 9) + .8 * _noise(x, x * 0 + 5, 2.2)
    house = np.where((x > 3) & (x < 13), 7.4 - np.abs(x - 8) * .35, 0)
    return np.maximum(crowns + 1.2, house)


def _vista(p):
    """The far end: trees, and a gabled house behind them."""
    x, z = p[:, 0], p[:, 2]
    leaf = _noise(x, z, 2.2) + .6 * _fine(x, z, .7)
    green = np.clip(.75 + leaf, .2, 1.4)[:, None] * np.float32([.075, .115, .042])
    window = (np.abs(np.mod(x, 1.7) - .85) < .3) & (np.abs(np.mod(z, 2.2) - 1.2) < .6)
    wall = np.float32([.42, .36, .28]) * (1 - .5 * window)[:, None]
    tree = z < 3.1 + 2.2 * _noise(x, x * 0 + 1, 9) + .8 * _noise(x, x * 0 + 5, 2.2) + .5 * leaf
    return _with_open(np.where((tree | (x < 3) | (x > 13))[:, None], green, wall))
