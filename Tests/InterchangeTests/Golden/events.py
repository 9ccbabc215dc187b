"""Makes events.first and events.resumed with TensorBoard's own messages and record writer (pip install tensorboard), and reads
an event folder back as TensorBoard does:

  python events.py            writes the two files
  python events.py FOLDER     prints the scalars that TensorBoard sees in a folder, `tag step value` a line
"""

import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


def scalars(time, step, **values):
    summary = Summary(value=[Summary.Value(tag=tag.replace("__", "/"), simple_value=value) for tag, value in values.items()])
    return Event(wall_time=time, step=step, summary=summary)


def write(path, events):
    writer = RecordWriter(open(path, "wb"))
    for event in events:
        writer.write(event.SerializeToString())
    writer.close()


if len(sys.argv) > 1:
    accumulator = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0}).Reload()
    for tag in sorted(accumulator.Tags()["scalars"]):
        for scalar in accumulator.Scalars(tag):
            print(tag, scalar.step, f"{scalar.value:.6g}")
    sys.exit()

begin = Event(wall_time=1700000000.25, file_version="brain.Event:2")
write(
    "events.first",
    [
        begin,
        scalars(1700000001.5, 1, train__loss=2.302585, train__learning_rate=0.01),
        scalars(1700000002, 300, validation__top1_error=0.875),
    ],
)
write(
    "events.resumed",
    [
        begin,
        Event(wall_time=1700000000.25, step=201, session_log=SessionLog(status=SessionLog.START)),
        scalars(1700000003, 201, train__loss=-1.5),
    ],
)
