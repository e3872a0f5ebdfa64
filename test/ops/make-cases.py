"""Writes the conformance cases test/ops/<Op>.jsonc. Expected values come from numpy and from onnx's reference evaluator,
which share no code with the compiler. Seeded: the files are the same every time.
Run: python3 test/ops/make-cases.py (needs numpy and onnx), then npx biome check --write test/ops."""
import json
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

HERE = os.path.dirname(os.path.abspath(__file__))
OPSET = 20
DTYPES = {"float32": "f32", "float64": "f64", "float16": "f16", "int64": "i64", "int32": "i32", "bool": "bool", "int8": "i8", "uint8": "u8"}
ONNX_TYPES = {"f32": TensorProto.FLOAT, "f64": TensorProto.DOUBLE, "i64": TensorProto.INT64, "i32": TensorProto.INT32, "bool": TensorProto.BOOL}
rng = np.random.default_rng(20240607)
files = {}


def number(v):
    if isinstance(v, (bool, np.bool_)):
        return int(v)
    if isinstance(v, (int, np.integer)):
        return int(v)
    v = float(v)
    if np.isnan(v):
        return "NaN"
    if np.isinf(v):
        return "Infinity" if v > 0 else "-Infinity"
    short = float("%.9g" % v)
    return int(short) if short == int(short) and abs(short) < 1e6 and not (short == 0 and np.signbit(v)) else short


def tensor(a):
    a = np.asarray(a)
    return {"dtype": DTYPES[str(a.dtype)], "dims": list(a.shape), "data": [number(v) for v in a.reshape(-1)]}


def f(*shape, low=-2.0, high=2.0):
    return rng.uniform(low, high, shape).round(2).astype(np.float32)


def ints(*shape, low=0, high=5):
    return rng.integers(low, high, shape).astype(np.int64)


def onnx_run(op, inputs, attrs, initializers=()):
    names = [f"x{i}" for i in range(len(inputs))]
    values = [helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape) for n, x in zip(names, inputs)]
    consts = [numpy_helper.from_array(v, f"c{i}") if v is not None else None for i, v in enumerate(initializers)]
    all_names = names + [c.name if c is not None else "" for c in consts]
    while all_names and all_names[-1] == "":
        all_names.pop()
    node = helper.make_node(op, all_names, ["y"], **attrs)
    out = helper.make_tensor_value_info("y", TensorProto.UNDEFINED, None)
    graph = helper.make_graph([node], "g", values, [out], initializer=[c for c in consts if c is not None])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    return ReferenceEvaluator(model).run(None, dict(zip(names, inputs)))[0]


def case(op, name, inputs, attrs=None, expected=None, onnx_op=None, onnx_attrs=None, initializers=(), **extra):
    if expected is None:
        expected = onnx_run(onnx_op or op, inputs, attrs if onnx_attrs is None else onnx_attrs, initializers) if attrs is not None or onnx_attrs is not None else onnx_run(onnx_op or op, inputs, {}, initializers)
    files.setdefault(op, []).append({"name": name, "attrs": attrs or {}, "inputs": [tensor(x) for x in inputs], "output": tensor(expected), **extra})


def axes(*pairs):
    return [{"name": n, "size": s} for n, s in pairs]


def i64(*v):
    return np.array(v, dtype=np.int64)


inf, nan = np.float32(np.inf), np.float32(np.nan)
edge = np.array([0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, inf, -inf, nan], dtype=np.float32)

# --- sources
x = f(2, 3)
case("Input", "is what is fed", [x], expected=x)
case("Weight", "is what its digest names", [x], expected=x)
case("Constant", "holds its numbers", [], {"type": {"dtype": "f32", "axes": axes(("a", 2), ("b", 2))}, "data": [1, -0.5, "Infinity", 3]}, expected=np.array([[1, -0.5], [inf, 3]], np.float32))
case("Constant", "may be integers without axes", [], {"type": {"dtype": "i64", "axes": []}, "data": [-7]}, expected=np.int64(-7))
case("Iota", "counts along its axis", [], {"axis": {"name": "pos", "size": 5}}, expected=np.arange(5, dtype=np.int64))

