"""game-metrics, and what the metrics daemon makes of it."""
import json
import time

import net
from checker import METRICS
from players import connected

FIVE = {"ActiveConnections", "WebSocketLatency", "MatchmakingTime", "QueueLength", "WebSocketErrors"}


def shown(stack, namespace):
    """{metric name: its row} of /v1/metrics."""
    status, body = net.http_json(stack.metrics.port, "/v1/metrics")
    assert status == 200
    return {row["MetricName"]: row for row in body["metrics"] if row["Namespace"] == namespace}


def figures(row):
    """Of the newest period that has any."""
    period = row["Current"] or row["Last"]
    return {name: period[name] for name in ("Sum", "SampleCount", "Minimum", "Maximum")}


async def test_the_five_metrics(stack, name, pool):
    async with connected(stack.ws_port, name("alice"), name("bob")) as (alice, bob):
        await alice.start(pool)
        await bob.start(pool)
        await alice.expect("match_found")
        await alice.refused("hello", "invalid_json")
        net.wait_until(lambda: FIVE <= set(shown(stack, "GameMetrics")), lambda: str(shown(stack, "GameMetrics")), 20)
    units = {name: row["Unit"] for name, row in shown(stack, "GameMetrics").items()}
    assert units == {"ActiveConnections": "Count", "WebSocketLatency": "Milliseconds", "QueueLength": "Count",
                     "MatchmakingTime": "Milliseconds", "WebSocketErrors": "Count"}


def test_sum_count_minimum_and_maximum(stack, topics, name):
    namespace, at = name("by-hand"), int(time.time())
    data = [{"MetricName": "Figure", "Timestamp": at, "Unit": "Count", "Value": value} for value in (3, -1.5, 10)]
    data.append({"MetricName": "Figure", "Timestamp": at, "Unit": "Count",
                 "StatisticValues": {"SampleCount": 4, "Sum": 100, "Minimum": 20, "Maximum": 30}})
    topics.append(METRICS, 1, json.dumps({"Namespace": namespace, "MetricData": data}), key=f"{namespace}/Figure")
    net.wait_until(lambda: "Figure" in shown(stack, namespace), "the figure")
    row = shown(stack, namespace)["Figure"]
    assert figures(row) == {"Sum": 111.5, "SampleCount": 7, "Minimum": -1.5, "Maximum": 30}


def test_malformed_documents_are_counted_and_passed_over(stack, topics, name):
    namespace = name("by-hand")
    bad = stack.metrics.metric("metrics_records_refused_total")
    good = {"Namespace": namespace, "MetricData": [{"MetricName": "After", "Value": 1}]}
    for value in ("hello", "[]", json.dumps({**good, "MetricData": [{"MetricName": "After"}]}), json.dumps(good)):
        topics.append(METRICS, 2, value)
    net.wait_until(lambda: "After" in shown(stack, namespace), "the good one behind them")
    assert stack.metrics.metric("metrics_records_refused_total") == bad + 3


def test_prometheus_has_them_too(stack, topics, name):
    namespace = name("by-hand")
    document = {"Namespace": namespace, "MetricData": [{"MetricName": "Figure", "Unit": "Count", "Value": 42}]}
    topics.append(METRICS, 3, json.dumps(document))
    # of the last complete period: PERIOD_S is 1 here
    net.wait_until(lambda: stack.metrics.metric("metrics_last_period_maximum", namespace) == 42, "the gauge")
