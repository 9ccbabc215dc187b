"""Looks at exported files with other programs' own readers (pip install numpy onnx onnxruntime safetensors):

  python export.py small.onnx [small.safetensors]

checks the graph, runs it in ONNX Runtime on the pixels of ExportTests and writes the scores to small.scores.json; of the safetensors
file it prints the tensors. small.onnx is what `export` makes of the checkpoint of ExportTests.
"""

import json
import sys

import numpy
import onnx
import onnxruntime

model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
session = onnxruntime.InferenceSession(sys.argv[1])
shape = session.get_inputs()[0].shape[1:]
count = 2 * int(numpy.prod(shape))
index = numpy.arange(count)
pixels = ((index * 31 + index // 57) % 256).astype(numpy.float32).reshape([2, *shape])
(scores,) = session.run(["scores"], {"images": pixels})
print(scores)
with open("small.scores.json", "w") as file:
    json.dump([float(score) for score in scores.flatten()], file)

if len(sys.argv) > 2:
    import safetensors

    with safetensors.safe_open(sys.argv[2], "np") as tensors:
        print(tensors.metadata())
        for name in tensors.keys():
            print(name, tensors.get_tensor(name).shape)
