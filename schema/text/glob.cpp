#include "schema/text/glob.hpp"

#include <cstddef>
#include <optional>

namespace ingot {

namespace {

/// The length of the set that starts at pattern[0] == '[', and whether it holds c; nullopt if it never ends.
struct SetMatch {
  std::size_t length;
  bool holds;
  bool has_empty_range;  ///< such as z-a
};
std::optional<SetMatch> match_set(std::string_view pattern, char c) {
  std::size_t i = 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool holds = false;
  bool has_empty_range = false;
  for (bool first = true; i < pattern.size(); first = false) {
    if (pattern[i] == ']' && !first) return SetMatch{i + 1, holds != negated, has_empty_range};
    const char low = pattern[i++];
    char high = low;
    if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
      high = pattern[i + 1];
      i += 2;
    }
    holds = holds || (low <= c && c <= high);
    has_empty_range = has_empty_range || high < low;
  }
  return std::nullopt;
}

/// Whether one element of the pattern (not a star) takes c, and how long that element is.
struct Taken {
  bool yes;
  std::size_t length;
};
Taken take_one(std::string_view pattern, char c, bool slash_is_special) {
  if (slash_is_special && c == '/') return {pattern[0] == '/', 1};
  if (pattern[0] == '?') return {true, 1};
  if (pattern[0] == '[') {
    if (const auto set = match_set(pattern, c)) return {set->holds, set->length};
  }
  return {pattern[0] == c, 1};
}

/// What stands behind a star, and where in the text the star has got to; at first there is no star.
struct Star {
  std::size_t pattern = 0;
  std::size_t text = std::string_view::npos;
};

/// Greedy with one place to come back to for `*` and one for `**`: no recursion, at most |pattern|·|text|² steps for
/// paths and |pattern|·|text| for names.
bool matches(std::string_view pattern, std::string_view text, bool slash_is_special) {
  Star star, double_star;
  std::size_t p = 0, t = 0;
  while (true) {
    if (p < pattern.size() && pattern[p] == '*') {
      if (slash_is_special && p + 1 < pattern.size() && pattern[p + 1] == '*') {
        p += 2;
        // "**/" also matches no folder at all.
        double_star = Star{p, t};
        if (p < pattern.size() && pattern[p] == '/') double_star.pattern = ++p;
        star = {};
      } else {
        star = Star{++p, t};
      }
      continue;
    }
    if (t == text.size()) {
      if (p == pattern.size()) return true;
    } else if (p < pattern.size()) {
      const Taken taken = take_one(pattern.substr(p), text[t], slash_is_special);
      if (taken.yes) {
        p += taken.length;
        ++t;
        continue;
      }
    }
    if (star.text < text.size() && !(slash_is_special && text[star.text] == '/')) {
      t = ++star.text;
      p = star.pattern;
    } else if (double_star.text < text.size()) {
      // After "**/" the rest must begin a component.
      do {
        ++double_star.text;
      } while (double_star.pattern >= 1 && pattern[double_star.pattern - 1] == '/' && double_star.text < text.size() &&
               text[double_star.text - 1] != '/');
      t = double_star.text;
      p = double_star.pattern;
      star = {};
    } else {
      return false;
    }
  }
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) { return matches(pattern, text, false); }

bool path_glob_matches(std::string_view pattern, std::string_view path) {
  if (pattern.find('/') == std::string_view::npos && pattern.find("**") == std::string_view::npos) {
    const auto slash = path.rfind('/');
    return matches(pattern, slash == std::string_view::npos ? path : path.substr(slash + 1), true);
  }
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  return matches(pattern, path, true);
}

std::optional<std::string> glob_fault(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') return "holds a backslash, and there are no escapes: [*] is a star itself, [\\] a backslash";
    if (pattern[i] != '[') continue;
    const auto set = match_set(pattern.substr(i), ' ');
    if (!set) return "holds a \"[\" without its \"]\" ([[] is the bracket itself)";
    if (set->has_empty_range) return "holds a set whose range ends before it begins";
    i += set->length - 1;
  }
  return std::nullopt;
}

}  // namespace ingot
