"""Multiplications of a graph are counted as one would by hand."""

import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from operations import count  # noqa: E402


class Multiplications(unittest.TestCase):
    def test_a_convolution_makes_as_many_as_its_kernel_has_weights_for_each_output_pixel(self) -> None:
        found = self._count(quantised=False)
        self.assertEqual((found.in_floats, found.in_bytes, found.unknown), (8 * 6 * 5 * 3 * 3 * 3, 0, 0))

    def test_what_comes_from_dequantised_values_is_of_bytes(self) -> None:
        found = self._count(quantised=True)
        self.assertEqual((found.in_floats, found.in_bytes), (0, 8 * 6 * 5 * 3 * 3 * 3))

    @staticmethod
    def _count(quantised: bool):
        weights = [numpy_helper.from_array(np.ones((5, 3, 3, 3), np.float32), "weight")]
        nodes = [helper.make_node("Conv", ["grey" if quantised else "image", "weight"], ["map"], pads=[1, 1, 1, 1])]
        kind = TensorProto.FLOAT
        if quantised:
            weights += [numpy_helper.from_array(np.array(0.1, np.float32), "scale"), numpy_helper.from_array(np.array(0, np.uint8), "zero")]
            nodes.insert(0, helper.make_node("DequantizeLinear", ["image", "scale", "zero"], ["grey"]))
            kind = TensorProto.UINT8
        graph = helper.make_graph(nodes, "one", [helper.make_tensor_value_info("image", kind, [1, 3, "height", "width"])],
                                  [helper.make_tensor_value_info("map", TensorProto.FLOAT, None)], weights)
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder, "one.onnx"))
            save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), path)
            return count(path, [1, 3, 8, 6])


if __name__ == "__main__":
    unittest.main()
