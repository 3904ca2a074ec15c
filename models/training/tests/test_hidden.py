"""What hides a part of a plate is drawn before it, in a picture wider than the plate, and a head of its own learns to see that."""

import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import weights  # noqa: E402
from plates.designs import REGIONS  # noqa: E402
from plates.face import Plate  # noqa: E402
from plates.photograph import Conditions  # noqa: E402
from plates.view import Site, Views  # noqa: E402
from recogniser.export import WEIGHTS  # noqa: E402
from recogniser.hidden import BATCH, barred, says  # noqa: E402
from recogniser.network import Recogniser, normalise  # noqa: E402

torch.set_num_threads(1)


class Hidden(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(5)
        self.crops = torch.randint(0, 256, (4, 64, 128, 3), dtype=torch.uint8)

    def test_until_it_is_taught_nothing_is_hidden(self):
        self.assertLess(float(torch.sigmoid(says(Recogniser(7).eval(), normalise(self.crops))).max()), 0.05)

    def test_only_the_head_that_says_so_learns(self):
        network = Recogniser(7).eval()
        says(network, normalise(self.crops)).sum().backward()
        taught = {name.split(".")[0] for name, parameter in network.named_parameters() if parameter.grad is not None}
        self.assertEqual({"hidden"}, taught)

    def test_it_learns_to_tell_a_bar_at_an_end(self):
        network, dice = Recogniser(len(REGIONS)).eval(), torch.Generator().manual_seed(2)
        weights.load(network, WEIGHTS, without="hidden.")
        optimiser = torch.optim.AdamW(network.hidden.parameters(), lr=5e-3)
        for _ in range(40):
            hidden = torch.rand(BATCH, generator=dice) < 0.5
            pixels = torch.randint(0, 256, (BATCH, 64, 128, 3), generator=dice, dtype=torch.uint8)
            pixels[hidden, :, :40] = 90
            error = torch.nn.functional.binary_cross_entropy_with_logits(says(network, normalise(pixels)).flatten(), hidden.float())
            optimiser.zero_grad(), error.backward(), optimiser.step()
        self.assertLess(error.item(), 0.2)

    def test_weights_from_before_it_was_there_are_taken_without_it(self):
        before, network = Recogniser(7), Recogniser(7)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.npz"
            weights.save(before, file)
            arrays = {name: array for name, array in np.load(file).items() if not name.startswith("hidden.")}
            np.savez(file, **arrays)
            kept = network.hidden.near.weight.clone()
            weights.load(network, file, without="hidden.")
        torch.testing.assert_close(network.query, before.query, rtol=1e-3, atol=1e-3)
        self.assertTrue(torch.equal(network.hidden.near.weight, kept))


def plate_of(height, width):
    return Plate(np.full((height, width, 3), 255, np.float32), "QRS98", 1, "", "eu")


class Obstructing(unittest.TestCase):
    """A white plate on a black vehicle, and what stands before it, grey."""

    def setUp(self):
        picture = np.zeros((200, 500, 3), np.uint8)
        picture[80:120, 200:320] = 255
        self.views = Views(SimpleNamespace(rng=np.random.default_rng(4), plate=lambda: plate_of(80, 240)), [Site(picture, (200, 80, 120, 40), False, 1.0)])
        self.views._thing = lambda height, width: np.full((height, width, 3), 128, np.float32)
        self.views._mild = self.views.optics = SimpleNamespace(develop=lambda picture: picture)
        self.views._cover = lambda *of: None  # a frame is lettered

    def share_hidden(self, hidden):
        scene = self.views._hang(None)
        left = self.views._obstruct(scene, hidden)
        x, y, right, bottom = np.round(scene.face).astype(int)
        inside = np.zeros(scene.picture.shape[:2], bool)
        inside[y:bottom, x:right] = True
        return (scene.picture[inside] < 200).all(1).mean(), (scene.picture[~inside] > 100).any(), (left[2] - left[0]) / (scene.face[2] - scene.face[0])

    def test_what_stands_before_a_plate_hides_a_part_of_it_and_is_seen_beside_it(self):
        beside = 0
        for _ in range(300):
            share, around, _ = self.share_hidden(True)
            self.assertTrue(0.07 < share < 0.75, share)
            beside += around
        self.assertGreater(beside, 280)

    def test_what_stands_beside_a_plate_hides_nothing(self):
        shares = [self.share_hidden(False)[0] for _ in range(300)]
        self.assertLess(max(shares), 0.05)  # soft edges

    def test_the_box_of_what_is_left_ends_where_something_hides_the_rest(self):
        widths = np.array([self.share_hidden(True)[2] for _ in range(300)])
        narrower = widths[widths < 1]
        self.assertTrue(130 < len(narrower) < 220, len(narrower))
        self.assertTrue(0.44 < narrower.min() < 0.5 and 0.8 < narrower.max() < 0.85, (narrower.min(), narrower.max()))

    def test_a_view_shows_what_hides_a_part_and_of_a_whole_plate_only_what_stands_beside(self):
        views = {hidden: [(np.abs(self.views.view(hidden, 0.15).astype(int) - 128) < 9).all(2).mean() for _ in range(150)] for hidden in (True, False)}
        self.assertGreater((np.array(views[True]) > 0.05).mean(), 0.9)
        self.assertLess((np.array(views[False]) > 0.05).mean(), 0.5)

    def seen(self, plate, margins):
        self.views.conditions = Conditions(turned=0.0)
        scene = self.views._hang(plate)
        picture, (left, top, width, height) = self.views._see(scene, scene.face, plate, np.array(margins))
        return (picture > 200).all(2), round(left), round(top), round(left + width), round(top + height)

    def test_a_view_has_the_box_where_it_says_with_its_margins(self):
        for seed in range(30):
            self.views.reseed(np.random.default_rng(seed))
            white, left, top, right, bottom = self.seen(plate_of(80, 160), (0.5, 0.1, 0.2, 0.3))
            self.assertAlmostEqual(0.5 * (right - left), left, delta=1)
            self.assertAlmostEqual(0.1 * (bottom - top), top, delta=1)
            inside = white[top:bottom, left:right]
            self.assertGreater(inside.sum(), 0.7 * white.sum(), seed)  # a box may err inwards
            self.assertGreater(inside.mean(), 0.6, seed)

    def test_a_plate_of_two_lines_keeps_its_shape(self):
        shapes = []
        for seed in range(30):
            self.views.reseed(np.random.default_rng(seed))
            scene = self.views._hang(plate_of(108, 152))
            left, top, right, bottom = scene.face
            shapes.append((right - left) / (bottom - top) * 108 / 152)
        self.assertTrue(0.95 < min(shapes) and max(shapes) < 1.05, shapes)

    def test_no_more_is_seen_than_the_photograph_has(self):
        self.views._sites = [Site(np.full((60, 160, 3), 9, np.uint8), (20, 10, 120, 40), False, 1.0)]
        _, left, top, right, bottom = self.seen(plate_of(80, 240), (0.5, 0.5, 0.5, 0.5))
        self.assertLess(left / (right - left), 0.2)  # 20 of 120 pixels
        self.assertLess(top / (bottom - top), 0.3)   # 10 of 40

    def test_a_real_plate_with_a_bar_has_its_box_end_there(self):
        picture = np.full((100, 300, 3), 30, np.uint8)
        picture[40:60, 100:180] = 255
        site, rng = Site(picture, (100, 40, 80, 20), False, 1.0), np.random.default_rng(2)
        whole, hidden = (barred(site, share, True, rng) for share in (0.0, 0.5))
        self.assertEqual((64, 128, 3), whole.shape)
        row = hidden[32, :, 0].astype(int)
        self.assertTrue(90 <= row[2] <= 160 and row[100] > 200, row)  # the bar, then what it leaves
        self.assertTrue(whole[32, 2, 0] < 60 and whole[32, 64, 0] > 200)


if __name__ == "__main__":
    unittest.main()
