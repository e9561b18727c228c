#include "reconciler/io/net/response_headers.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "schema/names.hpp"

namespace ingot::io {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n'))
    text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > INT64_MAX) return std::nullopt;
  return value;
}

/// "bytes 0-99/1000" or "bytes 0-99/*"
std::optional<ContentRange> range_of(std::string_view text) {
  constexpr std::string_view unit = "bytes ";
  const auto dash = text.find('-');
  const auto slash = text.find('/');
  if (!text.starts_with(unit) || dash == std::string_view::npos || slash == std::string_view::npos || slash < dash)
    return std::nullopt;
  const auto first = number_of(text.substr(unit.size(), dash - unit.size()));
  const auto last = number_of(text.substr(dash + 1, slash - dash - 1));
  const auto total = text.substr(slash + 1);
  if (!first || !last || *last < *first) return std::nullopt;
  if (total == "*") return ContentRange{*first, *last, std::nullopt};
  const auto length = number_of(total);
  if (!length || *last >= *length) return std::nullopt;
  return ContentRange{*first, *last, length};
}

void take_length(ResponseHeaders& headers, std::string_view value) {
  const auto length = number_of(value);
  if (!length || (headers.content_length && headers.content_length != length)) headers.contradictory = true;
  headers.content_length = length;
}

void take_field(ResponseHeaders& headers, const std::string& name, std::string_view value) {
  if (name == "etag")
    headers.etag = clean_validator(value);
  else if (name == "last-modified")
    headers.last_modified = clean_validator(value);
  else if (name == "content-encoding")
    headers.content_encoding = value;
  else if (name == "content-length")
    take_length(headers, value);
  else if (name == "content-range")
    headers.content_range = range_of(value);
}

bool wants_range(const Request& request) { return request.offset || request.length; }

bool is_the_range(const ContentRange& range, const Request& request) {
  if (range.first != request.offset.value_or(0)) return false;
  if (request.length) return range.last - range.first + 1 == *request.length;
  return !range.total || range.last + 1 == *range.total;
}

using Status = Response::Status;

NotAnAnswer judge_status(int status) {
  switch (status) {
    case 401:
    case 403: return {Status::refused, fmt::format("it refuses us ({})", status), false};
    case 407:
      return {Status::refused, "the proxy refuses us (407)", false,
              "a proxy that asks for a password cannot be used: change https_proxy, or name the peer in no_proxy"};
    case 404:
    case 410: return {Status::not_found, fmt::format("not there ({})", status), false};
    case 416: return {Status::wrong_range, "it has no such range (416)", false};
    case 408:
    case 429: return {Status::unreachable, fmt::format("it answers {}", status), true};
  }
  if (status >= 300 && status < 400 && status != 304) {
    return {Status::refused, fmt::format("it redirects ({}), which is not followed", status), false,
            "name the place itself in the peer's urls"};
  }
  return {Status::unreachable, fmt::format("it answers {}", status), status >= 500};
}

}  // namespace

bool ResponseHeaders::take(std::string_view line) {
  bytes += line.size();
  if (bytes > most_header_bytes) return false;
  if (line.starts_with("HTTP/")) {
    const std::size_t so_far = bytes;
    *this = {};
    bytes = so_far;
    const auto space = line.find(' ');
    if (space != std::string_view::npos) status = static_cast<int>(number_of(line.substr(space + 1, 3)).value_or(0));
    return true;
  }
  if (trimmed(line).empty()) complete = true;
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) take_field(*this, fold_case(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  return true;
}

std::optional<NotAnAnswer> judge_headers(const ResponseHeaders& headers, const Request& request) {
  const bool conditional = !request.if_none_match.empty() || !request.if_modified_since.empty();
  if (headers.status == 304) {
    if (conditional) return std::nullopt;
    return NotAnAnswer{Status::unreachable, "it answers 304 to a request that set no condition", false};
  }
  if (headers.status != 200 && headers.status != 206) return judge_status(headers.status);
  if (!headers.content_encoding.empty() && fold_case(headers.content_encoding) != "identity") {
    return NotAnAnswer{Status::refused, "it compresses what it serves (Content-Encoding), which was not asked for", false,
                       "its owner must switch that off for this tree"};
  }
  if (headers.contradictory) return NotAnAnswer{Status::unreachable, "its Content-Length makes no sense", false};
  if (!wants_range(request)) {
    if (headers.status == 206)
      return NotAnAnswer{Status::wrong_range, "it sends a part of what was asked for whole (206)", false};
    return std::nullopt;
  }
  if (headers.status == 200) return NotAnAnswer{Status::wrong_range, "it ignores ranges (200)", false};
  if (!headers.content_range || !is_the_range(*headers.content_range, request)) {
    return NotAnAnswer{Status::wrong_range, "it sends another range than was asked for", false};
  }
  return std::nullopt;
}

std::string clean_validator(std::string_view value) {
  const bool clean = value.size() <= longest_validator &&
                     std::all_of(value.begin(), value.end(), [](unsigned char byte) { return byte >= 0x20 && byte < 0x7F; });
  return clean ? std::string(value) : std::string();
}

}  // namespace ingot::io
