"""What stands in the street: trees, poles, awnings, and lettering that is no plate. Flat pictures, set up in space."""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fronts import FRONTS
from optics import HORIZON, SUN, SUN_FROM, ambient, sunlight
from plates import CONDENSED, SANS, linear

KERB = 7.35
NORTH, WEST = np.float32([0, -1, 0]), np.float32([-1, 0, 0])


def stand(camera, shadow, sun):
    """Adds everything to the two lights of the empty street, from far to near."""
    _trees(camera, shadow, sun)
    _furniture(camera, shadow, sun)
    _signs(camera, shadow, sun)


def _board(width, height, ground, lines, border=None, density=220):
    """A flat painted sign [h, w, 4]; lines are (text, font, centre x, centre y, height, ink) in metres from the top left."""
    image = Image.new("RGBA", (int(width * density), int(height * density)), (*ground, 255))
    draw = ImageDraw.Draw(image)
    if border:
        draw.rectangle([0, 0, image.width - 1, image.height - 1], None, border, int(.02 * density))
    for text, font, x, y, size, ink in lines:
        draw.text((x * density, y * density), text, ink, ImageFont.truetype(font, int(size * density * 1.38)), anchor="mm")
    rgba = np.asarray(image, np.float32)
    return np.dstack([linear(rgba[..., :3]), rgba[..., 3] / 255]).astype(np.float32)


def _place(camera, shadow, sun, picture, corners, normal, glow=0.0):
    """Prints a flat picture [h, w, 4] with its light onto the street; corners clockwise from the top left."""
    corners = np.float32(corners)
    pixel, depth = camera.project(corners)
    extent = np.maximum(np.linalg.norm(pixel[1] - pixel[0]), 1), np.maximum(np.linalg.norm(pixel[3] - pixel[0]), 1)
    while picture.shape[1] > 2 * extent[0] and picture.shape[1] > 8:
        picture = cv2.resize(picture, None, fx=.5, fy=1, interpolation=cv2.INTER_AREA)
    while picture.shape[0] > 2 * extent[1] and picture.shape[0] > 8:
        picture = cv2.resize(picture, None, fx=1, fy=.5, interpolation=cv2.INTER_AREA)
    h, w = picture.shape[:2]
    lo = np.maximum(np.floor(pixel.min(0)).astype(int) - 2, 0)
    hi = np.minimum(np.ceil(pixel.max(0)).astype(int) + 3, (camera.width, camera.height))
    if (hi <= lo).any():
        return
    turn = cv2.getPerspectiveTransform(np.float32([[0, 0], [w, 0], [w, h], [0, h]]) - .5, pixel - np.float32(lo) - .5)
    premultiplied = np.dstack([picture[..., :3] * picture[..., 3:], picture[..., 3]])
    drawn = cv2.warpPerspective(premultiplied, turn, tuple(int(v) for v in hi - lo), flags=cv2.INTER_LINEAR)
    veil = 1 - np.exp(-depth.mean() / 1100)
    normal = np.float32(normal)
    lit = sunlight(corners.mean(0)[None])[0] * np.clip(normal @ SUN_FROM, 0, 1)
    cover = drawn[..., 3:]
    for target, light in ((shadow, ambient(normal[None])[0] + glow), (sun, SUN * lit)):
        area = target[lo[1]:hi[1], lo[0]:hi[0]]
        area[:] = area * (1 - cover) + drawn[..., :3] * light * (1 - veil)
        if target is shadow:
            area += cover * HORIZON * .8 * veil


def _upright(x, y, z0, z1, width):
    return [(x - width / 2, y, z1), (x + width / 2, y, z1), (x + width / 2, y, z0), (x - width / 2, y, z0)]


def _along(x, y0, y1, z1, z0):
    return [(x, y0, z1), (x, y1, z1), (x, y1, z0), (x, y0, z0)]


def _pole(camera, shadow, sun, x, y, height, width, colour):
    bar = np.ones((2, 24, 4), np.float32)
    bar[..., :3] = np.float32(colour) * (1.15 - .9 * np.linspace(0, 1, 24) ** 1.5)[None, :, None]
    _place(camera, shadow, sun, bar, _upright(x, y, .1, height, width), NORTH)


def _trees(camera, shadow, sun):
    rng = np.random.default_rng(8)
    for x, y, size in ((-2.6, 96, 7), (8.3, 92, 6), (-2.4, 78, 6.5), (8.4, 70, 5.5), (-2.2, 60, 6), (8.45, 52, 5.0), (-2.0, 45, 5.5)):
        _pole(camera, shadow, sun, x, y, 3.4, .26, (.10, .075, .05))
        _place(camera, shadow, sun, _crown(rng), _upright(x, y - .1, 2.3, 2.3 + size, size), (-.35, -.8, .48))


