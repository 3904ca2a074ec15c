"""The real photographs: where they are, what stands on their plates, and which are kept out of training.

None of them is part of the project. Sources and licences are in README.md; the folder that holds them is an argument.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Mapping
from zlib import crc32

import cv2
import numpy as np

from plates.photograph import edge_errors
from plates.view import ABOVE, BESIDE, Site

SETS = {  # table → (region of its plates, whether pictures are squashed to squares)
    "oid_plates_ccby": ("unknown", True), "oid2_plates_ccby": ("unknown", True), "oid_crops_text": ("unknown", True),
    "in_college_apache": ("IN", False), "in_punjab_ccby": ("IN", False), "vn_mit": ("VN", False), "cn_ccpd_mit": ("CN", False),
    "romania": ("RO", False),
}
CLOSE_UPS = "oid_crops_text"
SHARES = {"oid_plates_ccby": 2.2, "oid2_plates_ccby": 2.4, CLOSE_UPS: 2.2, "in_college_apache": 1.0, "in_punjab_ccby": 1.0, "vn_mit": 0.8,
          "cn_ccpd_mit": 0.3, "romania": 1.4}
"""How often training draws from each set: not by its size, since Romania's labels are machine-made and easy."""
HOLD_OUT_ONE_IN = 8


@dataclass(frozen=True)
class RealPlate:
    box: tuple[float, float, float, float]
    """Left, top, width, height in pixels."""
    text: str
    """As read by a person (or by two machines that agree, in Romania's set); empty where unknown."""


@dataclass(frozen=True)
class Photograph:
    path: Path
    set: str
    region: str
    squashed: bool
    plates: tuple[RealPlate, ...]


def held_out(set_name: str, file: str) -> bool:
    """One photograph in eight validates and is never trained on. Open Images photographs go by their image id, so that the
    same picture in two sets falls on one side; Romania keeps its origin's split."""
    if set_name == "romania":
        return file.startswith("valid-")
    identity = re.split(r"[_.]", file)[0] if set_name.startswith("oid") else Path(file).stem
    return crc32(identity.encode()) % HOLD_OUT_ONE_IN == 0


Texts = Mapping[tuple[str, float, float], str]
"""By file, left and top of the plate, as the set's table has them."""
NO_TEXTS: Texts = MappingProxyType({})


def more_texts(path: Path | None) -> Texts:
    """Texts that were read by eye since, of plates that the sets' tables leave blank: tab-separated ``file x y text``, what follows is not
    looked at, and a line whose text is empty says nothing. Real plates, so the file is no part of the project.

    Raises ValueError that names the line, and not what stands there."""
    if path is None:
        return NO_TEXTS
    texts = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], 2):
        fields = line.split("\t")
        if len(fields) < 4 or not all(re.fullmatch(r"[0-9.]+", one) for one in fields[1:3]) or not re.fullmatch(r"[A-Z0-9]{0,10}", fields[3]):
            raise ValueError(f"{path}, line {number}: must be file, x, y and a text of at most 10 characters A-Z and 0-9, separated by tabs")
        if fields[3]:
            texts[fields[0], float(fields[1]), float(fields[2])] = fields[3]
    return texts


def photographs(data: Path, validation: bool, more: Texts = NO_TEXTS) -> list[Photograph]:
    """Photographs of all sets that are there, those for training or those kept out; ``more`` (:func:`more_texts`) stands in where a set
    does not say what stands on a plate.

    Raises FileNotFoundError where none of them is there: nobody should train on nothing by mistake."""
    found = []
    for name, (region, squashed) in SETS.items():
        table = data / "training" / f"{name}.tsv"
        if not table.exists():
            continue
        rows: dict[str, list[RealPlate]] = {}
        for line in table.read_text(encoding="utf-8").splitlines()[1:]:
            fields = line.split("\t")
            plates = rows.setdefault(fields[0], [])
            if len(fields) >= 5 and fields[3]:
                box = tuple(float(v) for v in fields[1:5])
                plates.append(RealPlate(box, _text(name, fields) or more.get((fields[0], *box[:2]), "")))
        for file, plates in rows.items():
            if held_out(name, file) == validation:
                found.append(Photograph(data / "training" / name / file, name, region, squashed, tuple(plates)))
    if not any((data / "training" / f"{name}.tsv").exists() for name in SETS):
        raise FileNotFoundError(f"{data / 'training'} holds none of the sets' tables ({', '.join(SETS)}); see README.md, Sources")
    return found


def _text(name: str, fields: list[str]) -> str:
    text = fields[5].strip().upper() if len(fields) > 5 else ""
    if name == "cn_ccpd_mit":
        text = text[1:]  # the province character is not read
    if name == "romania" and (len(fields) < 7 or not fields[6] or float(fields[6]) < 0.6):
        return ""
    return text if re.fullmatch(r"[A-Z0-9]{1,10}", text) else ""


