"""Typefaces for serials and lines of small print: free fonts from ``fonts/`` and drawn stroke faces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .strokes import CAP_HEIGHT, CHARACTERS, stroke_face

FONTS = Path(__file__).resolve().parent.parent / "fonts" / "node_modules" / "@fontsource"

# Which weights of each family may letter a serial. All SIL OFL 1.1, Roboto Slab Apache-2.0; see ../README.md.
PLAIN = {
    "barlow": (500, 600, 700), "barlow-condensed": (500, 600, 700), "barlow-semi-condensed": (500, 700), "saira": (500,),
    "saira-condensed": (500, 600, 700), "saira-semi-condensed": (600,), "saira-extra-condensed": (600, 700),
    "roboto-condensed": (500, 700), "oswald": (400, 500, 600), "overpass": (600, 800), "share-tech": (400,),
    "big-shoulders-text": (600, 700), "archivo-narrow": (500, 700), "bebas-neue": (400,), "fjalla-one": (400,),
    "rajdhani": (600, 700), "teko": (500,), "antonio": (500, 700), "chakra-petch": (600,), "staatliches": (400,),
    "league-gothic": (400,), "sofia-sans-condensed": (600, 700), "sofia-sans-extra-condensed": (600,),
    "pathway-gothic-one": (400,), "quantico": (400,), "jura": (700,), "public-sans": (600,), "inter": (600,),
    "pragati-narrow": (700,), "yantramanav": (500, 700), "arimo": (500, 700), "pt-sans-narrow": (700,),
    "ibm-plex-sans-condensed": (500, 700),
}
MONO = {"overpass-mono": (500, 700), "share-tech-mono": (400,), "b612-mono": (400, 700), "roboto-mono": (500, 700),
        "cousine": (400, 700), "pt-mono": (400,), "ibm-plex-mono": (500, 700), "space-mono": (700,)}
SLAB = {"roboto-slab": (600, 700), "zilla-slab": (600, 700), "rokkitt": (600, 700), "arvo": (700,), "graduate": (400,),
        "crete-round": (400,)}
SCRIPT = {"lobster": (400,), "pacifico": (400,), "kaushan-script": (400,)}
# Kept out of training: rendered validation is lettered with these and with stroke faces of its own.
VALIDATION_FAMILIES = {"overpass", "yantramanav", "zilla-slab", "cousine"}


@dataclass(frozen=True)
class Typeface:
    name: str
    kind: str  # plain, mono, slab, stroke
    glyphs: dict[str, np.ndarray]  # character → grey mask, capitals CAP_HEIGHT high


def _font_file(family: str, weight: int) -> Path:
    path = FONTS / family / "files" / f"{family}-latin-{weight}-normal.woff"
    if not path.exists():
        raise FileNotFoundError(f"font {family} {weight} is not in {FONTS}: run ./build.sh train --work DIR --only fonts")
    return path


def _mask(font: ImageFont.FreeTypeFont, text: str) -> np.ndarray:
    left, top, right, bottom = font.getbbox(text)
    picture = Image.new("L", (right - left + 8, bottom - top + 8), 0)
    ImageDraw.Draw(picture).text((4 - left, 4 - top), text, font=font, fill=255)
    mask = np.array(picture)
    ys, xs = np.where(mask > 60)
    return mask[ys.min():ys.max() + 1, xs.min():xs.max() + 1]


def _letters(font: ImageFont.FreeTypeFont) -> dict[str, np.ndarray]:
    scale = CAP_HEIGHT / _mask(font, "H").shape[0]
    glyphs = {}
    for character in CHARACTERS:
        mask = _mask(font, character)
        # Round letters overshoot the cap height; plates do not show it.
        height = CAP_HEIGHT if character != "Q" else max(40, round(mask.shape[0] * scale))
        glyphs[character] = cv2.resize(mask, (max(5, round(mask.shape[1] * scale)), height), interpolation=cv2.INTER_AREA)
    return glyphs


def _stamped(mask: np.ndarray, blur: float, threshold: float) -> np.ndarray:
    """The letter as a worn die presses it: corners rounded, strokes a little fatter or thinner."""
    wide = cv2.copyMakeBorder(mask, 6, 6, 6, 6, cv2.BORDER_CONSTANT)
    soft = cv2.GaussianBlur(wide, (0, 0), blur).astype(np.float32)
    soft = np.clip((soft - threshold) * 6 + 128, 0, 255).astype(np.uint8)
    ys, xs = np.where(soft > 100)
    if len(ys) == 0:
        return mask
    soft = soft[ys.min():ys.max() + 1, xs.min():xs.max() + 1]
    return cv2.resize(soft, (soft.shape[1], mask.shape[0]))


def typefaces(seed: int, strokes: int, validation: bool = False) -> list[Typeface]:
    """Every face to letter serials with: each font as drawn and as stamped, and ``strokes`` stroke faces."""
    rng = np.random.default_rng((seed, 77 if validation else 7))
    faces = []
    for kind, families in (("plain", PLAIN), ("mono", MONO), ("slab", SLAB)):
        for family, weights in families.items():
            if (family in VALIDATION_FAMILIES) != validation:
                continue
            for weight in weights:
                glyphs = _letters(ImageFont.truetype(str(_font_file(family, weight)), 110))
                faces.append(Typeface(f"{family}-{weight}", kind, glyphs))
                blur, threshold = rng.uniform(2.2, 4.2), rng.uniform(85, 150)
                stamped = {c: _stamped(m, blur, threshold) for c, m in glyphs.items()}
                faces.append(Typeface(f"{family}-{weight}~", kind, stamped))
    faces += [Typeface(f"stroke-{i}", "stroke", stroke_face(rng)) for i in range(strokes)]
    return faces


_MOST_WORDS = 6000


class Words:
    """Small print as grey masks, 40 px high: state names, slogans, dealers. Most are made once, then only scaled."""

    def __init__(self):
        self._fonts = {kind: [ImageFont.truetype(str(_font_file(family, weights[-1])), 40) for family, weights in families.items()]
                       for kind, families in (("plain", PLAIN), ("slab", SLAB), ("script", SCRIPT))}
        self._made: dict[tuple[str, str, int], np.ndarray] = {}

    def mask(self, rng: np.random.Generator, text: str, kind: str = "any") -> np.ndarray:
        if kind == "any":
            kind = ("plain", "slab", "script")[rng.choice(3, p=(0.6, 0.2, 0.2))]
        fonts = self._fonts[kind]
        which = int(rng.integers(len(fonts)))
        key = (text, kind, which)
        if key in self._made:
            return self._made[key]
        mask = _mask(fonts[which], text)
        if len(self._made) < _MOST_WORDS:
            self._made[key] = mask
        return mask
