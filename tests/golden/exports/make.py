"""Writes history.json, and the event file that TensorBoard's own code makes of it.

Made with Python 3.11, tensorboard 2.21.0, protobuf 7.36.2:  python make.py
"""

import json
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

HERE = Path(__file__).parent
CURVES = {
    "train/loss": "loss",
    "train/accuracy": "train_accuracy",
    "validation/accuracy": "validation_accuracy",
    "validation/loss": "validation_loss",
    "learning_rate": "learning_rate",
}


def record(epoch):
    line = {
        "epoch": epoch,
        "loss": 1.9459101 / epoch,
        "last_batch_loss": 1.8 / epoch,
        "learning_rate": 0.1 * 0.8 ** (epoch // 10),
    }
    if epoch % 5 == 0:
        line["train_accuracy"] = epoch / 400
        line["validation_accuracy"] = epoch / 500
        line["validation_loss"] = 2.0794415 / epoch
    return line


def main():
    # A step of the last takes two bytes.
    history = [record(epoch) for epoch in (1, 2, 5, 10, 11, 300)]
    (HERE / "history.json").write_text("[\n" + ",\n".join(map(json.dumps, history)) + "\n]\n")
    with open(HERE / "events.out.tfevents.0.fer", "wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(file_version="brain.Event:2").SerializeToString(deterministic=True))
        for line in history:
            event = Event(wall_time=line["epoch"], step=line["epoch"])
            for tag, key in CURVES.items():
                if key in line:
                    event.summary.value.add(tag=tag, simple_value=line[key])
            writer.write(event.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
