"""The recogniser's heads decode what its labels say, and what is kept out of training stays out."""

import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import real  # noqa: E402
import weights  # noqa: E402
from recogniser.network import ALPHABET, CLASSES, EMPTY, SLOTS, STEPS, Recogniser, loss, normalise, read_slots, read_steps  # noqa: E402
from recogniser.samples import CHUNK, Pool, label, vary  # noqa: E402
from recogniser.train import learning_rate  # noqa: E402

torch.set_num_threads(1)


def _steps(text: str) -> torch.Tensor:
    """Logits of a network that is sure: each character twice, a blank between."""
    rows = []
    for character in text:
        rows += [ALPHABET.index(character)] * 2 + [EMPTY]
    rows += [EMPTY] * (STEPS - len(rows))
    return torch.nn.functional.one_hot(torch.tensor([rows]), CLASSES).float() * 20


def _slots(text: str) -> torch.Tensor:
    return torch.nn.functional.one_hot(torch.from_numpy(label(text)).long()[None], CLASSES).float() * 20


class Heads(unittest.TestCase):
    def test_ctc_collapses_repeats_and_keeps_doubled_characters(self):
        self.assertEqual(["AA11B0"], read_steps(_steps("AA11B0")))

    def test_slots_read_their_label(self):
        for text in ("A", "AB12", "0123456789"):
            self.assertEqual([text], read_slots(_slots(text)))

    def test_the_loss_of_a_sure_and_right_network_is_almost_nothing_and_that_of_a_wrong_one_is_not(self):
        region = torch.full((1, 5), -9.0)
        region[0, 2] = 9
        right = loss(_steps("AB12"), _slots("AB12"), region, torch.from_numpy(label("AB12")).long()[None], torch.tensor([2]))
        wrong = loss(_steps("AB12"), _slots("AB12"), region, torch.from_numpy(label("AB13")).long()[None], torch.tensor([3]))
        for good, bad in zip(right, wrong):
            self.assertLess(float(good), 0.01)
            self.assertGreater(float(bad), 0.5)

    def test_a_region_that_is_not_known_teaches_nothing(self):
        region = loss(_steps("A"), _slots("A"), torch.zeros(1, 5), torch.from_numpy(label("A")).long()[None], torch.tensor([-1]))[2]
        self.assertEqual(0, float(region))

    def test_the_network_gives_each_head_its_shape(self):
        network = Recogniser(7).eval()
        with torch.no_grad():
            steps, slots, region = network(normalise(torch.zeros(2, 64, 128, 3, dtype=torch.uint8)))
        self.assertEqual([(2, STEPS, CLASSES), (2, SLOTS, CLASSES), (2, 7)], [tuple(head.shape) for head in (steps, slots, region)])


class Weights(unittest.TestCase):
    def test_weights_come_back_as_16_bit_floats_and_another_network_refuses_them(self):
        network, other = Recogniser(7), Recogniser(7)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.npz"
            weights.save(network, file)
            weights.load(other, file)
            for mine, its in zip(network.parameters(), other.parameters()):
                torch.testing.assert_close(mine, its, rtol=1e-3, atol=1e-4)
            with self.assertRaises(RuntimeError):
                weights.load(Recogniser(8), file)


    def test_halfway_to_a_file_is_the_mean_of_both(self):
        begun, ended = Recogniser(7), Recogniser(7)
        expected = {name: (value + ended.state_dict()[name]) / 2 for name, value in begun.state_dict().items() if value.dtype.is_floating_point}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.npz"
            weights.save(begun, file)
            weights.halfway(ended, file)
        for name, value in expected.items():
            torch.testing.assert_close(ended.state_dict()[name], value, rtol=1e-3, atol=2e-3)


