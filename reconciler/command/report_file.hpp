// The file of a report: where it may be, and writing it.
#pragma once

#include <functional>
#include <string>

#include "reconciler/console/session.hpp"

namespace ingot::command {

/// Asked before any work. Error{usage} unless nothing is there, or an earlier report.
void require_place_for_report(const std::string& path, const console::Session& session);
/// Replaces the file at once, and says so; with --json as ingot.report/1. Error{local}.
void write_report(const std::string& path, const std::function<void(show::Output&)>& show, const console::Session& session);

}  // namespace ingot::command
