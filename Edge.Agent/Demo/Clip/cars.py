"""Five cars: bodies lofted from a few measures, fronts painted on them."""

from dataclasses import dataclass, field

import cv2
import numpy as np

import faces
from mesh import Patch, Skin, look
from optics import SUN_FROM, mix, shade, step, sunlight, unit
from plates import Plate

RUBBER, PLASTIC, GLASS, CHROME = (.018, .018, .019), (.022, .022, .024), (.012, .014, .016), (.55, .56, .58)


@dataclass(frozen=True)
class Body:
    """Measures in metres; the nose is at y = 0 and the car stretches away from the viewer."""

    paint: tuple
    metallic: float = .05
    half: float = .88
    length: float = 4.3
    lead: float = .72            # height of the bonnet's leading edge
    shoulder: float = .97        # height of the waist at the windscreen
    scuttle: float = 1.02        # where the windscreen starts
    roof_y: float = 1.85
    roof_z: float = 1.46
    roof_half: float = .58
    corner: float = .95          # how far back the rounded front reaches
    roundness: float = 3.0
    nose: tuple = ((.16, .17), (.28, .05), (.42, .0), (.55, .0), (.64, .03), (.74, .10), (1.1, .22))
    plate_z: float = .43
    face: str = "hatch"
    axle: float = .84
    wheel: float = .315


@dataclass(frozen=True)
class Car:
    body: Body
    plate: Plate
    patches: list = field(repr=False)

    def moved(self, x, y, lift):
        shift = np.float32([x, y, lift])
        return [Patch(p.points + shift, p.uv, p.skin, p.nearer) for p in self.patches]

    def plate_corners(self, x, y, lift):
        """The plate's corners, clockwise from the top left as the camera sees them."""
        w, h, z = self.plate.width / 2, self.plate.height / 2, self.body.plate_z
        at = np.float32([[-w, -.035, z + h], [w, -.035, z + h], [w, -.043, z - h], [-w, -.043, z - h]])
        return at + np.float32([x, y, lift])

    def shadow(self, x, y):
        """The sun's shadow on the road: quads [n, 4, 3] that cover it, one array a surface."""
        for patch in self.moved(x, y, 0):
            p = patch.points[::2, ::2]
            ground = p - SUN_FROM / SUN_FROM[2] * p[..., 2:]
            yield np.stack([ground[:-1, :-1], ground[:-1, 1:], ground[1:, 1:], ground[1:, :-1]], 2).reshape(-1, 4, 3)

    def footprint(self, x, y):
        w, inset = self.body.half - .06, .22
        return np.float32([[x - w + inset, y + .08, 0], [x + w - inset, y + .08, 0], [x + w, y + .5, 0], [x + w, y + self.body.length, 0],
                           [x - w, y + self.body.length, 0], [x - w, y + .5, 0]])


def build(body, plate):
    """The car's surfaces, skins painted."""
    u, outline, y = _outline(body)
    front = Skin(-u[-1], u[-1], .1, 1.15 if body.roof_z < 1.7 else 1.35, 340, body.paint, body.metallic)
    faces.paint(body, front, plate)
    rows = np.linspace(0, 1, 18)[:, None]
    top = _waist(body, y)
    z = .18 + rows * (top - .18)
    forward = np.interp(z, *zip(*body.nose)) * np.clip(1 - y / body.corner, 0, 1) ** .7
    x = outline * (1 - .055 * rows ** 5 - .05 * (1 - rows) ** 3)
    skin = np.stack([x, y + forward, z], -1)
    shell = Patch(skin, np.stack([np.broadcast_to(u, z.shape), z], -1), front)
    return Car(body, plate, [shell, *_bonnet(body, skin[-1], y), *_cabin(body), *_wheels(body), *_mirrors(body)])


def _outline(body):
    """The plan of the waist from the left rear round the nose to the right rear: arc length, x, y."""
    a = np.linspace(-1, 1, 71) * np.pi / 2
    power = 2 / body.roundness
    x = body.half * np.sign(a) * np.abs(np.sin(a)) ** power
    y = body.corner * (1 - np.abs(np.cos(a)) ** power)
    back = np.linspace(body.corner, body.length, 30)[1:]
    x = np.concatenate([-np.full(29, body.half), x, np.full(29, body.half)])
    y = np.concatenate([back[::-1], y, back])
    u = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    return (u - u[-1] / 2).astype(np.float32), x.astype(np.float32), y.astype(np.float32)


def _waist(body, y):
    rise = np.clip(y / body.scuttle, 0, 1)
    return mix(body.lead, body.shoulder, 1 - (1 - rise) ** 1.6) + .04 * np.clip((y - body.scuttle) / 3, 0, 1)