# --- elementwise, one input
for op in ["Identity", "Neg", "Abs", "Exp", "Tanh", "Sigmoid", "Relu", "Floor", "Ceil", "Round", "Sign", "Sin", "Cos"]:
    case(op, "on a matrix", [f(3, 4)])
for op in ["Identity", "Neg", "Abs", "Exp", "Tanh", "Floor", "Ceil", "Round"]:
    case(op, "at special values", [edge])
case("Sigmoid", "at special values", [edge], expected=np.where(np.isnan(edge), np.nan, 1 / (1 + np.exp(-edge.astype(np.float64)))).astype(np.float32))
case("Relu", "at special values", [edge[:-1]])
case("Sign", "at special values", [edge[:-1]])
case("Abs", "of integers", [ints(5, low=-5)])
case("Neg", "of integers", [ints(5, low=-5)])
for op in ["Log", "Sqrt"]:
    case(op, "of positive numbers", [f(2, 5, low=0.01, high=4)])
    case(op, "at 0, infinity and below 0", [np.array([0, inf, -1], np.float32)])
case("Reciprocal", "away from 0", [f(6, low=0.1)])
case("Reciprocal", "at 0", [np.array([0.0, inf], np.float32)])
from math import erf

wide = np.linspace(-5, 5, 41, dtype=np.float32)
case("Erf", "over its range", [wide], expected=np.array([erf(float(v)) for v in wide], np.float32))
case("Gelu", "exact", [wide], {"approximate": "none"}, expected=np.array([0.5 * float(v) * (1 + erf(float(v) / 2**0.5)) for v in wide], np.float32))
case("Gelu", "by tanh", [wide], {"approximate": "tanh"})
case("Softplus", "also where exp overflows", [np.array([-100, -1, 0, 1, 30, 100], np.float32)], expected=np.logaddexp(0, np.array([-100, -1, 0, 1, 30, 100])).astype(np.float32))
case("LeakyRelu", "with a slope", [f(3, 3)], {"alpha": 0.1})
case("Elu", "with a scale", [f(3, 3)], {"alpha": 1.5})
case("HardSigmoid", "clamps on both sides", [f(3, 3, low=-6, high=6)], {"alpha": 0.2, "beta": 0.5})
case("Clip", "on both sides", [f(3, 3)], {"min": -0.5, "max": 1}, onnx_attrs={}, initializers=[np.float32(-0.5), np.float32(1)])
case("Clip", "below only", [f(3, 3)], {"min": 0, "max": None}, onnx_attrs={}, initializers=[np.float32(0)])
case("Clip", "above only", [f(3, 3)], {"min": None, "max": 0.25}, onnx_attrs={}, initializers=[None, np.float32(0.25)])
case("Not", "of booleans", [np.array([True, False])])
case("IsNaN", "at special values", [edge])
case("IsInf", "at special values", [edge])
case("Cast", "float to integer truncates", [np.array([1.7, -1.7, 0.2], np.float32)], {"to": "i64"}, onnx_attrs={"to": TensorProto.INT64})
case("Cast", "integer to float", [ints(4)], {"to": "f32"}, onnx_attrs={"to": TensorProto.FLOAT})
case("Cast", "float to boolean", [np.array([0, 0.5, -1], np.float32)], {"to": "bool"}, onnx_attrs={"to": TensorProto.BOOL})
case("Cast", "boolean to float", [np.array([True, False])], {"to": "f32"}, onnx_attrs={"to": TensorProto.FLOAT})
case("Cast", "double to float rounds", [np.array([0.1, 1e-8, 16777217.0])], {"to": "f32"}, onnx_attrs={"to": TensorProto.FLOAT})

