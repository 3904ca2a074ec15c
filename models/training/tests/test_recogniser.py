"""The recogniser's heads decode what its labels say, and what is kept out of training stays out."""

import re
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import held_out  # noqa: E402
import real  # noqa: E402
import recipe  # noqa: E402
import weights  # noqa: E402
from recogniser.network import ALPHABET, CLASSES, EMPTY, LEVELS, SLOTS, STEPS, Recogniser, loss, normalise, read_slots, read_steps  # noqa: E402
from plates import photograph  # noqa: E402
from plates.designs import REGIONS  # noqa: E402
from eight_bits import Seen  # noqa: E402
from recogniser.export import GROW, WEIGHTS, export, trained  # noqa: E402
from recogniser.hidden import AROUND  # noqa: E402
from recogniser.quantise import ZERO, for_whole_zero, fused, walk  # noqa: E402
from recogniser.samples import CHUNK, Chunks, Crops, Pool, chunk_path, label, vary, write_chunk  # noqa: E402
from recogniser.train import KEPT, learning_rate  # noqa: E402

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
        right = loss(_steps("AB12"), _slots("AB12"), region, torch.from_numpy(label("AB12")).long()[None], torch.tensor([2]), torch.tensor([4]))
        wrong = loss(_steps("AB12"), _slots("AB12"), region, torch.from_numpy(label("AB13")).long()[None], torch.tensor([3]), torch.tensor([4]))
        for good, bad in zip(right, wrong):
            self.assertLess(float(good), 0.01)
            self.assertGreater(float(bad), 0.5)

    def test_a_region_that_is_not_known_teaches_nothing(self):
        region = loss(_steps("A"), _slots("A"), torch.zeros(1, 5), torch.from_numpy(label("A")).long()[None], torch.tensor([-1]), torch.tensor([1]))[2]
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


    def test_the_kept_weights_are_of_the_network_that_the_recipe_trains(self):
        weights.load(Recogniser(len(REGIONS)), WEIGHTS)

    def test_what_was_trained_is_a_checkpoint_s_average_or_a_file_of_weights(self):
        average, network = Recogniser(len(REGIONS)), Recogniser(len(REGIONS))
        with tempfile.TemporaryDirectory() as folder:
            checkpoint, file = Path(folder) / "recogniser.pt", Path(folder) / "kept.npz"
            torch.save({"average": average.state_dict(), "network": network.state_dict()}, checkpoint)
            weights.save(average, file)
            for path in (checkpoint, file):
                torch.testing.assert_close(trained(path).query, average.query, rtol=1e-3, atol=1e-3)

    def test_halfway_to_a_file_is_the_mean_of_both(self):
        begun, ended = Recogniser(7), Recogniser(7)
        expected = {name: (value + ended.state_dict()[name]) / 2 for name, value in begun.state_dict().items() if value.dtype.is_floating_point}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "weights.npz"
            weights.save(begun, file)
            weights.halfway(ended, file)
        for name, value in expected.items():
            torch.testing.assert_close(ended.state_dict()[name], value, rtol=1e-3, atol=2e-3)


