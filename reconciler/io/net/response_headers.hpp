// The header lines of one HTTP answer: bounded, and only what is needed of them, checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reconciler/io/net/transport.hpp"

namespace ingot::io {

/// All header lines of an answer together; more is hostile.
inline constexpr std::size_t most_header_bytes = 64 * 1024;
/// Longer validators are neither kept nor sent back.
inline constexpr std::size_t longest_validator = 256;

struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::optional<std::uint64_t> total;
};

struct ResponseHeaders {
  int status = 0;
  std::string etag;           ///< "" if it was longer than longest_validator or not printable
  std::string last_modified;  ///< likewise
  std::string content_encoding;
  std::optional<std::uint64_t> content_length;
  std::optional<ContentRange> content_range;
  bool contradictory = false;  ///< two lengths, or one that is no number
  bool complete = false;       ///< the empty line came: libcurl takes a connection that ends before it for a good answer
  std::size_t bytes = 0;

  /// One line as it came. A status line starts anew (an interim answer came before). false: too many bytes.
  bool take(std::string_view line);
};

/// Why an answer is none to this request.
struct NotAnAnswer {
  Response::Status status = Response::Status::unreachable;
  std::string why;
  bool retry = false;
  std::string mend = {};
  bool operator==(const NotAnAnswer&) const = default;
};
/// Judges the headers of a final HTTP answer; nullopt: its body is what was asked for (or it is a 304 to a conditional request).
std::optional<NotAnAnswer> judge_headers(const ResponseHeaders& headers, const Request& request);

/// A validator that may be sent or kept: printable ASCII, at most longest_validator bytes; else "".
std::string clean_validator(std::string_view value);

}  // namespace ingot::io