# --- elementwise, several inputs
for op in ["Add", "Sub", "Mul", "Div", "Min", "Max"]:
    case(op, "same dims", [f(2, 3), f(2, 3, low=0.5)])
    case(op, "a vector over rows", [f(2, 3), f(3, low=0.5)])
    case(op, "unit axes on both sides", [f(2, 1, 4), f(3, 1, low=0.5)])
    case(op, "a scalar", [f(2, 2), np.float32(1.25)])
for op in ["Add", "Sub", "Mul", "Min", "Max"]:
    case(op, "of integers", [ints(2, 3, low=-9, high=9), ints(3, low=-9, high=9)])
case("Div", "of integers rounds towards 0", [i64(7, -7, 7, -7), i64(2, 2, -2, -2)], expected=i64(3, -3, -3, 3))
case("Div", "by 0", [np.array([1, -1, 0], np.float32), np.float32(0)], expected=np.array([inf, -inf, nan], np.float32))
case("Max", "a NaN stays", [np.array([nan, 1], np.float32), np.array([0, nan], np.float32)], expected=np.array([nan, nan], np.float32))
case("Pow", "of positive bases", [f(2, 3, low=0.1), f(3)])
case("Pow", "of special bases", [np.array([1, 0, 2, -2], np.float32), np.array([nan, 0, -1, 3], np.float32)], expected=np.array([1, 1, 0.5, -8], np.float32))
case("Mod", "of integers takes the divisor's sign", [i64(7, -7, 7, -7), i64(3, 3, -3, -3)], {}, onnx_attrs={"fmod": 0})
case("Mod", "of floats takes the dividend's sign", [np.array([5.5, -5.5], np.float32), np.float32(2)], {}, onnx_attrs={"fmod": 1})
for op in ["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"]:
    case(op, "of integers, broadcast", [ints(3, 1), ints(4)])
    case(op, "of floats with ties and NaN", [np.array([1, 2, 2, nan], np.float32), np.array([2, 2, 1, nan], np.float32)])
for op in ["And", "Or", "Xor"]:
    case(op, "all four, broadcast", [np.array([[True], [False]]), np.array([True, False])])
case("Where", "chooses by row", [np.array([[True], [False]]), f(2, 3), f(3)])
case("Where", "a NaN not chosen does not leak", [np.array([False, True]), np.array([nan, 1], np.float32), np.float32(2)])

# --- linear algebra
case("MatMul", "matrices", [f(2, 3), f(3, 4)])
case("MatMul", "a batch with one matrix", [f(2, 3, 4), f(4, 2)])
case("MatMul", "two batches", [f(2, 3, 4), f(2, 4, 2)])
case("MatMul", "broadcast batches", [f(2, 1, 3, 4), f(3, 4, 2)])
case("MatMul", "with a vector on the right", [f(2, 3, 4), f(4)])
case("MatMul", "with a vector on the left", [f(4), f(4, 2)])
case("MatMul", "of vectors", [f(4), f(4)])
for ta, tb in [(0, 0), (1, 0), (0, 1), (1, 1)]:
    a = f(3, 2) if ta else f(2, 3)
    b = f(4, 3) if tb else f(3, 4)
    case("Gemm", f"transposes {ta}{tb}", [a, b, f(4)], {"alpha": 0.5, "beta": 2, "transA": bool(ta), "transB": bool(tb)}, onnx_attrs={"alpha": 0.5, "beta": 2.0, "transA": ta, "transB": tb})
case("Gemm", "without a bias", [f(2, 3), f(3, 2)], {"alpha": 1, "beta": 1, "transA": False, "transB": False}, onnx_attrs={})


def conv(name, xs, ws, strides, pads, dilations, group, bias=True):
    inputs = [f(*xs), f(*ws)] + ([f(ws[0])] if bias else [])
    attrs = {"strides": strides, "pads": pads, "dilations": dilations, "group": group}
    case("Conv", name, inputs, attrs)


