"""Draws the face of one plate, edge to edge, as it leaves the stamping works (plus some years on the road)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import designs
from .chance import Chance
from .designs import ALL, DESIGNS, NO_IOQ, STATES, STATE_WEIGHTS, US_PATTERNS, US_SHARE, Design
from .lettering import Words, typefaces
from .strokes import CAP_HEIGHT, CHARACTERS

HEIGHT = 80  # pixels of a one-line face; two-line faces are as high as their proportions ask
MOST_CHARACTERS = 10


@dataclass
class Plate:
    image: np.ndarray
    """float32, height × width × 3, BGR, 0 to 255."""
    text: str
    lines: int
    region: str
    """A code of :data:`plates.designs.REGIONS`; empty where the serial is not one that the region issues."""
    style: str
    """"us", "eu", "brazil" … for whoever places the plate in a scene."""


def bgr(code: str) -> np.ndarray:
    return np.array([int(code[i:i + 2], 16) for i in (5, 3, 1)], np.float32)


class PlateRenderer(Chance):
    """Renders plates without end; the same seed gives the same plates."""

    def __init__(self, seed: int, strokes: int = 240, validation: bool = False):
        super().__init__(np.random.default_rng((seed, 1)))
        faces = typefaces(0, strokes, validation)
        self._faces = {kind: [f for f in faces if f.kind == kind] for kind in ("plain", "mono", "slab", "stroke")}
        self.words = Words()
        weights = np.array([d.weight for d in DESIGNS])
        self._design_shares = weights / weights.sum()
        weights = np.array([STATE_WEIGHTS.get(s.code, 1.0) for s in STATES])
        self._state_shares = weights / weights.sum()

    # ---- serials ----

    def serial(self, pattern: str, letters: str, prefixes=()) -> str:
        digits = "0123456789"
        # Where the pattern says what stands where, it alone tells O from 0 at 20 pixels: look-alikes are shown more often than they are issued.
        if self.chance(0.3):
            letters += "".join(c for c in "OIZBSGDQ" if c in letters) * 3
            digits += "01258" * 3
        out, first = [], True
        for symbol in pattern:
            if symbol == "A":
                out.append(self.pick(letters))
            elif symbol == "9":
                out.append(self.pick(digits.replace("0", "")) if first and self.chance(0.8) else self.pick(digits))
            elif symbol == "X":
                out.append(self.pick(letters + digits))
            elif symbol == "@":
                out.append(self.pick(prefixes) if prefixes else self.pick(letters))
            else:
                out.append(symbol.upper())
            first = False
        return "".join(out)

    def vanity(self) -> str:
        """Something pronounceable, as people pay for."""
        wanted, text = self.rng.integers(3, 8), ""
        while len(text) < wanted:
            text += self.pick("BCDFGHJKLMNPRSTVWXYZ") + self.pick("AEIOUYO") + (self.pick("BCDFGKLMNPRST") if self.chance(0.35) else "")
        text = text[:wanted]
        if self.chance(0.35):
            text = text[:6] + str(self.rng.integers(100))
        if self.chance(0.25):
            cut = int(self.rng.integers(1, len(text)))
            text = text[:cut] + " " + text[cut:]
        return text[:MOST_CHARACTERS].strip()

    def personalised(self, state: str) -> str:
        """A word on a US plate. Where nobody can tell O from 0, both are shown: the picture should leave a doubt, not teach a habit."""
        return self.vanity().replace("O", designs.RINGS.get(state) or self.pick("O0"))

    def anything(self) -> str:
        """A serial of no country: so that reading never rests on grammar alone."""
        length = int(self.rng.integers(4, 11)) if self.chance(0.4) else int(self.rng.integers(5, 9))
        letters = ALL if self.chance(0.4) else NO_IOQ
        text = "".join(self.pick(letters + "0123456789" * 2) for _ in range(length))
        for _ in range(self.rng.integers(3)):
            cut = int(self.rng.integers(1, len(text)))
            text = text[:cut] + self.pick(" -  .") + text[cut:]
        return text

    # ---- paint ----

    @staticmethod
    def ink(image, mask, left, top, colour, opacity=1.0):
        """Paints ``colour`` through the grey ``mask`` whose top left corner is at (left, top)."""
        height, width = image.shape[:2]
        rows, columns = mask.shape[:2]
        x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + columns), min(height, top + rows)
        if x1 <= x0 or y1 <= y0:
            return
        share = mask[y0 - top:y1 - top, x0 - left:x1 - left, None].astype(np.float32) * (opacity / 255)
        area = image[y0:y1, x0:x1]
        image[y0:y1, x0:x1] = area + (np.asarray(colour, np.float32) - area) * share

    def word(self, image, text, centre_x, centre_y, height, most_width, colour, kind="any"):
        mask = self.words.mask(self.rng, text, kind)
        width = int(min(most_width, mask.shape[1] * height / mask.shape[0] * self.between(0.85, 1.2)))
        if width < 5 or height < 3:
            return
        mask = cv2.resize(mask, (width, int(height)), interpolation=cv2.INTER_AREA)
        self.ink(image, mask, int(centre_x - width / 2), int(centre_y - height / 2), colour)

    def shapes(self, image, left, top, right, bottom, most=6):
        """A few shapes of any colour: a picture as far as 20 pixels can show one."""
        for _ in range(1 + self.rng.integers(most)):
            colour = self.colour().tolist()
            x, y = int(self.between(left, right)), int(self.between(top, bottom))
            size = int(self.between(2, max(4, (bottom - top) * 0.4)))
            kind = self.rng.integers(4)
            if kind == 0:
                cv2.circle(image, (x, y), size, colour, -1)
            elif kind == 1:
                corners = [[x + self.between(-2, 2) * size, y + self.between(-1, 1) * size] for _ in range(3 + self.rng.integers(4))]
                cv2.fillPoly(image, [np.array(corners, np.int32)], colour)
            elif kind == 2:
                end = (int(self.between(left, right)), int(self.between(top, bottom)))
                cv2.line(image, (x, y), end, colour, 1 + int(self.rng.integers(4)), cv2.LINE_AA)
            else:
                axes = (size, max(1, int(size * self.between(0.2, 1.5))))
                cv2.ellipse(image, (x, y), axes, self.between(0, 180), 0, 360, colour, -1 if self.chance(0.6) else 2)

    def silhouette(self, image, left, top, right, bottom, colour):
        """An irregular blot: an animal, a tree, the outline of a state."""
        width, height = max(4, int(right - left)), max(4, int(bottom - top))
        form = self.cloud(height, width, self.between(2, max(2.5, min(width, height) / 2.5)))[..., 0]
        ys = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        xs = np.linspace(-1, 1, width, dtype=np.float32)[None]
        form = form + 0.35 * (1 - np.sqrt(xs ** 2 + ys ** 2) * self.between(0.9, 1.6))
        mask = (np.clip((form - self.between(0.45, 0.62)) * 12, 0, 1) * 255).astype(np.uint8)
        self.ink(image, cv2.GaussianBlur(mask, (3, 3), 0), int(left), int(top), colour, self.between(0.4, 1))

    # ---- one plate ----

    def plate(self) -> Plate:
        if self.chance(US_SHARE):
            return self._us()
        design = DESIGNS[int(self.rng.choice(len(DESIGNS), p=self._design_shares))]
        return self._designed(design)

    def _text(self, design: Design):
        """Pattern filled in, and whether it is one the region issues."""
        two = self.chance(design.two_lines_chance)
        fate = self.rng.random()
        if fate < 0.06:
            text = self.anything()
        elif fate < 0.09:
            text = self.vanity()
        else:
            return self.serial(self.pick(design.two_lines if two else design.patterns), design.letters, design.prefixes), True
        if two and len(text) >= 4:
            bare = text.replace(" ", "")
            cut = int(self.rng.integers(1, len(bare) - 1))
            text = bare[:cut].rstrip("-.") + "/" + bare[cut:].lstrip("-.")
        return text, False

    def _designed(self, design: Design) -> Plate:
        text, issued = self._text(design)
        two = "/" in text
        low, high = design.two_lines_aspect if two else design.aspect
        height = int(HEIGHT * 1.35) if two else HEIGHT
        width = int(height * self.between(low, high))
        _, ground, ink = self.weighted(design.paints)
        ground, ink = self._aged(bgr(ground)), self._aged(bgr(ink), 12)
        image = np.empty((height, width, 3), np.float32)
        image[:] = ground
        if self.chance(0.07):
            self._sheeting(image)
        box = getattr(self, "_decor_" + design.decor.replace("-", "_"))(image, design, ground, ink, two)
        self._letter(image, box, text, design, ink, issued, us=False)
        self._finish(image, ink, bolts=0.4, border=0.55)
        return Plate(image, self._canonical(text), 1 + two, design.region if issued else "", design.decor)

    @staticmethod
    def _canonical(text: str) -> str:
        return "".join(c for c in text if c in CHARACTERS)

    def _aged(self, colour, spread=10):
        colour = colour + self.rng.uniform(-spread, spread, 3).astype(np.float32)
        if self.chance(0.35):
            grey = colour.mean()
            colour = grey + (colour - grey) * self.between(0.4, 1)  # faded
        return np.clip(colour * self.between(0.85, 1.03), 0, 255).astype(np.float32)

    def _sheeting(self, image):
        """The lattice of reflective sheeting, seen close or by infrared."""
        ys, xs = np.mgrid[:image.shape[0], :image.shape[1]]
        size = self.between(2, 7)
        image += (((xs + ys) // size % 2) * self.between(-25, 25)).astype(np.float32)[..., None]

    # ---- decors: paint what stands around the serial, return the box (left, top, right, bottom) left for it ----

    def _band(self, image, design, ink, two):
        height, width = image.shape[:2]
        left = width * self.between(0.012, 0.035)
        if not design.band or not self.chance(design.band_chance):
            return left
        band = (width if not two else height * 2.2) * self.between(0.075, 0.115)
        kind = self.rng.random()
        paint = bgr("#20409a") + self.rng.uniform(-25, 25, 3) if kind < 0.88 else self.colour()
        bottom = height if not two or self.chance(0.4) else int(height * 0.5)
        cv2.rectangle(image, (0, 0), (int(band), bottom), paint.tolist(), -1)
        white = np.full(3, self.between(190, 245))
        self.word(image, design.band, band * 0.5, bottom * self.between(0.72, 0.86), bottom * self.between(0.14, 0.26), band * 0.85, white, "plain")
        if self.chance(0.85):
            centre, radius = (band * 0.5, bottom * self.between(0.25, 0.38)), band * 0.28
            if design.region in ("IN", "TR", "NO", "CH", "UA", "GB") and self.chance(0.7):
                if self.chance(0.5):
                    self.shapes(image, centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius, 3)
            else:
                for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
                    point = (int(centre[0] + radius * np.cos(angle)), int(centre[1] + radius * np.sin(angle)))
                    cv2.circle(image, point, 1, (0, 210, 250), -1)
        return band + width * self.between(0.008, 0.03)

    def _decor_plain(self, image, design, ground, ink, two):
        height, width = image.shape[:2]
        left, right = self._band(image, design, ink, two), width * (1 - self.between(0.012, 0.035))
        if self.chance(design.right_band):
            right = width * (1 - self.between(0.07, 0.1))
            cv2.rectangle(image, (int(right), 0), (width, height), (bgr("#20409a") + self.rng.uniform(-25, 25, 3)).tolist(), -1)
            if self.chance(0.6):
                self.word(image, self.serial("99", ALL), (right + width) / 2, height * 0.75, height * 0.2, width * 0.06, (235, 235, 235), "plain")
            right -= width * 0.01
        if design.region == "AT" and self.chance(0.8):
            for y in (0.03, 0.97):
                cv2.line(image, (0, int(height * y)), (width, int(height * y)), bgr("#c0202a").tolist(), 2)
        if design.region == "BE" or self.chance(0.05):
            left += width * self.between(0, 0.04)
        if two:
            return left, height * self.between(0.03, 0.08), right, height * (1 - self.between(0.03, 0.08))
        tall = height * self.between(*design.height)
        middle = height * self.between(0.47, 0.54)
        return left, middle - tall / 2, right, middle + tall / 2

    def _decor_captioned(self, image, design, ground, ink, two, where="top"):
        height, width = image.shape[:2]
        if two or self.chance(0.2):
            return self._decor_plain(image, design, ground, ink, two)
        tall = height * self.between(*design.height)
        margin = width * self.between(0.02, 0.06)
        text = design.name if self.chance(0.5) else self.pick(designs.SLOGANS)
        size = height * self.between(0.1, 0.18)
        if where == "top":
            self.word(image, text, width * self.between(0.4, 0.6), height * self.between(0.1, 0.16), size, width * 0.7, ink)
            middle = height * self.between(0.56, 0.62)
        else:
            self.word(image, text, width * self.between(0.4, 0.6), height * self.between(0.84, 0.9), size, width * 0.8, ink)
            middle = height * self.between(0.4, 0.46)
        return margin, middle - tall / 2, width - margin, middle + tall / 2

    def _decor_captioned_below(self, image, design, ground, ink, two):
        return self._decor_captioned(image, design, ground, ink, two, "bottom")

    def _decor_captioned_any(self, image, design, ground, ink, two):
        return self._decor_captioned(image, design, ground, ink, two, self.pick(("top", "bottom")))

    def _decor_brazil(self, image, design, ground, ink, two):
        height, width = image.shape[:2]
        left, right = width * self.between(0.15, 0.25), width * self.between(0.75, 0.85)
        top, bottom = height * self.between(0.05, 0.11), height * self.between(0.22, 0.29)
        if two:
            top, bottom = height * self.between(0.03, 0.06), height * self.between(0.14, 0.18)
        cv2.rectangle(image, (int(left), int(top)), (int(right), int(bottom)), (ground * self.between(0.75, 1.1)).tolist(), -1)
        cv2.rectangle(image, (int(left), int(top)), (int(right), int(bottom)), (ground * 0.6).tolist(), 1)
        self.word(image, self.pick(designs.TOWNS_BR), width * 0.5, (top + bottom) / 2, (bottom - top) * self.between(0.65, 0.95), right - left, ink, "plain")
        if two:
            return width * 0.05, height * 0.2, width * 0.95, height * 0.95
        tall = height * self.between(*design.height)
        middle = height * self.between(0.6, 0.67)
        return width * self.between(0.02, 0.06), middle - tall / 2, width * (1 - self.between(0.02, 0.06)), middle + tall / 2

    def _decor_mercosur(self, image, design, ground, ink, two):
        height, width = image.shape[:2]
        band = height * (self.between(0.2, 0.27) if not two else self.between(0.16, 0.2))
        cv2.rectangle(image, (0, 0), (width, int(band)), (bgr("#1f3f94") + self.rng.uniform(-25, 25, 3)).tolist(), -1)
        self.word(image, design.name, width * 0.5, band * 0.52, band * self.between(0.55, 0.75), width * 0.55, (240, 240, 240), "plain")
        self.shapes(image, width * 0.88, band * 0.2, width * 0.96, band * 0.8, 2)
        if self.chance(0.4):
            self.shapes(image, width * 0.02, height * 0.4, width * 0.06, height * 0.6, 3)
        if two:
            return width * 0.05, band + height * 0.03, width * 0.95, height * 0.96
        tall = height * self.between(*design.height)
        middle = band + (height - band) * self.between(0.46, 0.54)
        return width * self.between(0.03, 0.08), middle - tall / 2, width * (1 - self.between(0.02, 0.06)), middle + tall / 2

    def _decor_china(self, image, design, ground, ink, two):
        """A province character stands first; it is drawn as strokes and is not part of the text."""
        height, width = image.shape[:2]
        tall = height * self.between(*design.height)
        middle = height * self.between(0.48, 0.52)
        left, box = width * self.between(0.02, 0.04), width * self.between(0.095, 0.12)
        top, bottom = middle - tall / 2, middle + tall / 2
        pen = max(2, int(tall * 0.07))
        for _ in range(self.rng.integers(4, 7)):
            y = int(self.between(top, bottom))
            cv2.line(image, (int(left), y), (int(left + box * self.between(0.6, 1)), y), ink.tolist(), pen)
        for _ in range(self.rng.integers(2, 5)):
            x = int(left + box * self.between(0.1, 0.95))
            cv2.line(image, (x, int(self.between(top, middle))), (x + int(self.between(-4, 4)), int(self.between(middle, bottom))), ink.tolist(), pen)
        return left + box * self.between(1.08, 1.2), top, width * (1 - self.between(0.02, 0.04)), bottom

    def _decor_usa(self, image, design, ground, ink, two):
        return self._us_box(image, design.name, design.slogan, "any", ink, clutter=0.5)

    # ---- the United States ----

    def _us(self) -> Plate:
        state = STATES[int(self.rng.choice(len(STATES), p=self._state_shares))]
        typical = self.chance(0.6)
        fate = self.rng.random()
        if fate < 0.62:
            text = self.serial(self.pick(state.patterns), NO_IOQ if self.chance(0.75) else ALL)
        elif fate < 0.82:
            text = self.serial(self.pick(US_PATTERNS), NO_IOQ if self.chance(0.6) else ALL)
        elif fate < 0.93:
            text = self.personalised(state.code)
        else:
            text = self.anything().replace("O", "0" if self.chance(0.7) else "O")
        width = int(HEIGHT * (self.between(1.9, 2.15) if self.chance(0.94) else self.between(1.5, 2.8)))
        image = np.empty((HEIGHT, width, 3), np.float32)
        if typical:
            top, middle, bottom = (self._aged(bgr(c)) for c in state.ground)
            ink = self._aged(bgr(state.ink), 15)
            self._sky(image, top, middle, bottom)
        else:
            ink = self._special(image)
        if self.chance(0.3 if typical else 0.55):
            soft = self.cloud(HEIGHT, width, self.between(6, 25), 3) * self.between(10, 80)
            image += soft - soft.mean()
        if self.chance(0.25 if typical else 0.5):
            painted = image.copy()
            self.shapes(painted, 0, 0, width, HEIGHT, 8)
            share = self.between(0.1, 0.55)
            image[:] = image * (1 - share) + painted * share
        if self.chance(0.06):
            self._sheeting(image)
        middle_tone = float(image[HEIGHT // 3:2 * HEIGHT // 3].mean())
        if abs(middle_tone - float(ink.mean())) < 55:
            ink = np.full(3, self.between(0, 40) if middle_tone > 120 else self.between(215, 255), np.float32)
        named = self.chance(0.95)
        slogan = state.slogan if self.chance(0.6) else self.pick(designs.SLOGANS)
        box = self._us_box(image, state.name if named else "", slogan, state.lettering if self.chance(0.7) else "any", ink, 0.45 if typical else 1)
        design = Design("US", 1, (), stroke_chance=0.7)
        self._letter(image, box, text, design, ink, fate < 0.82, us=True)
        self._finish(image, ink, bolts=0.45, border=0.35)
        return Plate(image, self._canonical(text), 1, f"US-{state.code}" if named else "US", "us")

    def _sky(self, image, top, middle, bottom):
        ys = np.linspace(0, 1, image.shape[0], dtype=np.float32)[:, None, None]
        upper = np.clip((self.between(0.15, 0.4) - ys) / self.between(0.03, 0.3) + 0.5, 0, 1)
        lower = np.clip((ys - self.between(0.6, 0.85)) / self.between(0.03, 0.3) + 0.5, 0, 1)
        image[:] = middle * (1 - upper) * (1 - lower) + top * upper + bottom * lower * (1 - upper)

    def _special(self, image):
        """An issue of no particular state: charities, universities, veterans. Returns the ink."""
        dark = self.chance(0.15)
        ground = self.colour(0, 110) if dark else self.colour(140, 255) if self.chance(0.6) else np.full(3, self.between(190, 250), np.float32)
        ink = self.colour(170, 255) if dark else (self.colour(0, 110) if self.chance(0.6) else np.full(3, self.between(0, 60), np.float32))
        other = lambda: self.colour(0, 130) if dark else self.colour(90, 255)
        if self.chance(0.6):
            self._sky(image, other(), ground, other())
        else:
            image[:] = ground
        return ink

    def _us_box(self, image, name, slogan, lettering, ink, clutter):
        height, width = image.shape[:2]
        kind = {"script": "script", "serif": "slab", "sans": "plain"}.get(lettering, "any")
        small = ink if self.chance(0.6) else self.colour()
        if name:
            self.word(image, name, width * self.between(0.42, 0.58), height * self.between(0.1, 0.17), height * self.between(0.13, 0.24), width * 0.72, small, kind)
        if slogan and self.chance(0.75):
            self.word(image, slogan, width * self.between(0.42, 0.58), height * self.between(0.86, 0.94), height * self.between(0.08, 0.16), width * 0.8,
                      small if self.chance(0.6) else self.colour())
        if self.chance(0.22 * clutter):
            top = self.pick((0, int(height * 0.86)))
            cv2.rectangle(image, (0, top), (width, top + int(height * 0.14)), self.colour().tolist(), -1)
            self.word(image, self.pick(designs.SLOGANS), width * 0.5, top + height * 0.07, height * 0.11, width * 0.8, self.colour())
        for x, y in ((0.09, 0.12), (0.91, 0.12), (0.09, 0.9), (0.91, 0.9)):
            if self.chance(0.35):  # month and year stickers
                w, h = width * self.between(0.08, 0.16), height * self.between(0.1, 0.2)
                left, top = width * x + self.between(-4, 4) - w / 2, height * y - h / 2
                cv2.rectangle(image, (int(left), int(top)), (int(left + w), int(top + h)), self.colour(40).tolist(), -1)
                if self.chance(0.7):
                    self.word(image, self.pick(("JAN", "FEB", "MAR", "JUN", "OCT", "DEC", "99", "08", "12", "16", "03")), left + w / 2, top + h / 2, h * 0.7, w * 0.9, self.colour(), "plain")
        left, right = width * self.between(0.02, 0.06), width * (1 - self.between(0.02, 0.06))
        for side in (0, 1):
            if self.chance((0.3, 0.14)[side] * clutter):  # an emblem beside the serial
                w = width * self.between(0.09, 0.24)
                start = left if side == 0 else right - w
                if self.chance(0.35):
                    cv2.circle(image, (int(start + w / 2), int(height * 0.5)), int(w * 0.45), self.colour().tolist(), -1)
                if self.chance(0.5):
                    self.silhouette(image, start, height * self.between(0.15, 0.3), start + w, height * self.between(0.7, 0.85), ink if self.chance(0.5) else self.colour())
                else:
                    self.shapes(image, start + w * 0.1, height * 0.28, start + w * 0.9, height * 0.72, 9)
                if self.chance(0.5):
                    self.word(image, self.pick(designs.SLOGANS), start + w / 2, height * self.between(0.3, 0.7), height * self.between(0.08, 0.2), w * 0.95, self.colour())
                left, right = (left + w * 1.02, right) if side == 0 else (left, right - w * 1.02)
        tall = height * (self.between(0.4, 0.58) if width < 2.5 * height else self.between(0.5, 0.7))
        middle = height * self.between(0.47, 0.57)
        return left, middle - tall / 2, right, middle + tall / 2

    # ---- the serial ----

    def _face(self, design: Design, us: bool) -> dict[str, np.ndarray]:
        if self.chance(design.stroke_chance):
            kind = "stroke"
        else:
            kind = ("plain", "mono", "slab")[self.rng.choice(3, p=(0.68, 0.17, 0.15) if us else (0.8, 0.18, 0.02))]
        return self.pick(self._faces[kind]).glyphs

    def _letter(self, image, box, text, design, ink, issued, us):
        left, top, right, bottom = box
        height, width = image.shape[:2]
        glyphs = dict(self._face(design, us))
        if (issued or us) and self.chance(0.4):
            # Many issues stamp O and 0 (and I and 1) with one die; only the place in the serial tells which it is.
            glyphs["O"] = glyphs["0"] = glyphs[self.pick("O0")]
            if self.chance(0.4):
                glyphs["I"] = glyphs["1"] = glyphs[self.pick("I11")]
        if us and self.chance(0.13) and len(text.replace(" ", "")) < 7:
            left, right = self._stacked(image, glyphs, left, top, right, bottom, ink)
        usual = float(np.median([g.shape[1] for g in glyphs.values()]))
        if (us or design.decor in ("brazil", "mercosur")) and self.chance(0.4):
            for character in "MW":  # one die width for all
                mask = glyphs[character]
                glyphs[character] = cv2.resize(mask, (int(min(mask.shape[1], usual * self.between(1, 1.2))), mask.shape[0]), interpolation=cv2.INTER_AREA)
        paint = np.zeros((height, width), np.uint8)
        lines = text.split("/")
        if len(lines) == 1:
            self._line(image, paint, glyphs, lines[0], left, top, right, bottom, design, ink, usual, us)
        else:
            share = self.between(0.36, 0.52)
            gap = (bottom - top) * self.between(0.03, 0.1)
            split = top + (bottom - top - gap) * share
            narrow = (right - left) * (self.between(0, 0.18) if self.chance(0.6) else 0)
            self._line(image, paint, glyphs, lines[0], left + narrow, top, right - narrow, split, design, ink, usual, us)
            self._line(image, paint, glyphs, lines[1], left, split + gap, right, bottom, design, ink, usual, us)
        if self.chance(0.05):
            worn = np.clip(self.cloud(height, width, self.between(3, 8))[..., 0] * 2.2 + self.between(-0.3, 0.3), 0, 1)
            paint = (paint * worn).astype(np.uint8)
        if self.chance(0.05):
            slant = self.rng.normal() * 0.12
            paint = cv2.warpAffine(paint, np.float32([[1, -slant, slant * (top + bottom) / 2], [0, 1, 0]]), (width, height))
        if self.chance(0.55):  # embossed: one edge in shadow, the other lit
            dx, dy = self.pick(((1, 1), (-1, 1), (1, -1), (0, 1)))
            depth = self.between(0.2, 0.7)
            shadow = np.roll(paint, (dy, dx), (0, 1)).astype(np.float32) / 255
            light = np.roll(paint, (-dy, -dx), (0, 1)).astype(np.float32) / 255
            image *= 1 - (depth * 0.6 * shadow)[..., None]
            image += (255 - image) * (depth * 0.5 * light)[..., None]
        if self.chance(0.07):  # an outline around each character
            edge = cv2.dilate(paint, np.ones((3, 3), np.uint8)).astype(np.float32) / 255 * self.between(0.4, 1)
            tone = self.colour() if self.chance(0.5) else np.full(3, 255.0 if ink.mean() < 128 else 0.0, np.float32)
            image += (tone - image) * edge[..., None]
        image += (ink - image) * (paint.astype(np.float32) / 255)[..., None]

    def _stacked(self, image, glyphs, left, top, right, bottom, ink):
        """Small letters one above the other beside the serial (a US plate's class), not part of the text."""
        tall = bottom - top
        count = int(self.pick((1, 2, 2, 2, 3)))
        column = image.shape[1] * self.between(0.06, 0.1)
        at_right = self.chance(0.75)
        x = right - column if at_right else left
        size = int(max(4, min(tall / count * 0.92, tall * 0.5)))
        for i in range(count):
            mask = cv2.resize(glyphs[self.pick(CHARACTERS)], (max(3, int(column * 0.8)), size), interpolation=cv2.INTER_AREA)
            self.ink(image, mask, int(x), int(top + i * tall / count), ink)
        return (left, right - column * 1.15) if at_right else (left + column * 1.15, right)

    def _line(self, image, paint, glyphs, text, left, top, right, bottom, design, ink, usual, us):
        """One line of the serial, into ``paint``; separators may be painted on the image itself."""
        height, width = image.shape[:2]
        tall = bottom - top
        scale_y = tall / CAP_HEIGHT
        gap = self.between(0.06, 0.2) * CAP_HEIGHT * (1.15 if us else 0.85)
        space = self.between(0.25, 0.7) * CAP_HEIGHT * 0.6
        one_width = self.chance(0.4)
        items = []
        for symbol in text:
            if symbol in " -.":
                kind = self._separator(symbol, design)
                share = {"space": space, "dash": usual * self.between(0.5, 0.9), "dot": usual * self.between(0.25, 0.5)}.get(kind)
                if share is None:
                    share = usual * (self.between(0.5, 1.3) if self.chance(0.75) else self.between(1.2, 2.6 if us else 1.5))
                items.append((kind, share * self.between(0.6, 1.3)))
            else:
                natural = glyphs[symbol].shape[1]
                items.append((symbol, max(natural, usual) if one_width else float(natural)))
        total = sum(w for _, w in items) + gap * (len(items) - 1)
        room = right - left
        scale = self.between(0.85, 1.15) * scale_y
        if total * scale > room:
            scale = room / total
        elif self.chance(0.75 if not us else 0.3):
            scale = min(room / total * self.between(0.9, 1.0), scale * 1.35)
        if scale < scale_y * 0.42:  # too many characters for this height: lower, not ever narrower
            scale_y = max(height * 0.2 / CAP_HEIGHT, scale / 0.42)
            tall = scale_y * CAP_HEIGHT
        middle = (top + bottom) / 2
        x = left + (room - total * scale) * (self.between(0.3, 0.7) if self.chance(0.85) else self.between(0, 1))
        for symbol, share in items:
            step = share * scale
            if len(symbol) == 1:
                mask = glyphs[symbol]
                w, h = max(3, round(mask.shape[1] * scale)), max(4, round(mask.shape[0] * scale_y))
                mask = cv2.resize(mask, (w, h), interpolation=cv2.INTER_AREA)
                px, py = round(x + (step - w) / 2), round(middle - tall / 2)
                x0, y0, x1, y1 = max(0, px), max(0, py), min(width, px + w), min(height, py + h)
                if x1 > x0 and y1 > y0:
                    paint[y0:y1, x0:x1] = np.maximum(paint[y0:y1, x0:x1], mask[y0 - py:y1 - py, x0 - px:x1 - px])
            elif symbol == "dash":
                half = tall * self.between(0.035, 0.07)
                cv2.rectangle(paint, (int(x + step * 0.1), int(middle - half)), (int(x + step * 0.9), int(middle + half)), 255, -1)
            elif symbol == "dot":
                low = self.pick((0, 0, 0.32, 0.42))
                cv2.circle(paint, (int(x + step / 2), int(middle + low * tall)), max(1, int(tall * self.between(0.05, 0.1))), 255, -1)
            elif symbol == "seal":
                radius = max(2, int(min(step * 0.42, tall * 0.2)))
                for y in (-0.24, 0.24):
                    if self.chance(0.85):
                        centre = (int(x + step / 2), int(middle + y * tall))
                        cv2.circle(image, centre, radius, self.colour().tolist(), -1 if self.chance(0.7) else 2)
                        if self.chance(0.6):
                            cv2.circle(image, centre, max(1, radius // 2), self.colour().tolist(), -1)
            elif symbol == "arms":
                if us and self.chance(0.6):
                    extra, half = step * self.between(0, 0.25), tall * self.between(0.35, 0.75)
                    self.silhouette(image, x - extra, middle - half, x + step + extra, middle + half, ink if self.chance(0.55) else self.colour())
                else:
                    self.shapes(image, x, middle - tall * 0.4, x + max(3, step), middle + tall * 0.35, 5)
            x += step + gap * scale

    def _separator(self, symbol, design):
        fate = self.rng.random()
        if symbol == ".":
            return "dot" if fate < 0.85 else "space"
        if symbol == " ":
            return design.emblem if design.emblem and fate < 0.45 else "space" if fate < 0.85 else "dot" if fate < 0.9 else "dash" if fate < 0.94 else "arms"
        return design.emblem if design.emblem and fate < 0.5 else "dash" if fate < 0.72 else "dot" if fate < 0.82 else "arms" if fate < 0.9 else "space"

    def _finish(self, image, ink, bolts, border):
        height, width = image.shape[:2]
        if self.chance(border):
            thick, inset = 1 + int(self.rng.integers(3)), int(self.rng.integers(3))
            cv2.rectangle(image, (inset, inset), (width - 1 - inset, height - 1 - inset), (ink if self.chance(0.6) else self.colour()).tolist(), thick)
        if self.chance(bolts):
            y = height * self.pick((0.1, 0.12, 0.5, 0.88, 0.9))
            for x in (self.between(0.1, 0.3), self.between(0.7, 0.9)):
                cv2.circle(image, (int(width * x), int(y)), 2 + int(self.rng.integers(3)), self.colour(20, 230).tolist(), -1)
        if self.chance(0.04):  # a sticker where it should not be
            x, y = self.between(0.05, 0.9) * width, self.pick((0.06, 0.9)) * height
            cv2.circle(image, (int(x), int(y)), int(height * self.between(0.04, 0.09)), self.colour().tolist(), -1)
