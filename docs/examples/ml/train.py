"""Learns from people's verdicts which anomalies are real, and says how well it does on later ones.

    python3 -m venv venv && venv/bin/pip install -r docs/examples/ml/requirements.txt
    venv/bin/python docs/examples/ml/train.py --brokers localhost:9092 --registry http://localhost:8081

It reads ml.feature (windows and labels) and insight.anomaly to their ends, joins them by anomaly_id, trains a logistic
regression on the earlier anomalies and judges the later ones. Nothing here is netsigma's but the topics.
"""

import argparse
import json
import math
import sys
from datetime import datetime, timezone
from pathlib import Path

import numpy

sys.path.append(str(Path(__file__).resolve().parent.parent))
from read_anomalies import Decoder, messages  # noqa: E402

HOUR_MS = 3_600_000
LEAST_EXAMPLES = 20
NAMES = [
    *["peak_sigma", "peak_score", "polls", "confidence"],  # of the anomaly
    *["max_abs_sigma", "mean_abs_sigma", "max_score", "beyond_warn", "crossings", "repeats", "slope"],  # of its window
]


def records(brokers, topic, decode):
    """Values of a topic, in the order of each key. Tombstones are not among these topics' records."""
    for message in messages(brokers, topic, follow=False):
        yield decode(message.value())


def read_features(brokers, topic, decode, version):
    """Metrics by (entity, interface, window, metric), and the last verdict on each anomaly."""
    metrics, labels = {}, {}
    for record in records(brokers, topic, decode):
        if record["snapshot_type"] == "labels":
            for anomaly in record["anomalies"]:
                labels[anomaly["anomaly_id"]] = anomaly["verdict"]  # None: withdrawn
        elif record["snapshot_type"] == "features" and record["feature_version"] == version:
            start = to_ms(record["window_start"])
            for row in record["rows"]:
                for metric in row["metrics"]:
                    metrics[record["entity"], row["interface_name"], start, metric["metric_name"]] = metric
    return metrics, {anomaly: verdict for anomaly, verdict in labels.items() if verdict is not None}


def read_anomalies(brokers, topic, decode):
    """Each anomaly as its highest revision has it."""
    anomalies = {}
    for record in records(brokers, topic, decode):
        known = anomalies.get(record["anomaly_id"])
        if known is None or known["revision"] < record["revision"]:
            anomalies[record["anomaly_id"]] = record
    return anomalies


def to_ms(instant: datetime):
    return round((instant - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds() * 1000)


def vector(anomaly, metric):
    """In the order of NAMES; what is unknown counts as 0. Sizes go in as logarithms: they span decades."""

    def size(value):
        return math.log1p(abs(value or 0))

    judged = metric["judged"] or 1
    return [
        size(anomaly["deviation_sigma"]),
        size(anomaly["score"]),
        size(anomaly["polls"]),
        anomaly["confidence"] or 0,
        size(metric["max_abs_sigma"]),
        size(metric["mean_abs_sigma"]),
        size(metric["max_score"]),
        metric["beyond_warn"] or 0,
        (metric["crossings"] or 0) / judged,
        metric["repeats"] or 0,
        (metric["slope"] or 0) / (metric["stddev"] or 1),
    ]


def examples(metrics, labels, anomalies):
    """(opened at, vector, is real) of each judged anomaly whose first window is there, the oldest first."""
    found = []
    for anomaly_id, verdict in labels.items():
        anomaly = anomalies.get(anomaly_id)
        if anomaly is None:
            continue
        opened = to_ms(anomaly["opened_at"])
        window = opened - opened % HOUR_MS
        metric = metrics.get((anomaly["entity"], anomaly["interface_name"], window, anomaly["metric_name"]))
        if metric is not None:
            # Acknowledged counts as real, as netsigma itself counts it.
            found.append((opened, vector(anomaly, metric), verdict != "false_positive"))
    return sorted(found, key=lambda example: example[0])


def train(inputs, real, steps=3_000, rate=0.3, penalty=1e-2):
    """Logistic regression by gradient descent, on inputs of mean 0 and deviation 1. @returns a function: chance of real."""
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0)
    deviation[deviation == 0] = 1
    scaled = (inputs - mean) / deviation
    weights, bias = numpy.zeros(inputs.shape[1]), 0.0
    for _ in range(steps):
        error = 1 / (1 + numpy.exp(-(scaled @ weights + bias))) - real
        weights -= rate * (scaled.T @ error / len(real) + penalty * weights)
        bias -= rate * error.mean()
    return weights, lambda more: 1 / (1 + numpy.exp(-((more - mean) / deviation @ weights + bias)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", default="localhost:9092")
    parser.add_argument("--registry", default="http://localhost:8081")
    parser.add_argument("--prefix", default="", help="broker.prefix of the configuration")
    parser.add_argument("--feature-version", default="1", help="a model is of one version")
    options = parser.parse_args()
    decode = Decoder(options.registry)
    metrics, labels = read_features(
        options.brokers, f"{options.prefix}ml.feature", decode, options.feature_version
    )
    anomalies = read_anomalies(options.brokers, f"{options.prefix}insight.anomaly", decode)
    found = examples(metrics, labels, anomalies)
    inputs = numpy.array([vector for _, vector, _ in found])
    real = numpy.array([is_real for _, _, is_real in found], dtype=float)
    # Later ones only: a model that has seen the future knows too much.
    split = round(0.7 * len(found))
    if len(found) < LEAST_EXAMPLES or len(set(real[:split])) < 2:
        sys.exit(f"{len(found)} judged anomalies: at least {LEAST_EXAMPLES} are needed, real ones and false ones")
    weights, chance = train(inputs[:split], real[:split])
    said = chance(inputs[split:]) >= 0.5
    right = int((said & (real[split:] == 1)).sum())
    result = {
        "anomalies": len(anomalies),
        "labels": len(labels),
        "trained_on": split,
        "judged": len(found) - split,
        "precision": right / int(said.sum()) if said.any() else None,
        "recall": right / int(real[split:].sum()) if real[split:].any() else None,
        "weights": {name: round(float(weight), 2) for name, weight in zip(NAMES, weights)},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