def _bonnet(body, edge, y):
    middle = len(y) // 2
    last = middle + int(np.searchsorted(y[middle:], body.scuttle + .12))
    right = edge[middle + 1:last]
    s = np.linspace(-1, 1, 33)[None, :]
    back = (right[:, 1] - right[0, 1])[:, None]
    crown = .055 * (1 - np.exp(-back / .22)) * (1 - s ** 4) + .02 * (1 - s ** 2) * step(.1, .6, back)
    ridge = .012 * np.exp(-((np.abs(s) - .62) / .07) ** 2) * step(.15, .5, back)
    points = np.stack([s * right[:, :1], np.broadcast_to(right[:, 1:2], (len(right), 33)), right[:, 2:] + crown + ridge], -1)
    skin = Skin(-1, 1, -.1, 1.6, 220, body.paint, body.metallic)
    cowl = body.scuttle + .02
    skin.area([(-1, cowl), (1, cowl), (1, 1.6), (-1, 1.6)], PLASTIC, .01, both=False)
    skin.line([(body.half * .80, .0), (body.half * .83, cowl)], .008, (.01, .01, .01), .0, depth=.003)
    return [Patch(points.astype(np.float32), points[..., :2].astype(np.float32), skin.finish(), .02)]


def _cabin(body):
    """Windscreen, roof and the side windows."""
    wide, high = body.half * .93, body.roof_half
    s = np.linspace(-1, 1, 33)[None, :]
    t = np.linspace(0, 1, 19)[:, None]
    y = mix(body.scuttle - .14 * (1 - s ** 2), body.roof_y - .05 * (1 - s ** 2), t)
    z = mix(body.shoulder - .015, body.roof_z - .045 * s ** 2, t + .05 * t * (1 - t)) + .03 * np.sin(np.pi * t)
    points = np.stack([s * (mix(wide, high, t) + .03 * np.sin(np.pi * t)), y, np.broadcast_to(z, y.shape)], -1)
    screen = _screen(body)
    uv = np.stack([np.broadcast_to(s, y.shape), np.broadcast_to(t, y.shape)], -1)
    patches = [Patch(points.astype(np.float32), uv.astype(np.float32), screen, .05)]

    deep = np.linspace(0, body.length - body.roof_y - .35, 9)[:, None]
    ry = points[-1:, :, 1] + deep
    rz = points[-1:, :, 2] + .05 * np.sin(np.clip(deep / 2, 0, 1) * np.pi * .8)
    roof = np.stack([np.broadcast_to(points[-1:, :, 0], ry.shape), ry, rz], -1).astype(np.float32)
    plain = Skin(-1, 1, -1, 6, 20, body.paint, body.metallic).finish()
    patches.append(Patch(roof, roof[..., :2], plain))

    side = _side(body)
    run, up = np.linspace(0, 1, 25)[None, :], np.linspace(0, 1, 9)[:, None]
    base_y, roof_y = mix(body.scuttle, body.length - .15, run), mix(body.roof_y, body.length - .5, run)
    sy = mix(base_y, roof_y, up)
    sx = mix(wide, high, up) + .03 * np.sin(np.pi * up)
    sz = mix(_waist(body, base_y) - .015, body.roof_z - .045, up + .05 * up * (1 - up)) + .03 * np.sin(np.pi * up)
    for sign in (-1, 1):
        grid = np.stack([np.broadcast_to(sign * sx, sy.shape), sy, sz], -1)[:, ::sign]
        at = np.stack([np.broadcast_to(run, sy.shape), np.broadcast_to(up, sy.shape)], -1)[:, ::sign]
        patches.append(Patch(grid.astype(np.float32), at.astype(np.float32), side, .1))
    return patches