def _crown(rng, n=360):
    """Leaves in clumps, bright where they turn to the sun."""
    picture = np.zeros((n, n, 4), np.float32)
    clumps = [(rng.normal(.5, .16), rng.normal(.5, .15), rng.uniform(.10, .19)) for _ in range(26)]
    for cx, cy, r in sorted(clumps, key=lambda c: -c[1]):
        for _ in range(190):
            a, d = rng.uniform(0, 2 * np.pi), r * np.sqrt(rng.random())
            x, y = cx + d * np.cos(a), cy + d * np.sin(a) * .8
            lit = np.clip(.55 - (x - cx) / r * .35 - (y - cy) / r * .45 - (y - .5) * .6 + rng.normal(0, .16), .12, 1.5)
            colour = np.float32([.085, .135, .035]) * lit * rng.uniform(.8, 1.25)
            radius = int(rng.uniform(2.0, 4.5) * 16)
            cv2.circle(picture, (int(x * n * 16), int(y * n * 16)), radius, (*map(float, colour), 1.0), -1, cv2.LINE_8, 4)
    return cv2.GaussianBlur(picture, (0, 0), .7)


def _furniture(camera, shadow, sun):
    for y in (88, 58, 33):
        _pole(camera, shadow, sun, KERB + .45, y, 7.5, .13, (.10, .105, .11))
    for y in np.arange(26, 80, 3.2):
        _pole(camera, shadow, sun, KERB + .35, y, 1.0, .10, (.05, .052, .055))
        _place(camera, shadow, sun, _board(.12, .07, (225, 225, 220), []), _upright(KERB + .35, y - .01, .86, .93, .10), NORTH)


def _signs(camera, shadow, sun):
    """Lettering that is no plate: blade signs, a fascia, a bus stop with its number, a menu board."""
    cream, ink, red = (240, 232, 210), (30, 30, 32), (150, 22, 26)
    for y0, y1, z, text, ground, colour in ((34.6, 28.4, 3.33, "the corner bakery", (18, 38, 92), (214, 190, 130)),
                                            (27.6, 21.9, 3.36, "Flowers & Garden", (104, 26, 26), (226, 214, 190))):
        fascia = _board(y0 - y1, .62, ground, [(text, SANS, (y0 - y1) / 2, .31, .27, colour)])
        _place(camera, shadow, sun, fascia, _along(FRONTS - .04, y0, y1, z, z - .62), WEST)
    words = (("the", .20, .10), ("corner", .42, .15), ("bakery", .66, .15), ("1962", .87, .07))
    blade = _board(1.0, 1.0, (22, 70, 54), [(word, SANS, .5, y, size, cream) for word, y, size in words], cream)
    _place(camera, shadow, sun, blade, _upright(FRONTS - .7, 35.6, 2.55, 3.55, 1.0), NORTH)
    optician = _board(.9, .9, (26, 52, 120), [("o-o", SANS, .45, .42, .34, cream)], cream)
    _place(camera, shadow, sun, optician, _upright(FRONTS - .6, 47, 2.6, 3.5, .9), NORTH)
    for y0, y1, a, b in ((34.4, 31.2, (206, 200, 186), (40, 66, 130)), (50.0, 43.6, (208, 202, 190), (150, 70, 24))):
        _awning(camera, shadow, sun, y0, y1, a, b)
    _pole(camera, shadow, sun, KERB + .75, 22.2, 2.75, .075, (.25, .26, .27))
    stop = _board(.62, .88, (246, 246, 242), [("47", CONDENSED, .31, .50, .26, ink), ("Harbour", SANS, .31, .76, .10, ink)], ink)
    band = _board(.62, .31, red, [("BUS", SANS, .31, .155, .19, (250, 250, 250))])
    stop[:band.shape[0]] = band
    _place(camera, shadow, sun, stop, _upright(KERB + .75, 22.15, 1.85, 2.73, .62), NORTH)
    menu = _board(.62, .95, (40, 42, 44), [("Coffee", SANS, .31, .2, .12, cream), ("& cake", SANS, .31, .40, .11, cream),
                                           ("2.80", SANS, .31, .68, .13, (240, 200, 90))], (110, 80, 50))
    _place(camera, shadow, sun, menu, _upright(FRONTS - .75, 28.4, .12, 1.07, .62), NORTH)


def _awning(camera, shadow, sun, y0, y1, light, dark):
    """A striped awning over a shop window, its valance, and the shade under it."""
    count = int((y0 - y1) / .3)
    stripes = np.ones((40, count * 12, 4), np.float32)
    stripes[..., :3] = np.where((np.arange(count * 12) // 12 % 2)[:, None] == 0, linear(light), linear(dark))
    wall, out, top, low = FRONTS - .02, FRONTS - 1.15, 2.72, 2.28
    dim = np.zeros((2, 2, 4), np.float32)
    dim[..., 3] = .55
    _place(camera, shadow, sun, dim, _along(wall, y0, y1, top, 1.1), WEST)
    _place(camera, shadow, sun, stripes, [(wall, y0, top), (wall, y1, top), (out, y1, low), (out, y0, low)], (-.36, 0, .93))
    _place(camera, shadow, sun, stripes[:12] * np.float32([.9, .9, .9, 1]), _along(out, y0, y1, low, low - .2), WEST)
