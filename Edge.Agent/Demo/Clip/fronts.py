"""A row of houses with shops, painted flat."""

import numpy as np

from optics import Noise, mix, sample, step

FRONTS, END = 9.7, 120.0     # where the row stands, right of the camera, and how far it goes

HOUSES = (  # from y, width, wall colour, shopfront colour, height
    (14, 7.5, (.52, .47, .38), (.03, .10, .07), 8.6), (21.5, 6.5, (.40, .17, .11), (.16, .03, .03), 9.4),
    (28, 7.0, (.62, .60, .55), (.02, .05, .14), 8.2), (35, 8.0, (.50, .36, .20), (.05, .05, .055), 9.8),
    (43, 7.0, (.34, .37, .40), (.20, .10, .02), 8.8), (50, 9.0, (.58, .52, .42), (.03, .09, .10), 9.6),
    (59, 8.0, (.42, .19, .13), (.04, .04, .04), 8.4), (67, 11.0, (.60, .57, .50), (.10, .04, .03), 10.2),
    (78, 10.0, (.40, .36, .30), (.03, .07, .05), 9.0), (88, 32.0, (.52, .46, .38), (.06, .05, .04), 9.4))

_noise, _fine = Noise(11), Noise(12)


class Fronts:
    """The picture of the row, read where rays meet it."""

    K, Y0, TOP = 56, 14, 11   # pixels a metre; where the row starts; the height of the picture

    def __init__(self):
        h, w = self.TOP * self.K, int((END - self.Y0) * self.K)
        self.image = np.zeros((h, w, 4), np.float32)
        self.image[..., 3] = 1
        rng = np.random.default_rng(3)
        for house in HOUSES:
            self._house(rng, *house)

    def height(self, y):
        out = np.zeros(y.shape, np.float32)
        for y0, width, _, _, top in HOUSES:
            out[(y >= y0) & (y < y0 + width)] = top
        return out

    def __call__(self, p):
        out = sample(self.image, (p[:, 1] - self.Y0) * self.K, (self.TOP - p[:, 2]) * self.K)
        out[:, 3] *= mix(.55, 1, step(.1, .5, p[:, 2]))
        return out

    def _fill(self, y0, y1, z0, z1, colour, openness=1.0):
        left, right = (round((y - self.Y0) * self.K) for y in (y0, y1))
        top, bottom = (round((self.TOP - z) * self.K) for z in (z1, z0))
        self.image[top:bottom, left:right] = (*colour, openness)

    def _house(self, rng, y0, width, wall, shop, top):
        y1 = y0 + width
        self._fill(y0, y1, 0, top, wall)
        self._weather(y0, y1, brick=wall[0] > wall[1] * 1.6)
        light = np.minimum(np.float32(wall) * 1.35, .75)
        self._fill(y0, y1, 3.55, 3.68, light)
        self._fill(y0, y1, 3.47, 3.55, np.float32(wall) * .5, .6)
        self._fill(y0, y1, top - .3, top, light)
        count = max(2, int(width / 2.1))
        for k in range(count):
            for z in (4.5, 7.0):
                c = y0 + width * (k + .5) / count
                self._window(rng, c - .5, c + .5, z, min(z + 1.6, top - .5), light)
        self._fill(y0 + .06, y0 + .16, .1, top - .3, np.float32(wall) * .45)
        self._shop(rng, y0 + .4, y1 - .3, shop)

    def _weather(self, y0, y1, brick):
        a, b = int((y0 - self.Y0) * self.K), int((y1 - self.Y0) * self.K)
        y, z = np.meshgrid(np.arange(a, b) / self.K, np.arange(self.image.shape[0]) / self.K)
        rough = 1 + .10 * _noise(y, z, 1.6) + .08 * _fine(y, z, .15)
        if brick:
            course = np.floor(z / .085)
            joint = (np.mod(z, .085) < .014) | (np.mod(y + (course % 2) * .12, .24) < .012)
            rough *= np.where(joint, 1.35, 1 + .12 * np.sin(course * 7.1 + np.floor(y / .24) * 3.7))
        self.image[:, a:b, :3] *= rough[..., None]

    def _window(self, rng, y0, y1, z0, z1, frame):
        self._fill(y0 - .1, y1 + .1, z0 - .16, z0 - .04, frame)
        self._fill(y0 - .08, y1 + .08, z0, z1 + .08, frame)
        self._fill(y0, y1, z0, z1, (.07, .085, .10), .8)
        self._fill(y0, y1, z1 - .22, z1, (.03, .035, .04), .5)
        if rng.random() < .6:
            self._fill(y0 + .02, y0 + .3, z0, z1, (.30, .28, .25), .6)
        self._fill((y0 + y1) / 2 - .025, (y0 + y1) / 2 + .025, z0, z1, frame)

    def _shop(self, rng, y0, y1, shop):
        self._fill(y0, y1, .12, 3.4, shop)
        door = y1 - 1.3 if rng.random() < .5 else y0 + .3
        for a, b in ((y0 + .3, door - .2), (door + 1.2, y1 - .3)):
            if b - a > .5:
                self._display(rng, a, b, shop)
        self._fill(door, door + 1.0, .15, 2.5, np.float32(shop) * .6)
        self._fill(door + .15, door + .85, .7, 2.35, (.06, .065, .07), .8)
        self._fill(y0, y1, 2.72, 3.32, np.minimum(np.float32(shop) * 1.6 + .01, 1))

    def _display(self, rng, a, b, shop):
        """A shop window: dim inside, a counter, goods on it, mullions, a blind."""
        self._fill(a, b, .65, 2.55, (.055, .06, .065), .8)
        self._fill(a, b, .65, 1.15, (.20, .15, .10), .8)
        for _ in range(int((b - a) * 2.5)):
            c, r = rng.uniform(a + .1, b - .3), rng.uniform(.08, .25)
            colour = mix(np.full(3, rng.uniform(.05, .45)), rng.uniform(.05, .4, 3), .45)
            self._fill(c, c + r, 1.15, 1.15 + rng.uniform(.1, .5), colour, .7)
        for c in np.linspace(a, b, max(2, int((b - a) / 1.2) + 1))[1:-1]:
            self._fill(c - .035, c + .035, .65, 2.55, shop)
        self._fill(a, b, 2.40, 2.55, (.62, .50, .30), .9)
