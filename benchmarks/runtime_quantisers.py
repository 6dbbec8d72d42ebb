"""ONNX Runtime's own ways to store weights in 8 bits, applied to the graphs of a bundle."""

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from nmt.build.graph import MICROSOFT
from nmt.bundle import MANIFEST
from nmt.session import DECODER_FILE, ENCODER_FILE

BLOCK = 32  # inputs that share a scale in MatMulNBits
_INT8_COMPUTE = 4  # accuracy level: activations in 8 bits too


def convert(bundle: Path, change: Callable[[Path], None]) -> None:
    """Change both graphs of a bundle in place, and its digests with them."""
    path = bundle / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for name in (ENCODER_FILE, DECODER_FILE):
        change(bundle / name)
        manifest["files"][name] = hashlib.sha256((bundle / name).read_bytes()).hexdigest()
    path.write_text(json.dumps(manifest), encoding="utf-8")


def dynamic(graph: Path) -> None:
    """Quantise a graph with `quantize_dynamic`: one scale over all activations of a batch, found while it runs."""
    logging.disable(logging.WARNING)  # it recommends a step that it does itself
    quantize_dynamic(
        graph,
        graph,
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QInt8,
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
    logging.disable(logging.NOTSET)


def nbits(graph: Path) -> None:
    """Replace the products with constant matrices by MatMulNBits with 8 bits."""
    model = onnx.load(graph)
    weights = {item.name: item for item in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type != "MatMul" or node.input[1] not in weights or weights[node.input[1]].dims[0] % BLOCK:
            continue
        name = node.input[1]
        matrix = numpy_helper.to_array(weights[name])
        packed, scales = pack(matrix)
        model.graph.initializer.remove(weights.pop(name))
        model.graph.initializer.extend([numpy_helper.from_array(packed, name), numpy_helper.from_array(scales, f"{name}/blocks")])
        node.CopyFrom(
            helper.make_node(
                "MatMulNBits",
                [node.input[0], name, f"{name}/blocks"],
                list(node.output),
                name=node.name,
                domain=MICROSOFT,
                K=matrix.shape[0],
                N=matrix.shape[1],
                bits=8,
                block_size=BLOCK,
                accuracy_level=_INT8_COMPUTE,
            )
        )
    onnx.save(model, graph)


def pack(matrix: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return a matrix [K, N] as MatMulNBits takes it: values around 128, [N, K / block, block], and scales, [N, K / block]."""
    blocks = np.ascontiguousarray(matrix.T).reshape(matrix.shape[1], -1, BLOCK)
    scales = np.maximum(np.abs(blocks).max(axis=2) / 127, np.float32(1e-9)).astype(np.float32)
    return (np.rint(blocks / scales[:, :, None]) + 128).astype(np.uint8), scales
