// What ended a run, for people and for scripts. Pure.
#pragma once

#include <string>

#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/style.hpp"
#include "schema/error.hpp"

namespace ingot::show {

/// "ingot: error: …" and how to mend it, for standard error.
std::string error_text(const Error& error, const Style& style);

/// ingot.error/1: what a script finds on standard output where nothing else was printed.
void show_error_json(const Error& error, Output& out);

/// The members code, text, mend and subject of an object that is open.
void put_error(const Error& error, JsonWriter& json);

}  // namespace ingot::show