conv("plain", (1, 2, 5, 5), (3, 2, 3, 3), [1, 1], [0, 0, 0, 0], [1, 1], 1)
conv("padded and strided", (2, 2, 6, 5), (3, 2, 3, 3), [2, 2], [1, 1, 1, 1], [1, 1], 1)
conv("uneven padding, no bias", (1, 1, 4, 4), (1, 1, 2, 2), [1, 1], [0, 1, 1, 0], [1, 1], 1, bias=False)
conv("dilated", (1, 1, 7, 7), (2, 1, 3, 3), [1, 1], [2, 2, 2, 2], [2, 2], 1)
conv("grouped", (1, 4, 4, 4), (6, 2, 3, 3), [1, 1], [1, 1, 1, 1], [1, 1], 2)
conv("depthwise", (1, 3, 4, 4), (3, 1, 3, 3), [1, 1], [1, 1, 1, 1], [1, 1], 3)
conv("along one axis", (2, 3, 8), (4, 3, 3), [2], [1, 0], [1], 1)

# --- layout
case("Transpose", "three axes", [f(2, 3, 4)], {"perm": [2, 0, 1]})
case("Reshape", "merges and splits", [f(2, 6)], {"axes": axes(("_0", 3), ("_1", 4))}, onnx_attrs={}, initializers=[i64(3, 4)])
case("Reshape", "to a scalar", [f(1, 1)], {"axes": []}, expected=None, onnx_attrs={}, initializers=[np.zeros(0, np.int64)])
case("Expand", "unit and missing axes", [f(3, 1)], {"axes": axes(("_0", 2), ("_1", 3), ("_2", 4))}, onnx_attrs={}, initializers=[i64(2, 3, 4)])
case("Squeeze", "two of three", [f(1, 3, 1)], {"axes": [0, 2]}, onnx_attrs={}, initializers=[i64(0, 2)])
case("Unsqueeze", "first and last", [f(3)], {"at": [0, 2], "names": ["_a", "_b"]}, onnx_attrs={}, initializers=[i64(0, 2)])
x = f(2, 3)
case("Rename", "changes no number", [x], {"names": ["example", "pos"]}, expected=x)
x = f(3, 5)
for name, axis, start, end, step, value in [
    ("a range", 1, 1, 4, 1, x[:, 1:4]), ("to the end", 0, 1, None, 1, x[1:]), ("counted from the end", 1, -3, -1, 1, x[:, -3:-1]),
    ("every second", 1, 0, None, 2, x[:, ::2]), ("reversed", 1, -1, None, -1, x[:, ::-1]), ("reversed by two", 1, 4, 0, -2, x[:, 4:0:-2]), ("clamped", 1, 3, 99, 1, x[:, 3:99])]:
    case("Slice", name, [x], {"axis": axis, "start": start, "end": end, "step": step}, expected=value)
case("Concat", "along the middle", [f(2, 1, 3), f(2, 2, 3)], {"axis": 1, "name": "_c", "size": 3}, onnx_attrs={"axis": 1})
case("Concat", "of one, two and three", [f(1, 2), f(2, 2), f(3, 2)], {"axis": 0, "name": "_c", "size": 6}, onnx_attrs={"axis": 0})
case("Pad", "both ends of two axes", [f(2, 3)], {"pads": [1, 0, 0, 2], "value": 0.5}, onnx_attrs={}, initializers=[i64(1, 0, 0, 2), np.float32(0.5)])
case("Pad", "with minus infinity", [f(2)], {"pads": [0, 1], "value": "-Infinity"}, onnx_attrs={}, initializers=[i64(0, 1), np.float32(-np.inf)])
case("Flatten", "at axis 1", [f(2, 3, 4)], {"axis": 1})
case("Flatten", "at axis 0", [f(2, 3)], {"axis": 0})

