#!/usr/bin/python3
"""Holds manifest.schema.json and card.schema.json against the good and bad manifests and all examples.

The first line of a bad manifest's .problems file says what the schema makes of it:
"# schema refuses it", "# schema accepts it" (what is wrong lies between entries or files) or "# not TOML".
"""
import json
import pathlib
import sys
import tomllib

import jsonschema

source = pathlib.Path(sys.argv[1])
wrong = []


def validator(name):
    schema = json.loads((source / "schema/json" / f"{name}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


manifest_schema, card_schema = validator("manifest"), validator("card")
validator("problems")


def verdict(path):
    """What the schema makes of the file, and why."""
    try:
        document = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return "# not TOML", str(error)
    schema = card_schema if path.name.endswith(".card.toml") else manifest_schema
    error = next(iter(schema.iter_errors(document)), None)
    return ("# schema accepts it", "") if error is None else ("# schema refuses it", f"{list(error.absolute_path)}: {error.message}")


def expect(path, expected):
    found, why = verdict(path)
    if found != expected:
        wrong.append(f"{path.relative_to(source)}: expected {expected!r}, found {found!r} {why}")


def objects_in(schema, path="manifest"):
    """Every part of a schema that describes an object with keys of its own."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
            yield path, schema
        for key, value in schema.items():
            yield from objects_in(value, f"{path}.{key}")
    elif isinstance(schema, list):
        for value in schema:
            yield from objects_in(value, path)


manifests = source / "tests/schema/manifests"
good = sorted(manifests.glob("good/**/*.toml")) + sorted(source.glob("examples/**/*.toml"))
bad = sorted(manifests.glob("bad/*.toml"))
for path in good:
    expect(path, "# schema accepts it")
for path in bad:
    expect(path, path.with_suffix(".problems").read_text().splitlines()[0])
for path, part in objects_in(manifest_schema.schema):
    if part.get("additionalProperties") is not False:
        wrong.append(f"manifest.schema.json: {path} allows unknown keys")

# defaults.toml writes every default out; manifest_good_test shows that it means the same as leaving them out.
written = tomllib.loads((manifests / "good/defaults.toml").read_text())
for section, schema in manifest_schema.schema["definitions"].items():
    if section not in manifest_schema.schema["properties"]:
        continue
    entries = written.get(section, {})  # a section without defaults need not be written
    table = entries[0] if isinstance(entries, list) else entries
    for key, part in schema["properties"].items():
        if "default" in part and table.get(key) != part["default"]:
            wrong.append(f"defaults.toml: {section}.{key} is {table.get(key)!r}, the schema's default {part['default']!r}")

if len(good) < 5 or len(bad) < 20:
    wrong.append(f"only {len(good)} good and {len(bad)} bad manifests were found")
for line in wrong:
    print(line)
print(f"{len(good)} good and {len(bad)} bad manifests, {len(wrong)} wrong")
sys.exit(1 if wrong else 0)
