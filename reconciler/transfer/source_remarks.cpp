#include "reconciler/transfer/source_remarks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"

namespace ingot::transfer {

namespace {

std::string names_of(const std::set<std::string>& paths) {
  constexpr std::size_t most_named = 10;
  std::string text;
  std::size_t named = 0;
  for (const std::string& path : paths) {
    if (named++ == most_named) return text + fmt::format(", and {} more", paths.size() - most_named);
    text += fmt::format("{}\"{}\"", named == 1 ? "" : ", ", io::printable(path));
  }
  return text;
}

}  // namespace

std::vector<std::string> SourceRemarks::texts() const {
  std::vector<std::string> texts;
  if (!mounts.empty()) {
    texts.push_back(
        fmt::format("other mounts or subvolumes at {} were left out; cross_mounts = true takes them", names_of(mounts)));
  }
  if (!private_keys.empty()) {
    texts.push_back(
        fmt::format("private keys are in {}; exclude them unless whoever gets the image may have them", names_of(private_keys)));
  }
  if (!attributes.empty()) {
    std::string kinds;
    for (const auto& [kind, members] : attributes)
      kinds +=
          fmt::format("{}{} of {} member{}", kinds.empty() ? "" : ", ", io::printable(kind), members, members == 1 ? "" : "s");
    texts.push_back(fmt::format("extended attributes that an image does not keep: {}", kinds));
  }
  return texts;
}

bool begins_as_private_key(std::string_view bytes) {
  constexpr std::size_t far_enough = 16 * 1024;
  constexpr std::string_view begin = "-----BEGIN ";
  constexpr std::string_view end = "PRIVATE KEY-----";
  bytes = bytes.substr(0, far_enough);
  if (bytes.starts_with("PuTTY-User-Key-File-")) return true;
  for (std::size_t at = bytes.find(begin); at != std::string_view::npos; at = bytes.find(begin, at + 1)) {
    const std::string_view line = bytes.substr(at, std::min(bytes.find_first_of("\r\n", at), bytes.size()) - at);
    if (line.ends_with(end) && (at == 0 || bytes[at - 1] == '\n')) return true;
  }
  return false;
}

}  // namespace ingot::transfer
