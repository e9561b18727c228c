// The words after "ingot", taken apart by the command table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/options/command_table.hpp"
#include "schema/error.hpp"

namespace ingot::options {

/// Also of words that are wrong: what is known of them decides how the mistake is shown, and what a shell offers next.
class CommandLine {
 public:
  /// Throws nothing but for lack of memory: the first mistake is kept for `arguments`.
  explicit CommandLine(const std::vector<std::string>& words);

  /// nullptr: none was given, or one that does not exist.
  const CommandEntry* command() const { return command_; }
  /// Without options. The first is the command.
  const std::vector<std::string>& words() const { return words_; }
  /// The value of an option of every command, the last one given; "" if there is none.
  std::string global_value(std::string_view flag) const;
  /// The option at the end that lacks its value; nullptr: none does.
  const Option* unfinished() const { return unfinished_; }

  /// Whether the result is JSON.
  bool json() const;
  /// Whether that JSON is one event a line (apply, reconcile).
  bool events() const { return json() && command_ != nullptr && command_->events; }
  /// Error{usage}; for a misspelt word the hint names the nearest one.
  Arguments arguments() const;

 private:
  struct Given {
    const Option* option;
    std::string flag;  ///< as written
    std::string value;
    bool before_command;
  };

  void take(const std::string& word);
  void take_word(const std::string& word);
  void take_long(const std::string& word);
  void take_short(const std::string& word);
  void take_next_value(const Option& option, const std::string& flag);
  void add(const Option& option, const std::string& flag, const std::string& value);
  void refuse(const std::string& text, const std::string& mend);
  void refuse_flag(const std::string& flag);
  std::string command_name() const { return command_ == nullptr ? "" : command_->name; }

  bool gives(std::string_view global_flag) const;
  void set_options(const Form* form, Arguments& arguments) const;
  void check_needed(const Form& form) const;

  std::span<const std::string> rest_;  ///< of the words, while they are taken apart
  const CommandEntry* command_ = nullptr;
  std::vector<std::string> words_;
  std::vector<Given> options_;
  const Option* unfinished_ = nullptr;
  std::optional<Error> error_;
  bool only_words_ = false;  ///< after "--"
};

}  // namespace ingot::options
