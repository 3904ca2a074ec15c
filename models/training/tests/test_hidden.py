"""What hides a part of a plate is drawn over it, and a head of its own learns to see that."""

import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import weights  # noqa: E402
from plates.designs import REGIONS  # noqa: E402
from plates.photograph import hide  # noqa: E402
from recogniser.export import WEIGHTS  # noqa: E402
from recogniser.hidden import BATCH, says  # noqa: E402
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


class Hiding(unittest.TestCase):
    def test_something_stands_before_a_part_and_the_rest_is_as_it_was(self):
        rng, plate = np.random.default_rng(3), np.full((60, 200, 3), 255, np.uint8)
        cut = 0
        for _ in range(300):
            picture = hide(plate, rng, [])
            left = (picture == 255).all(2).sum()
            self.assertTrue(0.28 < left / (60 * 200) < 0.95, left)  # 0.4, and a box that is 0.11 too tight
            self.assertTrue(picture.shape[0] >= 60 * 0.28 and picture.shape[1] >= 200 * 0.4, picture.shape)
            cut += picture.shape != plate.shape
        self.assertTrue(100 < cut < 240, cut)  # boxes of what is left


if __name__ == "__main__":
    unittest.main()