@dataclass(frozen=True)
class RealCrop:
    image: np.ndarray
    """The plate and as much again around it as the photograph has, uint8 BGR."""
    box: tuple[float, float, float, float]
    text: str
    region: str
    set: str


def crops(data: Path, validation: bool, more: Texts = NO_TEXTS) -> list[RealCrop]:
    """Every plate whose text is known. Some sets are frames of the same few cars: a plate that also stands on a training
    photograph validates nothing, so it is left out."""
    found = []
    trained = _trained(data, more) if validation else set()
    for photograph in photographs(data, validation, more):
        wanted = [p for p in photograph.plates if p.text and p.text not in trained]
        if not wanted:
            continue
        picture = cv2.imread(str(photograph.path))
        if picture is None:
            continue
        for plate in wanted:
            x, y, w, h = plate.box
            left, top = max(0, int(x - w * 0.6)), max(0, int(y - h * 0.6))
            right, bottom = min(picture.shape[1], int(x + w * 1.6)), min(picture.shape[0], int(y + h * 1.6))
            found.append(RealCrop(picture[top:bottom, left:right].copy(), (x - left, y - top, w, h), plate.text, photograph.region, photograph.set))
    return found


def _trained(data: Path, more: Texts = NO_TEXTS) -> set[str]:
    return {p.text for photograph in photographs(data, False, more) for p in photograph.plates}


def loosened(box: tuple[float, float, float, float], rng: np.random.Generator) -> np.ndarray:
    """Left, top, right and bottom of a plate's box as loose as a detector's would be. Errors are shares of the plate's height, at its sides
    of two fifths of its width where that is less: in a squashed photograph plates are narrower than they are."""
    x, y, w, h = box
    return np.array([x, y, x + w, y + h]) + edge_errors(rng) * [-1, -1, 1, 1] * np.array([min(h, 0.4 * w), h] * 2)


def sites(data: Path, validation: bool) -> list[Site]:
    """Where plates hang in photographs of whole vehicles: those of training, or those kept out. A real plate is looked at where its text is known, by
    :data:`SHARES`, and where it does not end at the photograph's edge; of those kept out only what stands on no training photograph either.

    Raises FileNotFoundError where there is none."""
    trained = _trained(data) if validation else set()
    found = []
    for photograph in photographs(data, validation):
        picture = cv2.imread(str(photograph.path)) if photograph.set != CLOSE_UPS else None
        if picture is None:
            continue
        for plate in photograph.plates:
            x, y, w, h = plate.box
            if h < 9 or w < 14:
                continue
            whole = x > 0.1 * h and y > 0.1 * h and x + w < picture.shape[1] - 0.1 * h and y + h < picture.shape[0] - 0.1 * h
            left, top = max(0, int(x - BESIDE * w)), max(0, int(y - ABOVE * h))
            piece = picture[top:int(y + (1 + ABOVE) * h), left:int(x + (1 + BESIDE) * w)].copy()
            weight = SHARES[photograph.set] if whole and plate.text and plate.text not in trained else 0
            found.append((photograph.set, Site(piece, (x - left, y - top, w, h), photograph.squashed, weight)))
    if not found:
        raise FileNotFoundError(f"{data / 'training'} holds no photograph of a whole vehicle; see README.md, Sources")
    many = Counter(name for name, site in found if site.weight)
    return [replace(site, weight=site.weight / max(1, many[name])) for name, site in found]


def surroundings(data: Path, seed: int, most: int = 1500) -> list[np.ndarray]:
    """Pieces of training photographs beside plates, never over one: bumpers, grilles, tailgates."""
    rng = np.random.default_rng((seed, 3))
    pieces = []
    for photograph in photographs(data, validation=False):
        if photograph.set == CLOSE_UPS:
            continue
        picture = cv2.imread(str(photograph.path))
        if picture is None:
            continue
        height, width = picture.shape[:2]
        for plate in photograph.plates:
            x, y, w, h = plate.box
            for dx, dy in ((0, -2.2), (0, 2.2), (-1.3, 0), (1.3, 0)):
                size = rng.uniform(0.8, 1.4)
                left = int(x + dx * w + w * rng.uniform(-0.3, 0.3))
                top = int(y + dy * h + h * rng.uniform(-0.3, 0.3))
                right, bottom = int(left + w * size), int(top + h * 1.4 * size)
                apart = all(right < p.box[0] or left > p.box[0] + p.box[2] or bottom < p.box[1] or top > p.box[1] + p.box[3] for p in photograph.plates)
                if left < 0 or top < 0 or right > width or bottom > height or right - left < 20 or bottom - top < 8 or not apart:
                    continue
                pieces.append(cv2.resize(picture[top:bottom, left:right], (160, 64), interpolation=cv2.INTER_AREA))
    rng.shuffle(pieces)
    return pieces[:most]
