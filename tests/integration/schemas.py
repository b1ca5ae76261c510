"""The schemas of proto/, by name: "socket/message.match_found", "topics/headers.game-events"."""
import functools
import json
import math
import pathlib

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"


def strict_json(text):
    """RFC 8259 and no more: no NaN, no Infinity, no duplicate keys; bytes must be UTF-8."""
    def no_constant(name):
        raise ValueError(f"{name} is not JSON")

    def no_duplicates(pairs):
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError(f"duplicate keys in {pairs}")
        return dict(pairs)

    def finite(number):
        if not math.isfinite(float(number)):
            raise ValueError(f"{number} does not fit a double")
        return float(number)

    text = text.decode() if isinstance(text, bytes) else text
    return json.loads(text, parse_constant=no_constant, object_pairs_hook=no_duplicates, parse_float=finite)


def schema_files():
    return sorted(p for p in PROTO.rglob("*.json") if (PROTO / "golden") not in p.parents)


@functools.lru_cache(maxsize=None)
def load_all():
    return {str(p.relative_to(PROTO).with_suffix("")): strict_json(p.read_text()) for p in schema_files()}


@functools.lru_cache(maxsize=None)
def validator(name):
    store = {schema["$id"]: schema for schema in load_all().values()}
    schema = load_all()[name]
    resolver = jsonschema.RefResolver(base_uri=schema["$id"], referrer=schema, store=store)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def validate(name, value):
    """Fails with the schema's name, the place and the value."""
    if name not in load_all():
        raise AssertionError(f"no schema {name} for {value!r}")
    error = jsonschema.exceptions.best_match(validator(name).iter_errors(value))
    if error is not None:
        raise AssertionError(f"{name}: {error.json_path}: {error.message}\nin {json.dumps(value)}")
