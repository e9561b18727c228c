// What a command works with: its flags and the outside. Results go to standard output, everything else to standard error.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "reconciler/cli/arguments.hpp"
#include "reconciler/cli/output.hpp"
#include "reconciler/cli/style.hpp"
#include "reconciler/io/clock.hpp"
#include "reconciler/io/files.hpp"
#include "reconciler/io/terminal.hpp"
#include "reconciler/io/transport.hpp"
#include "schema/error.hpp"
#include "schema/problem.hpp"

namespace ingot {

struct Session {
  const Everywhere& flags;
  Terminal& terminal;
  Files& files;
  Clock& clock;
  std::function<std::unique_ptr<Transport>()> connect;  ///< called only by commands that ask peers

  bool json() const { return flags.format == Format::json; }
  /// Bars and other text that is drawn over are wanted and there is a terminal for them.
  bool may_draw() const;
  Style out_style() const;
  Style error_style() const;

  /// The result on standard output: `text` or `as_json`, whichever was asked for.
  void show(const std::function<void(const Style&, Output&)>& text, const std::function<void(Output&)>& as_json) const;
  void put(const std::function<void(Output&)>& what) const;  ///< standard output
  /// A line on standard error unless --quiet: "ingot: TEXT".
  void tell(const std::string& text) const;
  void warn(const std::string& text) const;  ///< also with --quiet
};

/// Shows problems as the format asks: ingot.problems/1 on standard output, or lines on standard error.
void show_problems_of(const Problems& problems, const Session& session);

}  // namespace ingot
