"""Invented number plates, drawn flat: albedo images in linear light, two pixels a millimetre."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

DIN = "/usr/share/fonts/truetype/opendin/OSP-DIN.ttf"                                   # fonts-opendin, OFL 1.1
CONDENSED = "/usr/share/fonts/truetype/roboto/unhinted/RobotoCondensed-Bold.ttf"        # fonts-roboto-unhinted, Apache 2.0
SANS = "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Medium.ttf"          # fonts-roboto-unhinted, Apache 2.0

SCALE = 2
BLACK, WHITE, YELLOW = (18, 18, 20), (238, 239, 236), (240, 196, 40)
BLUE, NAVY = (16, 56, 150), (24, 40, 104)


@dataclass(frozen=True)
class Plate:
    """A plate as it is mounted: its text without separators, its size in metres, its picture [h, w, 3]."""

    text: str
    width: float
    height: float
    albedo: np.ndarray


def linear(rgb8):
    """sRGB bytes to linear light 0..1."""
    return (np.asarray(rgb8, np.float32) / 255) ** 2.2


class Sheet:
    """One blank plate to draw on, in millimetres."""

    def __init__(self, width, height, ground, border, radius=10):
        self.width, self.height = width, height
        self.image = Image.new("RGB", (width * SCALE, height * SCALE), ground)
        self.draw = ImageDraw.Draw(self.image)
        self.draw.rounded_rectangle(self._box(1, 1, width - 1, height - 1), radius * SCALE, None, border, 3 * SCALE)

    def band(self, x0, x1, letters):
        """A blue strip with a ring of stars and the letters of no country."""
        self.draw.rectangle(self._box(x0, 2, x1, self.height - 2), BLUE)
        cx, cy, ring = (x0 + x1) / 2, self.height * .34, (x1 - x0) * .3
        for angle in np.arange(12) * np.pi / 6:
            x, y = cx + ring * np.cos(angle), cy + ring * np.sin(angle)
            self.draw.ellipse(self._box(x - 1.7, y - 1.7, x + 1.7, y + 1.7), YELLOW)
        self.text(letters, DIN, (cx, self.height * .76), 20, 9.5, WHITE)

    def text(self, text, font, centre, height, pitch, ink, gap=.6):
        """Characters of one height on a fixed pitch, as plates are pressed; a space takes `gap` of a pitch."""
        advance = [pitch * (gap if c == " " else 1) for c in text]
        x = centre[0] - sum(advance) / 2
        for c, step in zip(text, advance):
            if c != " ":
                self._glyph(c, font, x + step / 2, centre[1], height, pitch * .84, ink)
            x += step

    def words(self, text, font, centre, height, ink):
        """Ordinary lettering, at the font's own widths."""
        face = ImageFont.truetype(font, int(height * SCALE * 1.38))
        self.draw.text((centre[0] * SCALE, centre[1] * SCALE), text, ink, face, anchor="mm")

    def bolt(self, x, y, shade):
        self.draw.ellipse(self._box(x - 3, y - 3, x + 3, y + 3), shade, (70, 70, 70))

    def finish(self, text, rng):
        """Presses the sheet: a little relief, unevenness and road dirt towards the lower edge."""
        albedo = linear(self.image)
        rows = np.linspace(0, 1, albedo.shape[0], dtype=np.float32)[:, None, None]
        grain = np.asarray(Image.fromarray(rng.integers(0, 256, (9, 31), np.uint8)).resize(self.image.size, 3), np.float32)
        dirt = .02 + .10 * rows ** 3 + .05 * grain[..., None] / 255
        albedo = albedo * (1 - dirt) + dirt * np.float32([.12, .10, .08])
        return Plate(text.replace(" ", ""), self.width / 1000, self.height / 1000, albedo.astype(np.float32))

    def _glyph(self, c, font, x, y, height, width, ink):
        face = ImageFont.truetype(font, 200)
        left, top, right, bottom = face.getbbox(c)
        mask = Image.new("L", (right - left, bottom - top), 0)
        ImageDraw.Draw(mask).text((-left, -top), c, 255, face)
        natural = (right - left) * height / (face.getbbox("H")[3] - face.getbbox("H")[1])
        wide = min(width, natural * 1.7)
        mask = mask.resize((max(1, round(wide * SCALE)), round(height * SCALE)), Image.LANCZOS)
        self.image.paste(ink, (round((x - wide / 2) * SCALE), round((y - height / 2) * SCALE)), mask)

    @staticmethod
    def _box(x0, y0, x1, y1):
        return [x0 * SCALE, y0 * SCALE, x1 * SCALE, y1 * SCALE]


def banded(text, rng, pitch=47, ground=WHITE):
    """Long and white, one blue band: the European look."""
    sheet = Sheet(520, 112, ground, BLACK)
    sheet.band(3, 44, "XE")
    sheet.text(text, DIN, (282, 56), 78, pitch, BLACK)
    return sheet.finish(text, rng)


def double_banded(text, rng):
    """Long and white, a band at either end."""
    sheet = Sheet(520, 112, WHITE, BLACK)
    sheet.band(3, 44, "XE")
    sheet.draw.rectangle(sheet._box(476, 2, 517, 110), BLUE)
    sheet.text(text, CONDENSED, (260, 56), 76, 50, BLACK, gap=.42)
    return sheet.finish(text, rng)


def yellow(text, rng):
    """Long, yellow, bold, no band: the British look."""
    sheet = Sheet(520, 112, YELLOW, (120, 100, 30), radius=6)
    sheet.text(text, CONDENSED, (260, 56), 80, 62, BLACK, gap=.5)
    return sheet.finish(text, rng)


def state(text, rng):
    """Short, pale, a state's name above and a motto below: the North American look."""
    sheet = Sheet(305, 152, WHITE, NAVY, radius=12)
    for i in range(34):
        t = i / 34
        shade = tuple(int(a + (b - a) * t) for a, b in zip((150, 190, 232), WHITE))
        sheet.draw.rectangle(sheet._box(6, 6 + i * 3, 299, 9 + i * 3), shade)
    sheet.words("Evermore", SANS, (152, 22), 18, (150, 24, 36))
    sheet.text(text, DIN, (152, 82), 72, 37, NAVY, gap=.42)
    sheet.words("THE QUIET COAST", SANS, (152, 135), 9, NAVY)
    for x in (62, 243):
        sheet.bolt(x, 22, (170, 172, 176))
    return sheet.finish(text, rng)


def topped(text, rng):
    """White under a blue strip with the union's name: the South American look."""
    sheet = Sheet(400, 130, WHITE, BLACK)
    sheet.draw.rectangle(sheet._box(3, 3, 397, 32), BLUE)
    sheet.words("AURORA", SANS, (200, 17), 15, WHITE)
    sheet.text(text, CONDENSED, (200, 80), 68, 52, BLACK)
    return sheet.finish(text, rng)
