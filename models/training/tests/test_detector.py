"""The detector's recipe, without any data: python3 -m unittest discover tests"""
from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from detector.camera import shoot
from detector.canvas import Words, paste
from detector.chance import Chance
from detector.decoys import Decoys
from detector.evaluate import Score, add, letterbox, peaks
from detector.geometry import bounds, corners, overlap, project, shift, stretch, view, visible_share
from detector.network import OUTPUTS, PlateNetwork, decode, fused
from detector.quantise import build, observe, walk
from detector.targets import BOX, BOX_WEIGHT, CORNER_WEIGHT, CORNERS, NEGATIVE, PLANES, SCORE, STRIDE, Plate, encode
from detector.train import Recent, Shape, Training, losses
from detector.vehicles import Vehicles
from eight_bits import Seen

QUAD = np.array([(60, 40), (160, 52), (158, 78), (58, 66)], np.float32)


def answer(planes: np.ndarray) -> np.ndarray:
    """The map of a network that answers exactly what the targets say."""
    rows, columns = planes.shape[1:]
    x = (np.arange(columns) + 0.5) * STRIDE
    y = ((np.arange(rows) + 0.5) * STRIDE)[:, None]
    map_ = np.zeros((OUTPUTS, rows, columns), np.float32)
    left, top, right, bottom = planes[BOX]
    map_[0], map_[1], map_[2], map_[3], map_[4] = planes[SCORE], x - left, y - top, right - x, bottom - y
    for corner in range(4):
        map_[5 + 2 * corner] = planes[CORNERS][2 * corner] - x
        map_[6 + 2 * corner] = planes[CORNERS][2 * corner + 1] - y
    return map_


class TheTargets(unittest.TestCase):
    def test_have_one_centre_a_plate(self) -> None:
        planes = encode([Plate(bounds(QUAD), QUAD), Plate((200.0, 100.0, 230.0, 108.0))], [], 128, 256)
        self.assertEqual(planes.shape, (PLANES, 16, 32))
        self.assertEqual(int((planes[SCORE] == 1).sum()), 2)

    def test_come_back_as_the_box_and_the_corners_they_were_made_of(self) -> None:
        found = peaks(answer(encode([Plate(bounds(QUAD), QUAD)], [], 128, 256)))
        self.assertEqual(len(found), 1)
        np.testing.assert_allclose(found[0].box, bounds(QUAD), atol=1e-3)
        np.testing.assert_allclose(found[0].quad, QUAD, atol=1e-3)

    def test_trust_a_box_drawn_by_hand_less_than_one_whose_corners_are_known(self) -> None:
        box = (40.0, 40.0, 120.0, 60.0)
        known = encode([Plate(box, corners(box))], [], 128, 160)[BOX_WEIGHT].max()
        self.assertEqual(1, known)
        self.assertLess(encode([Plate(box)], [], 128, 160)[BOX_WEIGHT].max(), known)

    def test_ask_for_no_corners_where_only_the_box_is_known(self) -> None:
        planes = encode([Plate((40.0, 40.0, 120.0, 60.0))], [], 128, 256)
        self.assertGreater(planes[BOX_WEIGHT].sum(), 0)
        self.assertEqual(planes[CORNER_WEIGHT].sum(), 0)

    def test_blame_nobody_in_an_unknown_place_but_keep_the_plate_inside_it(self) -> None:
        planes = encode([Plate((80.0, 40.0, 120.0, 60.0))], [(0.0, 0.0, 128.0, 128.0)], 128, 256)
        self.assertEqual(planes[NEGATIVE][12, 2], 0)
        self.assertEqual(planes[NEGATIVE][12, 25], 1)
        self.assertEqual(planes[NEGATIVE][6, 12], 1)
        self.assertEqual(planes[SCORE].max(), 1)

    def test_give_the_cells_of_two_plates_that_overlap_to_the_smaller_one(self) -> None:
        planes = encode([Plate((100.0, 50.0, 116.0, 56.0)), Plate((20.0, 10.0, 220.0, 100.0))], [], 128, 256)
        row, column = int(53 / STRIDE), int(108 / STRIDE)
        self.assertEqual(tuple(planes[BOX][:, row, column]), (100, 50, 116, 56))


