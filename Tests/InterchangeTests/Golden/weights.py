"""Makes one small network in the published formats of weights, and its scores as OpenCV computes them
(pip install numpy scipy 'opencv-python-headless<5'):

  older.caffemodel   V1 `layers`, arrays with num/channels/height/width, the size of the input in input_dim
  newer.caffemodel   `layer`, arrays with shape, a Split and a Softmax, an Input layer
  mean.binaryproto   [1, 3, 25, 25], BGR
  net.mat            MatConvNet's form, zlib-compressed (scipy), with classes and the mean of 21×21
  weights.json       the scores of two pictures

The layout of messages is that of BVLC/caffe's caffe.proto, of the .mat that of vl_simplenn; OpenCV's own Caffe reader and scipy's
reader see to it that the files are what they should be.
"""

import json
import struct

import cv2
import numpy
import scipy.io

SIDE = 21
random = numpy.random.default_rng(0)
# Caffe's arrays are over BGR.
conv = (random.standard_normal((6, 3, 5, 5)) * 0.02).astype(numpy.float32)
full2 = (random.standard_normal((7, 6 * 5 * 5)) * 0.1).astype(numpy.float32)
full3 = (random.standard_normal((4, 7)) * 0.5).astype(numpy.float32)
biases = [random.standard_normal(n).astype(numpy.float32) for n in (6, 7, 4)]
mean = random.uniform(90, 130, (3, 25, 25)).astype(numpy.float32)


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def older_blob(array):
    shape = [1] * (4 - array.ndim) + list(array.shape)
    return b"".join(field(i + 1, int(n)) for i, n in enumerate(shape)) + field(5, array.tobytes())


def newer_blob(array):
    return field(7, field(1, b"".join(varint(n) for n in array.shape))) + field(5, array.tobytes())


convolution = field(1, 6) + field(3, 1) + field(4, 5) + field(6, 2)
lrn = field(1, 5) + field(2, 0.1) + field(3, 0.75) + field(5, 2.0)
pooling = field(2, 3) + field(3, 2)
# name, type of V1, type, parameter field of V1, of the newer form, parameters, arrays, in place
LAYERS = [
    ("conv1", 4, "Convolution", 10, 106, convolution, [conv, biases[0]], False),
    ("relu1", 18, "ReLU", 30, 123, b"", [], True),
    ("norm1", 15, "LRN", 18, 118, lrn, [], False),
    ("pool1", 17, "Pooling", 19, 121, pooling, [], False),
    ("fc2", 14, "InnerProduct", 17, 117, field(1, 7), [full2, biases[1]], False),
    ("relu2", 18, "ReLU", 30, 123, b"", [], True),
    ("drop2", 6, "Dropout", 12, 108, field(1, 0.5), [], True),
    ("fc3", 14, "InnerProduct", 17, 117, field(1, 4), [full3, biases[2]], False),
]


def older(layers):
    out = field(1, "small") + field(3, "data") + b"".join(field(4, n) for n in (1, 3, SIDE, SIDE))
    bottom = "data"
    for name, kind, _, number, _, parameters, arrays, in_place in layers:
        top = bottom if in_place else name
        layer = field(2, bottom) + field(3, top) + field(4, name) + field(5, kind)
        layer += b"".join(field(6, older_blob(a)) for a in arrays) + (field(number, parameters) if parameters else b"")
        out += field(2, layer)
        bottom = top
    return out


def newer(layers):
    shape = field(1, b"".join(varint(n) for n in (1, 3, SIDE, SIDE)))
    out = field(1, "small") + field(100, field(1, "input") + field(2, "Input") + field(4, "data") + field(143, field(1, shape)))
    out += field(100, field(1, "split") + field(2, "Split") + field(3, "data") + field(4, "data_split_0"))
    bottom = "data_split_0"
    for name, _, kind, _, number, parameters, arrays, in_place in layers:
        top = bottom if in_place else name
        layer = field(1, name) + field(2, kind) + field(3, bottom) + field(4, top)
        layer += b"".join(field(7, newer_blob(a)) for a in arrays) + (field(number, parameters) if parameters else b"")
        out += field(100, layer)
        bottom = top
    return out + field(100, field(1, "prob") + field(2, "Softmax") + field(3, "fc3") + field(4, "prob"))


