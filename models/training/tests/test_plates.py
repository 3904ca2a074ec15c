"""Rendered plates are what their labels say, and the same for the same seed."""

import re
import sys
import unittest
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from plates.designs import DESIGNS, REGIONS, STATES  # noqa: E402
from plates.lettering import FONTS  # noqa: E402
from plates.optics import Optics  # noqa: E402
from plates.photograph import Camera  # noqa: E402
from plates.strokes import CAP_HEIGHT, CHARACTERS, stroke_face  # noqa: E402

cv2.setNumThreads(1)


class Designs(unittest.TestCase):
    def test_every_serial_has_3_to_11_characters(self):
        for design in DESIGNS:
            longest = max(map(len, design.prefixes), default=1)
            for pattern in design.patterns + design.two_lines:
                bare = re.sub(r"[ \-./]", "", pattern)
                self.assertLessEqual(len(bare) - bare.count("@") + longest * bare.count("@"), 11, f"{design.region} {pattern}")
                self.assertGreaterEqual(len(bare), 3, f"{design.region} {pattern}")

    def test_a_two_line_pattern_has_one_line_break_and_a_one_line_pattern_none(self):
        for design in DESIGNS:
            self.assertTrue(all(p.count("/") == 1 for p in design.two_lines), design.region)
            self.assertTrue(all("/" not in p for p in design.patterns), design.region)

    def test_regions_are_iso_codes_and_unknown_comes_first(self):
        self.assertEqual("unknown", REGIONS[0])
        self.assertEqual(len(REGIONS), len(set(REGIONS)))
        for region in REGIONS[1:]:
            self.assertRegex(region, r"^[A-Z]{2}(-[A-Z]{2})?$")

    def test_every_state_of_the_union_is_there(self):
        self.assertEqual(51, len({state.code for state in STATES}))


class Strokes(unittest.TestCase):
    def test_a_face_has_every_character_at_cap_height(self):
        face = stroke_face(np.random.default_rng(1))
        self.assertEqual(set(CHARACTERS), set(face))
        for character, mask in face.items():
            if character != "Q":
                self.assertEqual(CAP_HEIGHT, mask.shape[0], character)

    def test_the_hook_of_a_6_never_closes(self):
        for seed in range(60):
            face = stroke_face(np.random.default_rng(seed))
            # A closed 6 would have two holes, as an 8 has.
            self.assertEqual(1, _holes(face["6"]), f"6 of face {seed}")
            self.assertEqual(2, _holes(face["8"]), f"8 of face {seed}")


class OpticsKeepTheFormat(unittest.TestCase):
    def test_a_developed_picture_has_the_size_it_had(self):
        optics = Optics(np.random.default_rng(3))
        picture = np.random.default_rng(4).integers(0, 255, (31, 77, 3), np.uint8)
        for _ in range(60):
            developed = optics.develop(picture.copy())
            self.assertEqual((31, 77, 3), developed.shape)
            self.assertEqual(np.uint8, developed.dtype)


class Cutting(unittest.TestCase):
    """How a plate of 200 × 50 pixels is cut out, a thousand times."""

    def cuts(self, tilt: float) -> tuple[np.ndarray, np.ndarray]:
        """The plate's corners when it is turned by ``tilt`` degrees, and what is cut."""
        turn = np.radians(tilt)
        turn = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        quad = np.array([[-100, -25], [100, -25], [100, 25], [-100, 25]]) @ turn.T
        camera = Camera(SimpleNamespace(rng=np.random.default_rng(1)))
        return quad, np.array([camera.cut(quad) for _ in range(1000)])

    def test_a_plate_askew_is_mostly_cut_along_its_tilt_as_the_product_does(self):
        _, cuts = self.cuts(15)
        tilts = np.degrees(np.arctan2(cuts[:, 1, 1] - cuts[:, 0, 1], cuts[:, 1, 0] - cuts[:, 0, 0]))
        along = np.abs(tilts - 15) < 6
        self.assertGreater(along.mean(), 0.75)
        self.assertLess(np.abs(tilts[~along]).max(), 1e-6)

    def test_a_straight_plate_is_cut_upright(self):
        _, cuts = self.cuts(1)
        self.assertGreater((np.abs(cuts[:, 1, 1] - cuts[:, 0, 1]) < 1e-6).mean(), 0.95)

    def test_edges_err_by_what_was_measured_and_never_cut_far_into_the_plate(self):
        quad, cuts = self.cuts(0)
        above = (quad[0, 1] - cuts[:, 0, 1]) / 50
        self.assertTrue(0.05 < above.std() < 0.12, above.std())
        self.assertGreater(above.min(), -0.16)


@unittest.skipUnless(FONTS.exists(), "the fonts are not here: ./build.sh train --work DIR --only fonts")
class Rendering(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from plates import PlateRenderer
        cls.camera = Camera(PlateRenderer(1, strokes=8))

    def test_the_same_seed_gives_the_same_crop(self):
        crops = []
        for _ in range(2):
            self.camera.reseed(np.random.default_rng(5))
            crops.append(self.camera.crop())
        np.testing.assert_array_equal(crops[0][0], crops[1][0])
        self.assertEqual(crops[0][1].text, crops[1][1].text)

    def test_a_word_on_a_plate_has_the_ring_that_its_state_registers_and_elsewhere_either(self):
        renderer = self.camera.renderer
        self.camera.reseed(np.random.default_rng(8))
        shown = {state: "".join(renderer.personalised(state) for _ in range(200)) for state in ("CA", "FL", "NY")}
        self.assertTrue("O" in shown["CA"] and "O" not in shown["FL"] and "0" in shown["FL"])
        self.assertTrue("O" in shown["NY"] and "0" in shown["NY"])

    def test_a_crop_is_64_by_128_and_its_text_fits_the_slots(self):
        self.camera.reseed(np.random.default_rng(6))
        for _ in range(120):
            picture, plate = self.camera.crop()
            self.assertEqual((64, 128, 3), picture.shape)
            self.assertRegex(plate.text, r"^[A-Z0-9]{1,10}$")
            self.assertIn(plate.region, REGIONS + ("",))
            self.assertIn(plate.lines, (1, 2))


def _holes(mask: np.ndarray) -> int:
    ink = cv2.copyMakeBorder((mask > 110).astype(np.uint8), 2, 2, 2, 2, cv2.BORDER_CONSTANT)
    count, _, stats, _ = cv2.connectedComponentsWithStats(1 - ink, connectivity=4)
    return sum(stats[i, cv2.CC_STAT_AREA] > 6 for i in range(1, count)) - 1


if __name__ == "__main__":
    unittest.main()