class TheNetwork(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(3)
        torch.set_num_threads(1)
        self.network = PlateNetwork()

    def test_answers_with_thirteen_planes_at_an_eighth_of_the_size(self) -> None:
        with torch.no_grad():
            self.assertEqual(tuple(self.network.eval()(torch.zeros(2, 1, 64, 96)).shape), (2, OUTPUTS, 8, 12))

    def test_answers_the_same_when_its_normalisations_are_folded_in(self) -> None:
        pictures = torch.rand(2, 1, 64, 96)
        self.network.train()(pictures)
        with torch.no_grad():
            apart = (self.network.eval()(pictures) - fused(self.network)(pictures)).abs().max()
        self.assertLess(float(apart), 1e-4)

    def test_has_next_to_no_loss_when_it_answers_what_was_asked(self) -> None:
        planes = encode([Plate(bounds(QUAD), QUAD)], [], 128, 256)
        map_ = answer(planes)
        raw = np.zeros_like(map_)
        raw[0] = np.where(planes[SCORE] == 1, 12, -12)
        raw[1:5] = np.log(np.maximum(map_[1:5], 0.2) / STRIDE)
        raw[5:] = map_[5:] / 16
        right = losses(torch.from_numpy(raw[None]), torch.from_numpy(planes[None]))
        self.assertLess(right.score + right.box + right.corner, 0.02)
        np.testing.assert_allclose(decode(torch.from_numpy(raw[None]))[0, 5:].numpy(), map_[5:], rtol=1e-5)
        wrong = losses(torch.zeros(1, OUTPUTS, 16, 32), torch.from_numpy(planes[None]))
        self.assertGreater(float(wrong.total), 3)

    def test_can_be_trained_where_nothing_is_labelled(self) -> None:
        empty = torch.from_numpy(encode([], [], 64, 64)[None])
        result = losses(self.network(torch.rand(1, 1, 64, 64)), empty)
        result.total.backward()
        self.assertTrue(np.isfinite(float(result.total)))


class TheGeometry(unittest.TestCase):
    def test_keeps_the_middle_and_the_size_of_a_plane_seen_straight(self) -> None:
        quad = corners((-1.0, -0.5, 1.0, 0.5))
        np.testing.assert_allclose(project(view(0, 0, 0, 5), quad), quad, atol=1e-6)

    def test_shows_the_nearer_edge_of_a_turned_plane_higher(self) -> None:
        seen = project(view(40, 0, 0, 3), corners((-1.0, -0.5, 1.0, 0.5)))
        left, right = seen[3, 1] - seen[0, 1], seen[2, 1] - seen[1, 1]
        self.assertGreater(abs(left - right), 0.1)
        self.assertLess(np.ptp(seen[:, 0]), 2.0)

    def test_says_how_much_of_a_box_is_seen(self) -> None:
        self.assertEqual(visible_share((-10.0, 0.0, 10.0, 10.0), 100, 100), 0.5)
        self.assertEqual(overlap((0.0, 0.0, 2.0, 1.0), (1.0, 0.0, 3.0, 1.0)), 1 / 3)

    def test_lays_a_layer_where_the_homography_puts_it(self) -> None:
        picture = np.zeros((40, 60), np.float32)
        layer = np.full((10, 20), 200, np.uint8)
        paste(picture, layer, np.full_like(layer, 255), shift(20, 10) @ stretch(1.0, 1.0))
        self.assertEqual(picture[10:20, 20:40].min(), 200)
        self.assertEqual(picture.sum(), 200 * 10 * 20)


class TheScenes(unittest.TestCase):
    @staticmethod
    def drawn(seed: int) -> list[np.ndarray]:
        chance = Chance(seed)
        words = Words(chance, [], 20)
        decoys = Decoys(chance, words, 12)
        vehicles = Vehicles(chance, words, decoys, lambda height, width: chance.clouds(height, width, 3, 0, 255))
        layers = [picture for picture, _ in decoys.stock]
        layers += [vehicles.any(80, square=bool(i % 2)).picture for i in range(4)]
        return layers + [shoot(chance.clouds(64, 96, 4, 0, 255), chance)]

    def test_are_the_same_for_the_same_seed(self) -> None:
        for first, second in zip(self.drawn(5), self.drawn(5), strict=True):
            np.testing.assert_array_equal(first, second)

    def test_differ_for_another_seed(self) -> None:
        self.assertFalse(all(a.shape == b.shape and (a == b).all() for a, b in zip(self.drawn(5), self.drawn(6))))


class TheTraining(unittest.TestCase):
    def test_a_training_that_was_stopped_goes_on_where_it_was(self):
        rng = np.random.default_rng(1)
        pictures = torch.from_numpy(rng.random((2, 64, 96), dtype=np.float32))
        targets = torch.from_numpy(np.stack([encode([], [], 64, 96)] * 2))
        with tempfile.TemporaryDirectory() as folder:
            training = Training(Path(folder) / "last.pt", Shape(channels=(4, 4, 4, 4, 4), blocks=(0, 0, 0, 0), trunk=4), 1e-3)
            first = float(training.step(pictures, targets, 0.5).total)
            training.step(pictures, targets, 0.6)
            training.save()
            again = Training(Path(folder) / "last.pt", Shape(channels=(4, 4, 4, 4, 4), blocks=(0, 0, 0, 0), trunk=4), 1e-3)
        self.assertTrue(np.isfinite(first))
        self.assertEqual((training.samples, training.steps, 0.6), (again.samples, again.steps, again.progress))
        for mine, its in zip(training.average.parameters(), again.average.parameters()):
            torch.testing.assert_close(mine, its)


class TheBatches(unittest.TestCase):
    def test_come_as_often_as_asked_each_new_one_first_as_it_was_drawn(self) -> None:
        drawn = [(torch.full((2, 8, 8), 50 * (i + 1), dtype=torch.uint8), torch.full((2, 1), float(i))) for i in range(3)]
        given = list(Recent(drawn, 3, torch.device("cpu"), seed=1))
        self.assertEqual(9, len(given))
        for i, (pictures, targets) in enumerate(given[::3]):
            self.assertTrue(torch.equal(pictures, torch.full((2, 8, 8), 50 * (i + 1) / 255)))
            self.assertTrue(bool((targets == i).all()))
        for i, (pictures, targets) in enumerate(given):
            self.assertLessEqual(float(targets.max()), i // 3)
            self.assertTrue(bool(((pictures >= 0) & (pictures <= 1)).all()))


class TheMeasure(unittest.TestCase):
    def test_scales_every_picture_to_the_same_area_in_multiples_of_32(self) -> None:
        for height, width in ((1080, 1920), (480, 640), (1280, 960)):
            padded, scale, left, top = letterbox(np.zeros((height, width), np.uint8))
            self.assertEqual((padded.shape[0] % 32, padded.shape[1] % 32), (0, 0))
            self.assertAlmostEqual(scale * scale * height * width / (576 * 324), 1, places=2)
            self.assertTrue(0 <= left < 32 and 0 <= top < 32)

    def test_counts_a_plate_as_found_from_half_an_overlap_on(self) -> None:
        found = peaks(answer(encode([Plate(bounds(QUAD), QUAD)], [], 128, 256)))
        left, top, right, bottom = bounds(QUAD)
        score = Score()
        add(score, found, [(left, top, right, bottom), (left + 0.6 * (right - left), top, right + 60, bottom)])
        self.assertEqual((score.plates, score.found, score.boxes), (2, 1, 1))


class EightBits(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(4)
        self.network = PlateNetwork().eval()
        for module in self.network.modules():  # as if trained: every channel has its own mean and spread
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
                torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
        self.fused = fused(self.network)
        self.picture = np.random.default_rng(4).integers(0, 256, (64, 96), np.uint8)

    def test_the_walk_through_the_layers_answers_as_the_network_does(self) -> None:
        image = torch.from_numpy(self.picture)[None, None].float() / 255
        with torch.no_grad():
            walked = self.fused.output(walk(Seen(), self.fused, image))
            torch.testing.assert_close(walked, self.network(image), rtol=1e-3, atol=1e-4)

    def test_a_range_holds_zero_exactly_and_nothing_below_it_where_a_relu_is(self) -> None:
        ranges = observe(self.fused, [self.picture])
        self.assertTrue(all(low <= 0 <= high for low, high in ranges.values()))
        self.assertEqual({low for name, (low, _) in ranges.items() if name.startswith("stem") or name.endswith(".sum")}, {0.0})

    def test_a_range_leaves_out_what_is_far_and_rare_and_stays_where_there_is_nothing(self) -> None:
        seen = Seen()
        many = torch.cat([torch.rand(1_000_000, generator=torch.Generator().manual_seed(4)), torch.tensor([20.0])])
        for seen.counting in (False, True):
            seen._note("far", many), seen._note("nothing", torch.zeros(8))
        ranges = seen.ranges()
        self.assertEqual((0.0, 0.0), ranges["nothing"])
        self.assertEqual(0.0, ranges["far"][0])
        self.assertTrue(1 <= ranges["far"][1] < 12, ranges["far"])

    def test_every_layer_but_the_last_multiplies_bytes_and_reads_a_picture_as_it_is(self) -> None:
        model = build(self.fused, observe(self.fused, [self.picture]))
        convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
        made_by = {node.output[0]: node for node in model.graph.node}
        self.assertEqual(len(convolutions), sum(isinstance(module, torch.nn.Conv2d) for module in self.network.modules()))
        for node in convolutions[:-1]:
            self.assertEqual([made_by[name].op_type for name in node.input], ["DequantizeLinear"] * 3)
        self.assertEqual((model.graph.input[0].name, model.graph.input[0].type.tensor_type.elem_type), ("image", 2))  # uint8

    def test_a_kernel_comes_back_within_half_a_step_of_its_channel(self) -> None:
        model = build(self.fused, observe(self.fused, [self.picture]))
        values = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
        scales = values["stem.weight.scale"][:, None, None, None]
        error = np.abs(values["stem.weight.eight"] * scales - self.fused.stem.convolution.weight.detach().numpy())
        self.assertTrue((error <= scales / 2 * 1.0001).all())


if __name__ == "__main__":
    unittest.main()
