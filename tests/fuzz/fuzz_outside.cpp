// Any bytes as what a network or a disk gives: HTTP headers, URLs, globs, the small files that are remembered of peers,
// packed segments, canonical tars, plans in files. The first byte says as what. Each is taken whole or refused; nothing is half
// believed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "reconciler/io/disk/peer_memory_text.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/net/curl_url.hpp"
#include "reconciler/io/net/response_headers.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/plan/plan_document.hpp"
#include "reconciler/transfer/pack.hpp"
#include "reconciler/transfer/tar_decoder.hpp"
#include "schema/error.hpp"
#include "schema/text/glob.hpp"
#include "schema/text/url.hpp"

namespace {

using namespace ingot;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20U || c == 0x7F) return false;
  }
  return true;
}

/// Line by line, as libcurl gives them.
void read_headers(std::string_view text) {
  io::ResponseHeaders headers;
  std::size_t taken = 0;
  while (!text.empty()) {
    const std::size_t line = std::min(text.find('\n'), text.size() - 1) + 1;
    if (!headers.take(text.substr(0, line))) break;
    taken += line;
    text.remove_prefix(line);
  }
  require(taken <= io::most_header_bytes);
  for (const std::string* validator : {&headers.etag, &headers.last_modified}) {
    require(validator->size() <= io::longest_validator && is_plain(*validator));
  }
  const io::Request whole{.path = "x", .at_most = 100};
  const io::Request range{.path = "x", .at_most = 100, .offset = 5, .length = 10};
  for (const io::Request* request : {&whole, &range}) {
    const auto refusal = io::judge_headers(headers, *request);
    if (refusal)
      require(!refusal->why.empty() && refusal->status != io::Response::Status::ok);
    else if (request == &range)
      require(headers.status == 206 && headers.content_range && headers.content_range->first == 5 &&
              headers.content_range->last == 14);
  }
}

/// libcurl gets only what a manifest or a card may say.
void read_url(std::string_view text) {
  if (why_not_a_url(text)) return;
  const auto parsed = io::parse_base_url(std::string(text));
  if (const auto* bad = std::get_if<io::BadUrl>(&parsed)) return require(!bad->why.empty());
  const auto& url = std::get<io::BaseUrl>(parsed);
  require(url.scheme == "https" || url.scheme == "http" || url.scheme == "file");
  require(url.text.ends_with('/') && is_plain(url.text));
}

/// The first line is the pattern, the rest the text.
void match(std::string_view text) {
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return;
  const std::string_view pattern = text.substr(0, line);
  static_cast<void>(glob_fault(pattern));
  static_cast<void>(glob_matches(pattern, text.substr(line + 1)));
  static_cast<void>(path_glob_matches(pattern, text.substr(line + 1)));
  require(glob_matches("*", text));
}

template <class Parse, class Write>
void read_and_write(std::string_view text, Parse&& parse, Write&& write) {
  const auto parsed = parse(text);
  if (parsed) require(parse(write(*parsed)).has_value());
}

/// The first two bytes of the rest are how much may come out.
void unpack(std::string_view text) {
  if (text.size() < 2) return;
  const std::uint64_t plain = static_cast<unsigned char>(text[0]) * 256U + static_cast<unsigned char>(text[1]);
  std::string unpacked;
  try {
    transfer::unpack_segment(text.substr(2), plain, unpacked);
    require(unpacked.size() == plain);
  } catch (const Error& error) { require(error.fault() == Fault::untrusted); }
}

/// A plan that is taken is written and read again as the same.
void read_plan(std::string_view text) {
  const auto read = show::parse_plan_document(text);
  if (const auto* refused = std::get_if<show::NotAPlan>(&read)) return require(!refused->why.empty() && is_plain(refused->why));
  const auto& document = std::get<show::PlanDocument>(read);
  if (!document.basis) return;
  const auto again = show::parse_plan_document(show::write_plan_document(document.plan, *document.basis));
  require(std::get<show::PlanDocument>(again).plan.actions == document.plan.actions);
  require(std::get<show::PlanDocument>(again).basis == document.basis);
}

/// With the right digest, so that what stands behind it is reached.
std::string with_digest(std::string_view text) {
  text = text.substr(0, text.rfind(",\n\"digest\":"));
  return std::string(text) + ",\n\"digest\":\"" + io::sha256(text).text() + "\"}\n";
}

/// In pieces: what a decoder keeps between them must not matter. A tar is taken only if every member is what a name may be.
void decode(std::string_view text) {
  std::uint64_t members = 0;
  std::uint64_t bytes = 0;
  const auto run = [&](std::size_t piece) {
    members = bytes = 0;
    transfer::TarDecoder decoder({.member = [&](const transfer::TarMember&, std::size_t) { ++members; },
                                  .content = [&](std::string_view some) { bytes += some.size(); }});
    try {
      for (std::size_t at = 0; at < text.size(); at += piece) decoder.write(text.substr(at, piece));
      decoder.finish();
      return true;
    } catch (const Error& error) {
      require(error.fault() == Fault::untrusted);
      return false;
    }
  };
  const bool whole = run(text.size() + 1);
  const std::uint64_t members_of_whole = members;
  const std::uint64_t bytes_of_whole = bytes;
  require(bytes_of_whole <= text.size());
  require(run(333) == whole);
  require(!whole || (members == members_of_whole && bytes == bytes_of_whole));
}

/// With the sums of its headers made right, so that what they say is reached.
std::string summed(std::string tar) {
  for (std::size_t at = 0; at + transfer::tar_block <= tar.size(); at += transfer::tar_block) {
    if (tar.compare(at + 257, 5, "ustar") != 0) continue;
    tar.replace(at + 148, 8, 8, ' ');
    unsigned sum = 0;
    for (std::size_t i = 0; i < transfer::tar_block; ++i) sum += static_cast<unsigned char>(tar[at + i]);
    std::string digits = "000000";
    for (std::size_t i = digits.size(); i-- > 0; sum /= 8) digits[i] = static_cast<char>('0' + sum % 8);
    tar.replace(at + 148, 8, digits + std::string("\0 ", 2));
  }
  return tar;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'h': read_headers(text); return 0;
    case 'u': read_url(text); return 0;
    case 'g': match(text); return 0;
    case 'p': require(is_plain(io::printable(std::string(text)))); return 0;
    case 'f': read_and_write(text, io::parse_floor, io::write_floor); return 0;
    case 'c': read_and_write(text, io::parse_cached_head, io::write_cached_head); return 0;
    case 's': read_and_write(text, io::parse_settled, io::write_settled); return 0;
    case 'z': unpack(text); return 0;
    case 't': decode(text); return 0;
    case 'P': read_plan(text); return 0;
    case 'D': read_plan(with_digest(text)); return 0;
    case 'T': decode(summed(std::string(text))); return 0;
    default: return -1;  // not worth keeping
  }
}
