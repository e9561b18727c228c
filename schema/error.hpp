// The one exception of ingot and what it costs the run. Borders: mistakes in a manifest are Problems (problem.hpp),
// failures of a peer or of one action are values; only what ends the work is thrown.
#pragma once

#include <concepts>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/code.hpp"

namespace ingot {

/// What kind of failure ended the work; exit_code.hpp maps it to the exit code.
enum class Fault {
  internal,     ///< a bug of ours: exit 1
  incomplete,   ///< a peer or an action failed for ordinary reasons: exit 3
  untrusted,    ///< a signature, a rollback, bytes that are not what was signed: exit 4
  busy,         ///< another run holds the lock: exit 5
  local,        ///< disk full, I/O error, damaged state or store: exit 6
  refused,      ///< a guard refused: exit 7
  stale,        ///< a saved plan no longer fits: exit 8
  approval,     ///< approval is needed and there is no terminal: exit 9
  usage,        ///< the command line is wrong: exit 64
  manifest,     ///< the manifest (or card) is wrong: exit 65
  interrupted,  ///< SIGINT: exit 130
  terminated,   ///< SIGTERM: exit 143
};

/// "local", "usage" …
std::string_view text_of(Fault fault);
/// nullopt: no such word.
std::optional<Fault> parse_fault(std::string_view text);

class Error;

/// Its code, or else its fault: what a script sees as "code".
std::string_view text_of_code(const Error& error);

/// Ends the work. `text` says what failed and names the thing in quotes; `mend` says what to do, may be empty.
class Error : public std::exception {
 public:
  Error(Fault fault, std::string text, std::string mend = {});

  Fault fault() const noexcept { return fault_; }
  const std::string& text() const noexcept { return text_; }
  const std::string& mend() const noexcept { return mend_; }
  /// A stable word for scripts that says more than the fault, such as "unknown-image"; none: no word does.
  Code code() const noexcept { return code_; }
  /// What it is about: a name, an address or a path; "": no one thing.
  const std::string& subject() const noexcept { return subject_; }
  /// What was being done, outermost first.
  const std::vector<std::string>& doing() const noexcept { return doing_; }
  /// "while A: while B: text".
  const char* what() const noexcept override { return what_.c_str(); }

  Error& with_code(Code code);
  Error& about(std::string subject);
  /// Adds an outer context ("reading the catalog of peer \"x\"").
  void add_context(std::string doing);

 private:
  Fault fault_;
  std::string text_;
  std::string mend_;
  Code code_ = Code::none;
  std::string subject_{};
  std::vector<std::string> doing_;
  std::string what_;
};

/// Runs `work`; an Error that leaves it gets the context `what` on its way up.
template <std::invocable Work>
decltype(auto) doing(const std::string& what, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (Error& error) {
    error.add_context(what);
    throw;
  }
}

}  // namespace ingot