def _screen(body):
    """The windscreen: dim seats and a driver behind glass, black edge, body-coloured pillars."""
    skin = Skin(-1, 1, 0, 1, 420, GLASS, .055)
    tilt = lambda points: [(x / mix(body.half * .93, body.roof_half, t), t) for x, t in points]
    inside = lambda points, colour, soft: skin.area(tilt(points), colour, both=False, soft=soft)
    inside([(-1, 0), (1, 0), (1, .26), (-1, .2)], (.030, .029, .028), .03)
    for x in (-.36, .36):
        inside([(x - .24, .0), (x - .25, .42), (x - .19, .58), (x + .19, .58), (x + .25, .42), (x + .24, .0)], (.032, .031, .030), .02)
        inside(np.float32([[x, .70]]) + np.float32([.125, .11]) * _oval(), (.030, .029, .028), .012)
    inside([(.12, .0), (.13, .36), (.22, .47), (.31, .54), (.41, .54), (.50, .47), (.59, .36), (.60, .0)], (.035, .045, .075), .018)
    inside(np.float32([[.36, .67]]) + np.float32([.075, .125]) * _oval(), (.115, .075, .058), .012)
    inside([(.28, .72), (.29, .80), (.36, .83), (.43, .80), (.44, .72), (.36, .755)], (.02, .015, .012), .008)
    skin.line(tilt(np.float32([[.36, .16]]) + np.float32([.17, .17]) * _oval()), .022, (.014, .014, .014), both=False, soft=.004)
    skin.area([(-.09, .93), (.09, .93), (.07, .84), (-.07, .84)], (.015, .015, .015), .02, both=False)
    for edge in ([(-1, 0), (1, 0), (1, .045), (-1, .045)], [(-1, .95), (1, .95), (1, 1), (-1, 1)]):
        skin.area(edge, (.01, .01, .01), .04, both=False)
    skin.area([(.91, 0), (1, 0), (1, 1), (.89, 1)], body.paint, body.metallic)
    skin.line([(.905, 0), (.885, 1)], .02, (.008, .008, .008), .03)
    skin.line([(-.86, .03), (-.12, .09)], .014, RUBBER, .0, both=False)
    skin.line([(.06, .03), (.70, .10)], .014, RUBBER, .0, both=False)
    return skin.finish()


def _side(body):
    skin = Skin(0, 1, 0, 1, 300, GLASS, .06)
    for at in (.36, .66):
        skin.area([(at - .012, 0), (at + .014, 0), (at + .014, 1), (at - .012, 1)], (.012, .012, .012), .03, both=False)
    skin.area([(0, .9), (1, .9), (1, 1), (0, 1)], body.paint, body.metallic, both=False)
    skin.area([(0, 0), (.05, 0), (.05, 1), (0, 1)], body.paint, body.metallic, both=False)
    skin.area([(.9, 0), (1, 0), (1, 1), (.86, 1)], body.paint, body.metallic, both=False)
    skin.area([(0, 0), (1, 0), (1, .05), (0, .05)], (.02, .02, .02), .05, both=False)
    return skin.finish()


def _oval(n=40):
    a = np.arange(n + 1) * 2 * np.pi / n
    return np.stack([np.cos(a), np.sin(a)], -1).astype(np.float32)


def _wheels(body):
    r, patches = body.wheel, []
    tyre = Skin(-1, 1, -4, 4, 40, RUBBER, .0).finish()
    rim = Skin(0, 1, 0, 1, 256, RUBBER, .0)
    rim.area([(0, 0), (1, 0), (1, .66), (0, .66)], (.03, .03, .032), .02, both=False)
    for k in range(10):
        spoke = [(k / 10 + .01, .1), (k / 10 + .05, .1), (k / 10 + .06, .66), (k / 10, .66)]
        rim.area(spoke, (.42, .43, .45), .22, both=False, depth=-.004)
    rim.area([(0, 0), (1, 0), (1, .16), (0, .16)], (.4, .41, .43), .2, both=False)
    rim.line([(0, .67), (1, .67)], .04, (.45, .46, .48), .25, both=False)
    rim.finish()
    for axle in (body.axle, body.length - .8):
        for sign in (-1, 1):
            inner, outer = sorted((sign * (body.half - .22), sign * (body.half - .005)))
            a = np.linspace(-2.4, 2.2, 26)[:, None]
            x = np.linspace(inner, outer, 4)[None, :]
            grid = np.stack(np.broadcast_arrays(x, axle - r * np.cos(a), r + r * np.sin(a)), -1)
            patches.append(Patch(grid.astype(np.float32), grid[..., :2].astype(np.float32), tyre, -.3))
            around, out = np.linspace(0, 2 * np.pi, 41)[None, :], np.linspace(.02, 1, 9)[:, None]
            x = sign * (body.half - .002) - sign * .03 * (1 - out)
            face = np.stack(np.broadcast_arrays(x, axle + sign * r * out * np.sin(around), r + r * out * np.cos(around)), -1)
            at = np.stack(np.broadcast_arrays(around / (2 * np.pi), out), -1)
            patches.append(Patch(face.astype(np.float32), at.astype(np.float32), rim, .25))
    return patches


