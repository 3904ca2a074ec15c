"""Films of passages show what their table says: light, speed, frame rate, and a plate as large as optics makes it."""

import sys
import unittest
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import passages  # noqa: E402
from plates.face import Plate  # noqa: E402

cv2.setNumThreads(1)


class FewChances:
    """A renderer's chances without its fonts."""

    def __init__(self, seed):
        from plates.chance import Chance
        self._chance = Chance(np.random.default_rng(seed))
        self.rng = self._chance.rng

    def __getattr__(self, name):
        return getattr(self._chance, name)


class Conditions(unittest.TestCase):
    def test_36_films_have_every_light_speed_and_rate_once(self):
        self.assertEqual(36, len({passages.conditions(number) for number in range(36)}))

    def test_any_12_in_a_row_have_every_light_with_every_speed(self):
        for first in (0, 3, 24):
            self.assertEqual(12, len({passages.conditions(number)[:2] for number in range(first, first + 12)}))

    def test_a_faster_vehicle_is_in_fewer_frames_and_moves_on_by_its_speed(self):
        slow, fast = passages.distances(30, 60, 0.5), passages.distances(120, 15, 0.5)
        self.assertAlmostEqual(30 / 3.6 / 60, slow[0] - slow[1])
        self.assertAlmostEqual(120 / 3.6 / 15, fast[0] - fast[1])
        self.assertLess(len(fast), 10)
        self.assertGreater(len(slow), 100)


class Optics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        face = np.full((80, 370, 3), 230, np.float32)
        face[20:60, 40:330:20] = 20
        cls.scenes = {light: passages.Scene(FewChances(seed), Plate(face, "AB123CD", 1, "GB", "eu"), light) for seed, light in enumerate(passages.LIGHTS)}

    def test_the_long_plate_is_110_to_160_pixels_wide_where_it_leaves_the_frame_and_in_it(self):
        for scene in self.scenes.values():
            left, right = scene.vehicle.plate_at(scene.view, passages.NEAR)
            self.assertTrue(105 <= np.hypot(*(right - left)) <= 165)
            self.assertTrue(0 < left[0] < right[0] < passages.WIDTH and 0.9 * passages.HEIGHT < left[1] < passages.HEIGHT)

    def test_the_plate_is_drawn_where_the_geometry_says(self):
        for light, scene in self.scenes.items():
            centre = scene.vehicle.plate_at(scene.view, 12).mean(0)
            x, y = centre.astype(int)
            frame = scene.frame(12, 0).astype(np.float32).mean(2)
            plate, bumper = frame[y - 4:y + 4, x - 30:x + 30].mean(), frame[y + 26:y + 32, x - 30:x + 30].mean()
            self.assertGreater(plate, bumper + 15, light)

    def test_a_longer_shutter_smears_along_the_road_and_keeps_the_light(self):
        kernel = self.scenes["day"]._smear(12, 0.1)
        self.assertAlmostEqual(1, float(kernel.sum()), 5)
        spread = np.abs(np.arange(len(kernel)) - len(kernel) // 2)
        self.assertGreater((kernel.sum(1) * spread).sum(), 4 * (kernel.sum(0) * spread).sum() / 2)


if __name__ == "__main__":
    unittest.main()
