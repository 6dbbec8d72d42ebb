"""A thin builder of ONNX graphs, with the two kinds of matrix product that the engine uses."""

from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from nmt.build.quantize import Scheme, quantise_columns

OPSET = 21
MICROSOFT = "com.microsoft"
IR_VERSION = 10
# Activations are unsigned around this: processors multiply unsigned by signed bytes; ONNX Runtime takes ten times as long otherwise.
ZERO_POINT = 128
PROBE = "range:"  # what the names of probes begin with
_PAGE = 4096  # bytes: ONNX Runtime maps tensors that start at one
_LARGE = 1024  # bytes: what is smaller stays in the graph, where ONNX Runtime reads shapes


class Fixed(NamedTuple):
    """An activation's largest absolute value, and whether only its positive part counts."""

    limit: float
    positive: bool


class Operand(NamedTuple):
    """What a product has besides its activations: weights in columns, their scales where they have 8 bits, what is added to it or ""."""

    kernel: str
    scales: str
    bias: str


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
    """Collects nodes and constants; values are known by name. `scheme` decides how `linear` and `lookup` store their weights.

    Large constants go to `data` where it is given.
    """

    def __init__(self, name: str, scheme: Scheme, data: DataFile | None = None) -> None:
        self.name = name
        self.scheme = scheme
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

    def linear(
        self, value: str, matrix: NDArray[np.float32], bias: NDArray[np.float32] | None, name: str, *, positive: bool = False
    ) -> str:
        """Return value · matrix + bias for a `value` [..., inputs] and a `matrix` [inputs, outputs]; `positive`: of its positive part."""
        if self.scheme.probes:
            self._probe(value, len(matrix), name)
        return self.product(value, self._stored(matrix, bias, name), name, positive=positive)

    def product(self, value: str, operand: Operand, name: str, *, positive: bool = False) -> str:
        """Return value · kernel · scales + bias, as the scheme wants the product `name` to be computed."""
        limit = self.scheme.ranges.get(name)
        if not self.scheme.is_exact(name) and limit is not None:
            return self._fixed_product(value, operand, Fixed(limit, positive))
        value = self.op("Relu", value) if positive else value
        result = self.op("MatMul", value, operand.kernel) if self.scheme.is_exact(name) else self._row_product(value, operand)
        return self.op("Add", result, operand.bias) if operand.bias else result

    def _stored(self, matrix: NDArray[np.float32], bias: NDArray[np.float32] | None, name: str) -> Operand:
        added = "" if bias is None else self.constant(bias, np.float32, f"{name}/bias")
        if self.scheme.is_exact(name):
            return Operand(self.constant(matrix, np.float32, name), "", added)
        quantised, scales = quantise_columns(matrix)
        return Operand(self.constant(quantised, np.int8, name), self.constant(scales, np.float32, f"{name}/scales"), added)

    def _probe(self, value: str, width: int, name: str) -> None:
        """Give out the largest absolute value of each channel."""
        rows = self.op("Reshape", self.op("Abs", value), self.constant([-1, width], np.int64))
        largest = self.op("ReduceMax", rows, self.constant([0], np.int64), keepdims=0)
        self.output(largest, f"{PROBE}{name}", TensorProto.FLOAT, [width])

    def _row_product(self, value: str, operand: Operand) -> str:
        """Multiply in 8 bits: weights with a scale per column, activations with a scale per row.

        A row's scale depends on that row alone and integer sums are exact, so a sentence's numbers do not depend on its batch. ONNX
        Runtime's own dynamic quantisation takes one scale over the whole batch.
        """
        last = self.constant([-1], np.int64, "last_axis")
        largest = self.op("ReduceMax", self.op("Abs", value), last, keepdims=1)
        largest = self.op("Max", largest, self.constant(1e-7, np.float32, "smallest"))
        steps = self.op("Div", self.constant(127.0, np.float32, "steps"), largest)
        rows = self._quantised(self.op("Mul", value, steps), 1.0, ZERO_POINT)
        return self.op("Div", self._integer_product(rows, operand._replace(bias=""), (1.0, ZERO_POINT)), steps)

    def _fixed_product(self, value: str, operand: Operand, fixed: Fixed) -> str:
        """Multiply in 8 bits with one scale for the activations that was found beforehand: see `nmt.build.quantize`.

        Where only the positive part is wanted, all 8 bits are used for it, and rounding cuts the rest off.
        """
        scale, zero_point = (fixed.limit / 255, 0) if fixed.positive else (fixed.limit / 127, ZERO_POINT)
        return self._integer_product(self._quantised(value, scale, zero_point), operand, (scale, zero_point))

    def _quantised(self, value: str, scale: float, zero_point: int) -> str:
        return self.op("QuantizeLinear", value, self.constant(scale, np.float32), self.constant(zero_point, np.uint8))

    def _integer_product(self, rows: str, operand: Operand, activations: tuple[float, int]) -> str:
        scale, zero_point = self.constant(activations[0], np.float32), self.constant(activations[1], np.uint8)
        inputs = [rows, operand.kernel, scale, operand.scales, zero_point]
        return self.op("MatMulIntegerToFloat", *inputs, *(("", operand.bias) if operand.bias else ()), domain=MICROSOFT)

    def lookup(self, ids: str, table: NDArray[np.float32], name: str, factor: float) -> str:
        """Return the rows of `table` at `ids`, times `factor`."""
        if self.scheme.is_exact(name):
            return self.op("Gather", self.constant(table * np.float32(factor), np.float32, name), ids)
        quantised, scales = quantise_columns(table.T)
        rows = self.op("Gather", self.constant(quantised.T, np.int8, name), ids)
        scale = self.op("Gather", self.constant(scales[:, None] * np.float32(factor), np.float32, f"{name}/scales"), ids)
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
