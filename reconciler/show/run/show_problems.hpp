// The mistakes of a manifest or card, all of them: one line each, or ingot.problems/1. Pure.
#pragma once

#include <string>

#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"
#include "schema/manifest/manifest.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::show {

void show_problems(const Problems& problems, const Style& style, Output& out);
/// The member "problems" of an object that is open.
void put_problems(const Problems& problems, JsonWriter& json);
void show_problems_json(const Problems& problems, Output& out);
/// "ingot.toml is valid: 2 peers, 3 images, …".
std::string valid_text(const Manifest& manifest);

}  // namespace ingot::show
