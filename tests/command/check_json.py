#!/usr/bin/python3
"""check_json.py SCHEMA DOCUMENT: exit 1, and what is wrong, if the document is not as the schema says.

Without arguments, it judges documents until its standard input ends. A question is a line "SCHEMA one|lines SIZE" and SIZE bytes: a document, or one in each line. The answer is a line with the size of
what is wrong (0: nothing), and that."""
import functools
import json
import sys

import jsonschema


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"duplicate key in {keys}")
    return dict(pairs)


@functools.cache
def validator(path):
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def faults(schema, documents):
    try:
        return [
            "/".join(str(part) for part in error.absolute_path) + " " + error.message
            for document in documents
            for error in validator(schema).iter_errors(json.loads(document, object_pairs_hook=no_duplicates))
        ]
    except (OSError, ValueError, jsonschema.SchemaError) as error:
        return [f"{type(error).__name__}: {error}"]


if len(sys.argv) == 3:
    with open(sys.argv[2], encoding="utf-8") as file:
        sys.exit("\n".join(faults(sys.argv[1], [file.read()])) or 0)
while question := sys.stdin.buffer.readline():
    path, how, size = question.decode().rsplit(maxsplit=2)
    text = sys.stdin.buffer.read(int(size)).decode("utf-8", "surrogateescape")
    answer = "\n".join(faults(path, text.splitlines() if how == "lines" else [text])).encode("utf-8", "replace")
    sys.stdout.buffer.write(b"%d\n%s" % (len(answer), answer))
    sys.stdout.buffer.flush()