# --- indexing
case("Gather", "rows", [f(4, 3), ints(2, 2, high=4)], {"axis": 0})
case("Gather", "columns, from the end", [f(2, 4), i64(-1, 0)], {"axis": 1})
case("Gather", "a scalar drops the axis", [f(2, 4, 3), np.int64(2)], {"axis": 1})
case("GatherElements", "along the last axis", [f(2, 4), ints(2, 3, high=4)], {"axis": 1})
case("GatherElements", "along the first axis", [f(3, 2), ints(2, 2, high=3)], {"axis": 0})
case("GatherND", "without a batch", [f(3, 4), np.array([[0, 1], [2, 3]])], {"batchDims": 0}, onnx_attrs={"batch_dims": 0})
case("GatherND", "one index per row", [f(3, 4, 2), np.array([[0], [3], [1]])], {"batchDims": 1}, onnx_attrs={"batch_dims": 1})
case("GatherND", "one index per row and column", [f(2, 3, 4), ints(2, 3, 1, high=4)], {"batchDims": 2}, onnx_attrs={"batch_dims": 2})
case("OneHot", "appends the axis", [ints(2, 3, high=4)], {"axis": {"name": "vocab", "size": 4}}, onnx_attrs={"axis": -1}, initializers=[np.int64(4), np.array([0, 1], np.float32)])

# --- reductions
for op in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL2"]:
    for name, over, keep in [("the last axis", [2], False), ("the first axis, kept as unit", [0], True), ("two axes", [0, 2], False), ("all axes", [0, 1, 2], False)]:
        case(op, name, [f(2, 3, 4)], {"axes": over, "keepdims": keep}, onnx_attrs={"keepdims": int(keep)}, initializers=[i64(*over)])
case("ReduceMax", "a NaN stays", [np.array([[1, nan], [2, 3]], np.float32)], {"axes": [1], "keepdims": False}, expected=np.array([nan, 3], np.float32))
for op in ["ArgMax", "ArgMin"]:
    case(op, "the first of equals", [np.array([[1, 3, 3], [2, 1, 1]], np.float32)], {"axis": 1, "keepdims": False}, onnx_attrs={"axis": 1, "keepdims": 0})
    case(op, "along the first axis, kept", [f(3, 4)], {"axis": 0, "keepdims": True}, onnx_attrs={"axis": 0, "keepdims": 1})
for exclusive, reverse in [(0, 0), (1, 0), (0, 1), (1, 1)]:
    case("CumSum", f"exclusive {exclusive} reverse {reverse}", [f(2, 4)], {"axis": 1, "exclusive": bool(exclusive), "reverse": bool(reverse)}, onnx_attrs={"exclusive": exclusive, "reverse": reverse}, initializers=[i64(1).reshape(())])
for op in ["Softmax", "LogSoftmax"]:
    case(op, "the last axis", [f(2, 3, 4)], {"axis": 2})
    case(op, "a middle axis", [f(2, 3, 4)], {"axis": 1})
    case(op, "large numbers", [np.array([[1000, 1001, 999]], np.float32)], {"axis": 1})
case("Softmax", "masked entries get 0", [np.array([[0, -inf, 1]], np.float32)], {"axis": 1})
case("LayerNormalization", "the last axis", [f(2, 3, 8), f(8), f(8)], {"axis": 2, "epsilon": 1e-5})
case("LayerNormalization", "without a bias", [f(2, 8), f(8)], {"axis": 1, "epsilon": 1e-3})
case("LayerNormalization", "two axes", [f(2, 3, 4), f(3, 4), f(3, 4)], {"axis": 1, "epsilon": 1e-5})
case("BatchNormalization", "images", [f(2, 3, 2, 2), f(3), f(3), f(3), f(3, low=0.1)], {"epsilon": 1e-5})
case("BatchNormalization", "vectors", [f(4, 3), f(3), f(3), f(3), f(3, low=0.1)], {"epsilon": 1e-3})


