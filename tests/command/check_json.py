#!/usr/bin/python3
"""check_json.py SCHEMA DOCUMENT [lines]: exit 0 if the document (or each of its lines) is valid; 77 without jsonschema."""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"duplicate key in {keys}")
    return dict(pairs)


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
with open(sys.argv[2], encoding="utf-8") as file:
    documents = file.read().splitlines() if len(sys.argv) > 3 else [file.read()]
bad = 0
for document in documents:
    for error in validator.iter_errors(json.loads(document, object_pairs_hook=no_duplicates)):
        print("/".join(str(part) for part in error.absolute_path), error.message)
        bad = 1
sys.exit(bad)
