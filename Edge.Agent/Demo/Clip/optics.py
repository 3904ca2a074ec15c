"""The camera, its pictures of surfaces, and the light that falls on them. Metres; x right, y away, z up."""

import cv2
import numpy as np


def unit(v):
    v = np.asarray(v, np.float32)
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def step(lo, hi, x):
    """0 below lo, 1 above hi, smooth between."""
    t = np.clip((x - lo) / (hi - lo), 0, 1)
    return t * t * (3 - 2 * t)


def mix(a, b, t):
    return a + (b - a) * t


class Camera:
    """A pinhole camera that looks along y, turned by yaw (to the right) and pitch (upwards), in radians."""

    def __init__(self, width, height, focal, position, yaw, pitch):
        self.width, self.height, self.focal = width, height, focal
        self.position = np.float32(position)
        self.right = np.float32([np.cos(yaw), -np.sin(yaw), 0])
        self.forward = np.float32([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
        self.up = np.cross(self.right, self.forward).astype(np.float32)

    def scaled(self, k):
        other = object.__new__(Camera)
        other.__dict__.update(self.__dict__, width=self.width * k, height=self.height * k, focal=self.focal * k)
        return other

    def project(self, points):
        """Points [..., 3] to pixels [..., 2] and depth [...]."""
        d = np.asarray(points, np.float32) - self.position
        depth = np.maximum(d @ self.forward, .05)
        return np.stack([self.width / 2 + self.focal * (d @ self.right) / depth,
                         self.height / 2 - self.focal * (d @ self.up) / depth], -1), depth

    def rays(self):
        """The viewing direction of every pixel [h, w, 3], one metre deep."""
        x = (np.arange(self.width, dtype=np.float32) + .5 - self.width / 2) / self.focal
        y = (self.height / 2 - np.arange(self.height, dtype=np.float32) - .5) / self.focal
        return self.forward + x[None, :, None] * self.right + y[:, None, None] * self.up


class Noise:
    """Fractal value noise on a tile that repeats."""

    def __init__(self, seed, size=1024):
        rng, tile = np.random.default_rng(seed), np.zeros((size, size), np.float32)
        for octave in range(2, 10):
            cells = rng.random((2 ** octave, 2 ** octave)).astype(np.float32) - .5
            wrapped = np.pad(cells, 2, mode="wrap")
            k = size // 2 ** octave
            tile += cv2.resize(wrapped, None, fx=k, fy=k, interpolation=cv2.INTER_CUBIC)[2 * k:-2 * k, 2 * k:-2 * k] * .62 ** octave
        self.tile = tile / tile.std() * .25

    def __call__(self, x, y, cell):
        """About -0.7..0.7; the coarsest features are a quarter of `cell`·4 wide."""
        k = self.tile.shape[0] / (4 * cell)
        return sample(self.tile, np.asarray(x, np.float32) * k, np.asarray(y, np.float32) * k, cv2.BORDER_WRAP)


def sample(image, x, y, border=cv2.BORDER_REPLICATE):
    """Bilinear reading of an image at arrays of pixel positions of any shape."""
    x, y = np.broadcast_arrays(np.asarray(x, np.float32), np.asarray(y, np.float32))
    count = x.size
    rows = -(-count // 4096)
    xs, ys = (np.pad(v.ravel(), (0, rows * 4096 - count)).reshape(rows, 4096) for v in (x, y))
    if border == cv2.BORDER_WRAP:
        xs, ys = np.mod(xs, image.shape[1]), np.mod(ys, image.shape[0])
    out = cv2.remap(image, xs, ys, cv2.INTER_LINEAR, borderMode=border)
    return out.reshape(rows * 4096, *image.shape[2:])[:count].reshape(*x.shape, *image.shape[2:])


# ---- light: a low sun behind the camera's left shoulder, and a bright sky

SUN_FROM = unit([-.50, -.60, .62])
SUN = np.float32([1.0, .90, .76]) * 3.3
ZENITH, HORIZON = np.float32([.24, .46, .92]), np.float32([.82, .92, 1.05])
GROUND = np.float32([.20, .19, .18])

_leaves = Noise(5)


def sky(direction):
    """The sky alone, by elevation."""
    return mix(HORIZON, ZENITH, np.clip(direction[..., 2:] * 2.2, 0, 1) ** .6)


def surroundings(direction):
    """What a shiny surface mirrors: road below, house fronts and trees at eye level, sky above."""
    azimuth = np.arctan2(direction[..., 0], direction[..., 1])
    roofs = .16 + .05 * np.sin(azimuth * 5) + .04 * np.sin(azimuth * 13 + 1) + .02 * np.sin(azimuth * 37)
    z = direction[..., 2]
    above, houses = sky(direction), np.float32([.26, .23, .20])
    low = mix(GROUND * .9, houses, step(-.05, .02, z)[..., None])
    return mix(low, above, step(-.02, .05, z - roofs)[..., None])


def ambient(normal):
    t = normal[..., 2:] * .5 + .5
    return mix(GROUND * .9, mix(HORIZON, ZENITH, .45) * .62, t)


def sunlight(points):
    """How much of the sun reaches points [..., 3] between the crowns of the roadside trees: 0..1."""
    drop = points[..., 2] / SUN_FROM[2]
    x, y = points[..., 0] - SUN_FROM[0] * drop, points[..., 1] - SUN_FROM[1] * drop
    rag = _leaves(x, y, 2.2)
    light = np.ones(x.shape, np.float32)
    for cx, cy, rx, ry in ((1.2, 15.4, 3.6, 2.3), (3.4, 31.0, 4.4, 3.4), (2.0, 50.0, 4.8, 4.2)):
        reach = np.hypot((x - cx) / rx, (y - cy) / ry) + rag * .55
        light *= 1 - .74 * (1 - step(.78, 1.06, reach))
    return light


def shade(albedo, mirror, normal, points, eye, sun):
    """Light leaving a surface: matt reflection, and `mirror` (reflectance at a right angle) of the surroundings."""
    view = unit(eye - points)
    facing = np.clip((normal * view).sum(-1, keepdims=True), 0, 1)
    toward = np.clip(normal @ SUN_FROM, 0, 1)[..., None] * sun[..., None]
    bounce = 2 * facing * normal - view
    fresnel = mirror + (1 - mirror) * (1 - facing) ** 5 * np.minimum(1, mirror * 16)
    glint = np.clip(bounce @ SUN_FROM, 0, 1)[..., None]
    glints = (glint ** 400 * 90 + glint ** 40 * 1.2) * sun[..., None]
    return albedo * (ambient(normal) + SUN * toward) * (1 - fresnel) + fresnel * (surroundings(bounce) + SUN * glints)


def develop(light, exposure=.50):
    """Linear light to sRGB 0..255: bloom around what is brighter than the film, a filmic curve (Narkowicz's fit), gamma."""
    small = cv2.resize(np.maximum(light - 2.2, 0), None, fx=.25, fy=.25, interpolation=cv2.INTER_AREA)
    glow = cv2.GaussianBlur(small, (0, 0), 4)
    light = (light + .35 * cv2.resize(glow, light.shape[1::-1], interpolation=cv2.INTER_LINEAR)) * exposure
    film = light * (2.51 * light + .03) / (light * (2.43 * light + .59) + .14)
    return np.clip(film, 0, 1) ** (1 / 2.2) * 255