# --- pools: written out here with numpy, because onnx's reference evaluator has had errors in them
def windows(x, kernel, strides, pads, dilations, ceil):
    rank = len(kernel)
    counts = []
    for i in range(rank):
        span = (kernel[i] - 1) * dilations[i] + 1
        room = x.shape[2 + i] + pads[i] + pads[i + rank] - span
        n = (-(-room // strides[i]) if ceil else room // strides[i]) + 1
        if ceil and (n - 1) * strides[i] >= x.shape[2 + i] + pads[i]:
            n -= 1
        counts.append(n)
    for index in np.ndindex(*counts):
        taps, covered = [], 0
        for tap in np.ndindex(*kernel):
            at = [index[i] * strides[i] - pads[i] + tap[i] * dilations[i] for i in range(rank)]
            if all(a < x.shape[2 + i] + pads[i + rank] for i, a in enumerate(at)):
                covered += 1
            if all(0 <= a < x.shape[2 + i] for i, a in enumerate(at)):
                taps.append(x[(slice(None), slice(None), *at)])
        yield index, np.stack(taps, -1), covered, counts


def pool(op, name, x, kernel, strides, pads, dilations, ceil, include=None):
    out = None
    for index, taps, covered, counts in windows(x, kernel, strides, pads, dilations, ceil):
        if out is None:
            out = np.zeros((*x.shape[:2], *counts), np.float32)
        if op == "MaxPool":
            value = taps.max(-1)
        else:
            value = taps.astype(np.float64).sum(-1) / (covered if include else taps.shape[-1])
        out[(slice(None), slice(None), *index)] = value
    attrs = {"kernel": kernel, "strides": strides, "pads": pads, "dilations": dilations, "ceil": ceil}
    case(op, name, [x], attrs if include is None else {**attrs, "countIncludePad": include}, expected=out)


pool("MaxPool", "plain", f(1, 2, 4, 4), [2, 2], [2, 2], [0, 0, 0, 0], [1, 1], False)
pool("MaxPool", "padded", f(1, 1, 5, 5), [3, 3], [2, 2], [1, 1, 1, 1], [1, 1], False)
pool("MaxPool", "rounding up", f(1, 1, 5, 4), [2, 2], [2, 2], [0, 0, 0, 0], [1, 1], True)
pool("MaxPool", "dilated, along one axis", f(2, 2, 8), [3], [1], [0, 0], [2], False)
pool("AveragePool", "plain", f(1, 2, 4, 4), [2, 2], [2, 2], [0, 0, 0, 0], [1, 1], False, False)
pool("AveragePool", "padding not counted", f(1, 1, 4, 4), [3, 3], [2, 2], [1, 1, 1, 1], [1, 1], False, False)
pool("AveragePool", "padding counted", f(1, 1, 4, 4), [3, 3], [2, 2], [1, 1, 1, 1], [1, 1], False, True)
case("GlobalMaxPool", "images", [f(2, 3, 3, 3)])
case("GlobalAveragePool", "images", [f(2, 3, 3, 3)])
case("Opaque", "is run by a backend that knows it", [f(3, 3)], {"opType": "HardSwish", "domain": "", "attributes": "", "output": 0, "outputs": 1, "type": {"dtype": "f32", "axes": axes(("_0", 3), ("_1", 3))}}, onnx_op="HardSwish", onnx_attrs={})

for op, cases in files.items():
    with open(os.path.join(HERE, f"{op}.jsonc"), "w") as out:
        out.write(f"// {op}: inputs and the result to expect. Written by make-cases.py (numpy {np.__version__}, onnx {onnx.__version__}).\n")
        out.write("[\n")
        out.write(",\n".join("  " + json.dumps(c) for c in cases))
        out.write("\n]\n")
print(len(files), "files,", sum(map(len, files.values())), "cases")