files = {"older.caffemodel": older(LAYERS), "newer.caffemodel": newer(LAYERS), "mean.binaryproto": older_blob(mean[None])}
for name, content in files.items():
    with open(name, "wb") as file:
        file.write(content)


def matlab(array):
    """[out, in, h, w] over BGR -> [h, w, in, out] over RGB."""
    return array.transpose(2, 3, 1, 0)


def cell(values):
    out = numpy.empty((1, len(values)), dtype=object)
    for i, value in enumerate(values):
        out[0, i] = value
    return out


def record(**fields):
    return fields


layers = cell(
    [
        record(type="conv", name="conv1", weights=cell([matlab(conv[:, ::-1]), biases[0]]), pad=1.0, stride=2.0),
        record(type="relu", name="relu1"),
        record(type="lrn", name="norm1", param=numpy.array([5, 2, 0.1 / 5, 0.75])),
        record(type="pool", name="pool1", method="max", pool=numpy.array([3.0, 3.0]), stride=2.0, pad=numpy.array([0.0, 1, 0, 1])),
        record(type="conv", name="fc2", weights=cell([matlab(full2.reshape(7, 6, 5, 5)), biases[1]]), pad=0.0, stride=1.0),
        record(type="relu", name="relu2"),
        record(type="conv", name="fc3", weights=cell([matlab(full3.reshape(4, 7, 1, 1)), biases[2]]), pad=0.0, stride=1.0),
        record(type="softmax", name="prob"),
    ]
)
inner = mean[::-1, 2:-2, 2:-2]
meta = record(
    classes=record(name=cell(["n1", "n2", "n3", "n4"]), description=cell(["one", "two, zwei", "drei", "fünf"])),
    normalization=record(imageSize=numpy.array([SIDE, SIDE, 3.0]), averageImage=inner.transpose(1, 2, 0)),
)
scipy.io.savemat("net.mat", {"layers": layers, "meta": meta}, do_compression=True)
assert scipy.io.loadmat("net.mat")["layers"].shape == (1, 8)

# OpenCV's Caffe reader doesn't know LRN's k: x / (k + a s)^b = k^-b x / (1 + a s / k)^b, so it gets half of alpha, and k^-b in fc2.
for_opencv = [
    (*layer[:6], [layer[6][0] * numpy.float32(2**-0.75), layer[6][1]], layer[7]) if layer[0] == "fc2" else layer for layer in LAYERS
]
prototxt = f"""
name: "small" input: "data" input_dim: 1 input_dim: 3 input_dim: {SIDE} input_dim: {SIDE}
layer {{ name: "conv1" type: "Convolution" bottom: "data" top: "conv1" convolution_param {{ num_output: 6 pad: 1 kernel_size: 5 stride: 2 }} }}
layer {{ name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }}
layer {{ name: "norm1" type: "LRN" bottom: "conv1" top: "norm1" lrn_param {{ local_size: 5 alpha: 0.05 beta: 0.75 }} }}
layer {{ name: "pool1" type: "Pooling" bottom: "norm1" top: "pool1" pooling_param {{ pool: MAX kernel_size: 3 stride: 2 }} }}
layer {{ name: "fc2" type: "InnerProduct" bottom: "pool1" top: "fc2" inner_product_param {{ num_output: 7 }} }}
layer {{ name: "relu2" type: "ReLU" bottom: "fc2" top: "fc2" }}
layer {{ name: "drop2" type: "Dropout" bottom: "fc2" top: "fc2" }}
layer {{ name: "fc3" type: "InnerProduct" bottom: "fc2" top: "fc3" inner_product_param {{ num_output: 4 }} }}
"""
index = numpy.arange(2 * 3 * SIDE * SIDE)
pixels = ((index * 31 + index // 57) % 256).astype(numpy.float32).reshape(2, 3, SIDE, SIDE)  # RGB
results = []
for model in (older(for_opencv), newer(for_opencv)):
    net = cv2.dnn.readNetFromCaffe(bytearray(prototxt.encode()), bytearray(model))
    net.setInput(numpy.ascontiguousarray(pixels[:, ::-1] - mean[None, :, 2:-2, 2:-2]))
    results.append(net.forward("fc3").copy())
assert numpy.array_equal(*results)
print(results[0])
with open("weights.json", "w") as file:
    json.dump([float(score) for score in results[0].flatten()], file)
