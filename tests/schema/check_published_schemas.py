#!/usr/bin/python3
"""Holds documents of a published tree against their JSON Schemas: SOURCE SAMPLES.

Each line of SAMPLES is {"schema": name, "valid": bool, "document": …}.
"""
import json
import pathlib
import sys

import jsonschema

source, samples = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
names = ["envelope", "head", "root", "index", "page", "segments", "state"]
validators = {}
for name in names:
    schema = json.loads((source / "schema/json" / f"{name}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validators[name] = jsonschema.Draft7Validator(schema)

wrong, seen = [], set()
for line in samples.read_text().splitlines():
    sample = json.loads(line)
    errors = list(validators[sample["schema"]].iter_errors(sample["document"]))
    seen.add((sample["schema"], sample["valid"]))
    if sample["valid"] != (not errors):
        why = errors[0].message if errors else "it is accepted"
        wrong.append(f"{sample['schema']}: {why}\n    {line}")

missing = {(name, valid) for name in names for valid in (True, False)} - seen
if missing:
    wrong.append(f"no sample for {sorted(missing)}")
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
