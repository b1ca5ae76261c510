"""The schemas themselves, the golden messages, and the table of error codes against the code that uses them."""
import re

import jsonschema
import pytest

from schemas import PROTO, ROOT, load_all, strict_json, validate, validator

GOLDEN = PROTO / "golden"
VALID = sorted(p for p in GOLDEN.rglob("*.json") if (GOLDEN / "invalid") not in p.parents)
INVALID = sorted((GOLDEN / "invalid").rglob("*.json"))


def schema_name(path, base):
    return str(path.parent.relative_to(base))


@pytest.mark.parametrize("name", sorted(load_all()))
def test_schema_is_a_schema(name):
    schema = load_all()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(f"/proto/{name}.json")


@pytest.mark.parametrize("path", VALID, ids=lambda p: str(p.relative_to(GOLDEN)))
def test_golden_is_valid(path):
    validate(schema_name(path, GOLDEN), strict_json(path.read_text()))


@pytest.mark.parametrize("path", INVALID, ids=lambda p: str(p.relative_to(GOLDEN)))
def test_golden_is_invalid(path):
    value = strict_json(path.read_text())
    assert not validator(schema_name(path, GOLDEN / "invalid")).is_valid(value)


def test_every_schema_has_golden_messages():
    names = set(load_all()) - {"common"}
    assert names == {schema_name(p, GOLDEN) for p in VALID}
    assert names == {schema_name(p, GOLDEN / "invalid") for p in INVALID}


def documented_codes():
    text = (PROTO / "protocol.md").read_text()
    table = text.split("## Error codes")[1].split("\n## ")[0]
    return re.findall(r"^\| `([a-z0-9_]+)` \|", table, re.MULTILINE)


def engine_codes():
    comment = (ROOT / "libs/matchmaking/mm_engine.h").read_text()
    listed = re.search(r"Refusal codes[^:]*:([^.]*)\.", comment).group(1)
    return set(re.findall(r"[a-z]+_[a-z_]+", listed))


def gateway_codes():
    return set(re.findall(r'X\(FAULT_\w+, "([a-z0-9_]+)"', (ROOT / "services/gateway/errors.h").read_text()))


def test_error_codes_are_listed_once_and_are_the_schema():
    codes = documented_codes()
    assert len(codes) == len(set(codes)), "a code twice"
    assert set(codes) == set(load_all()["common"]["$defs"]["error_code"]["enum"])


def test_error_codes_are_those_of_the_engine():
    assert engine_codes() == set(load_all()["common"]["$defs"]["refusal_code"]["enum"])


def test_error_codes_are_those_of_the_code():
    assert set(documented_codes()) == gateway_codes() | engine_codes()
