// Holds a JSON document against a schema of schema/json, by python3-jsonschema: an independent reader and judge.
#pragma once

#include <string>

namespace ingot::testing_support {

/// `schema`: "plan" for schema/json/plan.schema.json. `lines`: each line is a document of its own. Fails the test that calls it.
void expect_valid_json(const std::string& schema, const std::string& json, bool lines = false);

}  // namespace ingot::testing_support