def _mirrors(body):
    skin = Skin(-1, 1, -1, 1, 40, body.paint, body.metallic)
    skin.area([(-1, -1), (1, -1), (1, -.35), (-1, -.35)], PLASTIC, .02, both=False)
    skin.finish()
    across, up = np.linspace(-1, 1, 15)[None, :] * np.pi / 2, np.linspace(-1, 1, 11)[:, None] * np.pi / 2
    patches = []
    for sign in (-1, 1):
        x = sign * (body.half + .085) + .105 * np.sin(across) * np.cos(up) ** .6
        y = body.scuttle + .30 - .07 * np.cos(across) * np.cos(up)
        z = body.shoulder + .075 + .075 * np.sin(up)
        grid = np.stack(np.broadcast_arrays(x, y, z), -1).astype(np.float32)
        uv = np.stack(np.broadcast_arrays(np.sin(across), np.sin(up)), -1).astype(np.float32)
        patches.append(Patch(grid, uv, skin, .1))
    return patches


# ---- picture

def picture(car, camera, x, y, lift, fine=2):
    """The car seen by the camera: premultiplied light and cover in a window, or None when it is out of sight."""
    patches = car.moved(x, y, lift)
    everything = np.concatenate([p.points.reshape(-1, 3) for p in patches])
    pixel, _ = camera.project(everything)
    lo = np.maximum(np.floor(pixel.min(0)) - 2, 0).astype(int)
    hi = np.minimum(np.ceil(pixel.max(0)) + 3, (camera.width, camera.height)).astype(int)
    if (hi - lo < 2).any():
        return None
    sharp = camera.scaled(fine)
    (left, top), (w, h) = lo, (hi - lo) * fine
    view = look(patches, sharp, left * fine, top * fine, w, h)
    if not len(view.rows):
        return None
    density = sharp.focal / max(y, 1)
    light = np.zeros((h, w, 4), np.float32)
    skins = [p.skin for p in patches]
    for skin in dict.fromkeys(skins):
        mine = np.isin(view.skin, [k for k, s in enumerate(skins) if s is skin])
        if mine.any():
            light[view.rows[mine], view.columns[mine], :3] = _surface(skin, view, mine, camera, density)
    light[view.rows, view.columns, 3] = 1
    _mount(car, sharp, light, left * fine, top * fine, x, y, lift)
    return lo, cv2.resize(light, tuple(int(v) for v in hi - lo), interpolation=cv2.INTER_AREA)


def _surface(skin, view, mine, camera, density):
    paint, extra = skin.read(view.uv[mine], density)
    normal, along = view.normals[mine], view.along[mine]
    normal = unit(normal - extra[:, 1:2] * along - extra[:, 2:3] * np.cross(normal, along))
    points = view.points[mine]
    low = mix(.25, 1, step(.05, .5, points[:, 2:]))
    lit = shade(paint[:, :3], paint[:, 3:], normal, points, camera.position, sunlight(points) * extra[:, 3])
    return lit * np.clip(extra[:, 3:], 0, 1) * low + extra[:, :1] * np.float32([1.0, .98, .95])


def _mount(car, camera, light, left, top, x, y, lift):
    """The plate and its holder, printed onto the finished picture of the car."""
    corners = car.plate_corners(x, y, lift)
    centre = corners.mean(0)
    sun = sunlight(centre[None])
    lit = shade(np.float32([[1, 1, 1]]), np.float32([[0.]]), np.float32([[0, -1, .08]]), centre[None], camera.position, sun)[0]
    holder = centre + (corners - centre) * (np.float32([1.025, 1, 1.13]))
    for quad, picture in ((holder, np.float32([[PLASTIC]]) * lit), (corners, car.plate.albedo * lit)):
        pixel, _ = camera.project(quad)
        size = np.hypot(*(pixel[1] - pixel[0]))
        while picture.shape[1] > 2 * size and picture.shape[0] > 4:
            picture = cv2.resize(picture, None, fx=.5, fy=.5, interpolation=cv2.INTER_AREA)
        h, w = picture.shape[:2]
        flat = np.float32([[0, 0], [w, 0], [w, h], [0, h]]) - .5
        turn = cv2.getPerspectiveTransform(flat, pixel.astype(np.float32) - np.float32([left, top]) - .5)
        size = light.shape[1::-1]
        printed = cv2.warpPerspective(picture, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mask = np.zeros(light.shape[:2], np.uint8)
        cv2.fillConvexPoly(mask, np.round((pixel - np.float32([left, top]) - .5) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
        cover = mask[..., None].astype(np.float32) / 255
        light[..., :3] += (printed.reshape(light.shape[:2] + (3,)) - light[..., :3]) * cover
        light[..., 3:] = np.maximum(light[..., 3:], cover)