def _chunk(grey: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A chunk of crops that are all one grey, and whose labels and regions say which."""
    return np.full((CHUNK, 64, 128, 3), grey, np.uint8), np.full((CHUNK, SLOTS), grey % CLASSES, np.uint8), np.full(CHUNK, grey, np.int16)


class Drawn(unittest.TestCase):
    def test_a_batch_has_each_crop_with_its_own_label_and_region(self):
        pool = Pool(2, 1, torch.device("cpu"))
        pool.add(*_chunk(10)), pool.add(*_chunk(30))
        pixels, labels, regions = pool.batch(0, 64)
        self.assertEqual((64, 3, 64, 128), tuple(pixels.shape))
        self.assertEqual({10, 30}, set(regions.tolist()))
        self.assertTrue(torch.equal(labels[:, 0], regions))
        self.assertLess(pixels[regions == 10].mean(), pixels[regions == 30].mean())

    def test_a_full_pool_forgets_its_oldest_chunk(self):
        pool = Pool(2, 1, torch.device("cpu"))
        for grey in (1, 2, 3):
            pool.add(*_chunk(grey))
        self.assertEqual(2 * CHUNK, len(pool))
        self.assertEqual({2, 3}, set(pool.batch(5, 256)[2].tolist()))

    def test_the_same_step_draws_the_same_batch_and_another_step_another(self):
        pool = Pool(1, 1, torch.device("cpu"))
        pool.add(*_chunk(77))
        self.assertTrue(torch.equal(pool.batch(3, 16)[0], pool.batch(3, 16)[0]))
        self.assertFalse(torch.equal(pool.batch(3, 16)[0], pool.batch(4, 16)[0]))

    def test_a_crop_seen_again_is_changed_but_not_moved_out_of_sight(self):
        bar = torch.zeros(32, 3, 64, 128)
        bar[:, :, 24:40, 48:80] = 2
        seen = vary(bar.clone(), 40, torch.Generator().manual_seed(1))
        self.assertTrue(all(not torch.equal(seen[i], bar[i]) for i in range(32)))
        inside, outside = seen[:, :, 28:36, 56:72].mean((1, 2, 3)), seen[:, :, :8, :16].mean((1, 2, 3))
        self.assertTrue(bool((inside - outside > 1).all()), inside - outside)


class Schedule(unittest.TestCase):
    def test_the_rate_warms_up_and_ends_at_two_hundredths(self):
        self.assertLess(learning_rate(0, 0, 1.0), 0.01)
        self.assertAlmostEqual(1.0, learning_rate(0.0, 10_000, 1.0))
        self.assertAlmostEqual(0.02, learning_rate(1.0, 10_000, 1.0))


class HeldOut(unittest.TestCase):
    def test_one_image_of_two_sets_falls_on_one_side(self):
        for i in range(300):
            identity = f"{i:016x}"
            self.assertEqual(real.held_out("oid_plates_ccby", identity + ".jpg"), real.held_out("oid_crops_text", identity + "_2.jpg"))

    def test_about_one_in_eight_is_kept_out(self):
        kept = sum(real.held_out("in_college_apache", f"in_WA{i:04}.jpg") for i in range(4000))
        self.assertTrue(400 < kept < 600, kept)

    def test_a_table_gives_its_plates_to_one_side_only(self):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder)
            (data / "training").mkdir()
            rows = "".join(f"in_{i}.jpg\t1\t2\t30\t10\tCG04AB{i:04}\n" for i in range(64))
            (data / "training" / "in_college_apache.tsv").write_text("file\tx\ty\twidth\theight\ttext\n" + rows)
            train, validate = real.photographs(data, False), real.photographs(data, True)
            self.assertEqual(64, len(train) + len(validate))
            self.assertFalse({p.path for p in train} & {p.path for p in validate})
            self.assertGreater(len(validate), 0)

    def test_a_text_read_since_stands_where_the_table_is_blank_and_nowhere_else(self):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder)
            (data / "training").mkdir()
            (data / "training" / "in_college_apache.tsv").write_text("file\tx\ty\twidth\theight\ttext\nin_1.jpg\t1\t2\t30\t10\t\nin_1.jpg\t50\t2\t30\t10\tCG04AB1234\n")
            (data / "more.tsv").write_text("file\tx\ty\ttext\nin_1.jpg\t1\t2\tAB12CD\nin_1.jpg\t50\t2\tOTHER\nin_1.jpg\t9\t9\t\t7\n")
            (photograph,) = [p for kept in (False, True) for p in real.photographs(data, kept, real.more_texts(data / "more.tsv"))]
            self.assertEqual(["AB12CD", "CG04AB1234"], [plate.text for plate in photograph.plates])

    def test_a_text_that_no_plate_has_is_refused_and_not_repeated(self):
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "more.tsv"
            table.write_text("file\tx\ty\ttext\nin_1.jpg\t1\t2\tAB 12CD\n")
            with self.assertRaises(ValueError) as refused:
                real.more_texts(table)
            self.assertIn("line 2", str(refused.exception))
            self.assertNotIn("12CD", str(refused.exception))


if __name__ == "__main__":
    unittest.main()