class EightBits(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(4)
        self.network = Recogniser(7).eval()
        for module in self.network.modules():  # as if trained: every channel has its own mean and spread
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
                torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
        self.trunk = fused(self.network.trunk)
        self.crops = torch.randint(0, 256, (2, 64, 128, 3), dtype=torch.uint8)

    def test_the_walk_through_the_layers_answers_as_the_trunk_does(self):
        with torch.no_grad():
            expected, walked = self.network.trunk(normalise(self.crops)), walk(Seen(), self.trunk, normalise(self.crops))
        torch.testing.assert_close(walked, expected, rtol=1e-3, atol=1e-4)

    def test_with_a_whole_zero_it_answers_the_same_away_from_the_edge(self):
        bytes_as_they_are = (self.crops.permute(0, 3, 1, 2).float() - ZERO) / LEVELS
        with torch.no_grad():
            expected, walked = self.network.trunk(normalise(self.crops)), walk(Seen(), for_whole_zero(self.trunk), bytes_as_they_are)
        torch.testing.assert_close(walked[..., 2:3, 12:20], expected[..., 2:3, 12:20], rtol=1e-2, atol=1e-2)

    def test_the_file_takes_bytes_multiplies_them_in_the_trunk_and_has_every_head(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "recogniser.onnx"
            export(Recogniser(7).eval(), file, self.crops)
            graph = onnx.load(str(file)).graph
        made_by = {output: node for node in graph.node for output in node.output}
        of_bytes = [node for node in graph.node if node.op_type == "Conv" and made_by[node.input[0]].op_type == "DequantizeLinear"]
        self.assertEqual(sum(isinstance(module, torch.nn.Conv2d) for module in self.trunk.modules()), len(of_bytes))
        self.assertEqual((["input"], 2), ([i.name for i in graph.input], graph.input[0].type.tensor_type.elem_type))  # uint8
        self.assertEqual(["ctc", "plate", "region", "hidden"], [o.name for o in graph.output])


def _chunk(grey: int) -> Crops:
    """A chunk of crops that are all one grey, and whose labels, as many characters as it has tens, and regions say which."""
    labels = np.full((CHUNK, SLOTS), EMPTY, np.uint8)
    labels[:, :max(1, grey // 10)] = grey % CLASSES
    return np.full((CHUNK, 64, 128, 3), grey, np.uint8), labels, np.full(CHUNK, grey, np.int16)


class Chunked(unittest.TestCase):
    def test_a_chunk_comes_back_as_it_was_written_in_its_turn_and_once(self):
        with tempfile.TemporaryDirectory() as work:
            (Path(work) / "chunks").mkdir()
            for number, grey in ((4, 40), (3, 30)):
                write_chunk(chunk_path(Path(work) / "chunks", number), _chunk(grey))
            chunks = Chunks(Path(work), first=3)
            for grey in (30, 40):
                for wrote, took in zip(_chunk(grey), chunks.take(lambda: True)):
                    np.testing.assert_array_equal(wrote, took)
            self.assertFalse(chunks.waiting())
            with self.assertRaises(RuntimeError):
                chunks.take(lambda: False)


class Drawn(unittest.TestCase):
    def test_a_batch_has_each_crop_with_its_own_label_and_region(self):
        pool = Pool(2, 1, torch.device("cpu"))
        pool.add(*_chunk(10)), pool.add(*_chunk(30))
        pixels, labels, regions, lengths = pool.batch(0, 64)
        self.assertEqual((64, 3, 64, 128), tuple(pixels.shape))
        self.assertEqual({10, 30}, set(regions.tolist()))
        self.assertTrue(torch.equal(labels[:, 0], regions))
        self.assertTrue(torch.equal(regions // 10, lengths))
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


class Agreed(unittest.TestCase):
    """What two places say that do not import one another."""

    def test_the_recipe_looks_for_the_weights_where_the_training_leaves_them(self):
        self.assertEqual(KEPT, recipe.KEPT)

    def test_a_rendered_plate_has_more_around_it_than_the_widest_crop(self):
        self.assertGreater(held_out.MARGIN, max(*GROW, AROUND))

    def test_training_straightens_what_the_product_does(self):
        source = (Path(__file__).resolve().parents[3] / "Edge.Vision/Recognition/PlateCut.cs").read_text()
        degrees = [float(re.search(rf"{name} = ([0-9.]+) \* MathF.PI / 180", source)[1]) for name in ("LeastTilt", "MostTilt")]
        np.testing.assert_allclose(np.degrees([photograph.LEAST_TILT, photograph.MOST_TILT]), degrees)


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

    def test_a_loosened_box_errs_by_its_height_and_a_narrow_one_less_at_its_sides(self):
        rng = np.random.default_rng(1)
        off = np.array([real.loosened((100, 50, 20, 100), rng) - [100, 50, 120, 150] for _ in range(400)])
        self.assertLess(np.abs(off[:, [0, 2]]).max(), 0.35 * 8 + 1e-9)
        self.assertGreater(np.abs(off[:, [1, 3]]).max(), 10)
        self.assertLess(np.abs(off.mean(0)).max(), 3)
        wide = np.array([real.loosened((100, 50, 400, 100), rng) - [100, 50, 500, 150] for _ in range(400)])
        self.assertGreater(np.abs(wide[:, [0, 2]]).max(), 10)

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
