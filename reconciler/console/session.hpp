// What a command works with: its flags and the outside. Results go to standard output, everything else to standard error.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "reconciler/io/clock.hpp"
#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/net/transport.hpp"
#include "reconciler/io/terminal.hpp"
#include "reconciler/options/arguments.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"
#include "schema/error.hpp"
#include "schema/manifest/problem.hpp"

namespace ingot::console {

struct Session {
  const options::GlobalOptions& flags;
  io::Terminal& terminal;
  io::Files& files;
  io::Clock& clock;
  std::function<std::unique_ptr<io::Transport>()> connect;  ///< called only by commands that ask peers

  bool json() const { return flags.format == options::Format::json; }
  /// Bars and other text that is drawn over are wanted and there is a terminal for them.
  bool may_draw() const;
  show::Style out_style() const;
  show::Style error_style() const;

  /// The result on standard output: `text` or `as_json`, whichever was asked for.
  void show(const std::function<void(const show::Style&, show::Output&)>& text,
            const std::function<void(show::Output&)>& as_json) const;
  void put(const std::function<void(show::Output&)>& what) const;  ///< standard output, as it is
  /// Text for a person on standard output; a terminal gets lines broken between words at its width.
  void put_text(const std::function<void(show::Output&)>& what) const;
  /// The same on standard error, whole lines.
  void put_error(std::string_view text, io::Priority priority) const;
  /// A line on standard error unless --quiet: "ingot: TEXT".
  void tell(const std::string& text) const;
  void warn(const std::string& text) const;  ///< also with --quiet
};

/// Shows problems as the format asks: ingot.problems/1 on standard output, or lines on standard error.
void show_problems_of(const Problems& problems, const Session& session);

}  // namespace ingot::console
