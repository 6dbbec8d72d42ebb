"""A thin builder of ONNX graphs, with the two kinds of matrix product that the engine uses."""

from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 21
MICROSOFT = "com.microsoft"
IR_VERSION = 10
# Activations are unsigned around this: processors multiply unsigned by signed bytes; ONNX Runtime takes ten times as long otherwise.
ZERO_POINT = 128
Precision = Literal["fp32", "int8"]
_PAGE = 4096  # bytes: ONNX Runtime maps tensors that start at one
_LARGE = 1024  # bytes: what is smaller stays in the graph, where ONNX Runtime reads shapes


class DataFile:
    """The file beside a graph that holds its large constants, each written as it comes: neither file nor memory hold them twice.

    A graph that holds them itself must stay below the 2 GB of a protocol buffer.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._file = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def add(self, value: NDArray[Any], name: str) -> onnx.TensorProto:
        """Write a contiguous array and return the tensor that points to it."""
        offset = self._file.seek(-(-self._file.tell() // _PAGE) * _PAGE)
        self._file.write(value.data)
        kind = helper.np_dtype_to_tensor_dtype(value.dtype)
        tensor = TensorProto(name=name, data_type=kind, dims=value.shape, data_location=TensorProto.EXTERNAL)
        for key, place in (("location", self._name), ("offset", offset), ("length", value.nbytes)):
            tensor.external_data.add(key=key, value=str(place))
        return tensor


class Graph:
    """Collects nodes and constants; values are known by name. `precision` decides how `linear` and `lookup` store their weights.

    Large constants go to `data` where it is given.
    """

    def __init__(self, name: str, precision: Precision, data: DataFile | None = None) -> None:
        self.name = name
        self.precision = precision
        self._data = data
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._renamed: dict[str, str] = {}

    def input(self, name: str, kind: int, shape: list[str | int]) -> str:
        """Declare an input; a named dimension may differ from run to run."""
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, value: str, name: str, kind: int, shape: list[str | int]) -> None:
        """Give `value` out under `name`."""
        self._renamed[value] = name
        self._outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, value: Any, dtype: Any, name: str | None = None) -> str:
        """Return the name of a constant; one with the same given name is stored once."""
        name = name or f"c{len(self._constants)}"
        if name not in self._constants:
            array = np.ascontiguousarray(value, dtype)
            if self._data is None or array.nbytes < _LARGE:
                self._constants[name] = numpy_helper.from_array(array, name)
            else:
                self._constants[name] = self._data.add(array, name)
        return name

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        return self.ops(kind, 1, *inputs, domain=domain, **attributes)[0]

    def ops(self, kind: str, count: int, *inputs: str, domain: str = "", **attributes: Any) -> list[str]:
        """Add a node with `count` outputs and return their names."""
        number = len(self._nodes)
        outputs = [f"{kind}_{number}_{index}" for index in range(count)]
        self._nodes.append(helper.make_node(kind, list(inputs), outputs, name=f"{kind}_{number}", domain=domain, **attributes))
        return outputs

    def reshape(self, value: str, *shape: int) -> str:
        """Reshape; 0 keeps the dimension, -1 is whatever is left."""
        return self.op("Reshape", value, self.constant(shape, np.int64))

    def linear(self, value: str, matrix: NDArray[np.float32], bias: NDArray[np.float32] | None, name: str) -> str:
        """Return value · matrix + bias for a `value` [rows, inputs] and a `matrix` [inputs, outputs]."""
        if self.precision == "fp32":
            product = self.op("MatMul", value, self.constant(matrix, np.float32, name))
        else:
            product = self._int8_product(value, matrix, name)
        return product if bias is None else self.op("Add", product, self.constant(bias, np.float32, f"{name}/bias"))

    def _int8_product(self, value: str, matrix: NDArray[np.float32], name: str) -> str:
        """Multiply in 8 bits: weights with a scale per column, activations with a scale per row.

        A row's scale depends on that row alone and integer sums are exact, so a sentence's numbers do not depend on its batch. ONNX
        Runtime's own dynamic quantisation takes one scale over the whole batch.
        """
        quantised, scales = quantise_columns(matrix)
        largest = self.op("ReduceMax", self.op("Abs", value), self.constant([1], np.int64, "last_axis"), keepdims=1)
        floor = self.constant(1e-9, np.float32, "smallest_scale")
        row_scales = self.op("Max", self.op("Mul", largest, self.constant(1 / 127, np.float32, "one_step")), floor)
        flat = self.reshape(row_scales, -1)
        middle = self.op("ConstantOfShape", self.op("Shape", flat), value=numpy_helper.from_array(np.array([ZERO_POINT], np.uint8)))
        rows = self.op("QuantizeLinear", value, flat, middle, axis=0)
        product = self.op(
            "MatMulIntegerToFloat",
            rows,
            self.constant(quantised, np.int8, name),
            self.constant(1.0, np.float32, "unit_scale"),
            self.constant(scales, np.float32, f"{name}/scales"),
            self.constant(ZERO_POINT, np.uint8, "zero_point"),
            domain=MICROSOFT,
        )
        return self.op("Mul", product, row_scales)

    def lookup(self, ids: str, table: NDArray[np.float32], name: str) -> str:
        """Return the rows of `table` at `ids`."""
        if self.precision == "fp32":
            return self.op("Gather", self.constant(table, np.float32, name), ids)
        quantised, scales = quantise_columns(table.T)
        rows = self.op("Gather", self.constant(quantised.T, np.int8, name), ids)
        scale = self.op("Gather", self.constant(scales[:, None], np.float32, f"{name}/scales"), ids)
        return self.op("Mul", self.op("Cast", rows, to=TensorProto.FLOAT), scale)

    def model(self, metadata: dict[str, str]) -> onnx.ModelProto:
        """Return the model; where it has a `DataFile`, check the files once both are written, otherwise it is checked here."""
        for node in self._nodes:
            node.input[:] = [self._renamed.get(value, value) for value in node.input]
            node.output[:] = [self._renamed.get(value, value) for value in node.output]
        graph = helper.make_graph(self._nodes, self.name, self._inputs, self._outputs)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="translate-docs")
        helper.set_model_props(model, metadata)
        while self._constants:  # one at a time, so that memory holds them once
            model.graph.initializer.append(self._constants.pop(next(iter(self._constants))))
        if self._data is None:
            onnx.checker.check_model(model)
        return model


def quantise_columns(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return symmetric 8-bit values and one scale per column, so that values * scales is close to `matrix`."""
    scales = np.maximum(np.abs(matrix).max(axis=0) / 127, np.float32(1e-9)).astype(np.float32)
    return np.rint(matrix / scales).astype(np.int8), scales
