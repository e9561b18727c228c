// Images in memory, made into deltas and applied again.
#pragma once

#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/delta/decoder.hpp"
#include "reconciler/delta/encoder.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/transfer/tar_member.hpp"

namespace ingot::delta_testing {

inline delta::ReadAt reader(std::string_view bytes) {
  return [bytes](std::uint64_t offset, std::span<char> into) {
    if (offset > bytes.size() || into.size() > bytes.size() - offset) throw std::out_of_range("a read outside the image");
    std::memcpy(into.data(), bytes.data() + offset, into.size());
  };
}

inline delta::Image image_of(std::string_view bytes, ImageKind kind = ImageKind::file) {
  return {.digest = io::sha256(bytes), .size = bytes.size(), .kind = kind};
}

inline std::string make(std::string_view base, std::string_view result, int threads = 1, ImageKind kind = ImageKind::file) {
  std::string made;
  const std::uint64_t length = delta::make_delta({image_of(base, kind), reader(base)}, {image_of(result, kind), reader(result)},
                                                 {.threads = threads}, [&](std::string_view bytes) { made += bytes; });
  if (length != made.size()) throw std::logic_error("make_delta gave another length than it wrote");
  return made;
}

/// Throws what the decoder throws.
inline std::string apply_delta(std::string_view base, std::string_view delta, std::size_t piece = 1000) {
  std::string result;
  delta::Decoder decoder(
      {.begin = [](const delta::Header&) {}, .base = reader(base), .result = [&](std::string_view bytes) { result += bytes; }});
  for (std::size_t at = 0; at < delta.size(); at += piece) decoder.write(delta.substr(at, piece));
  decoder.finish();
  return result;
}

inline std::string noise(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

inline transfer::TarMember member_named(const std::string& path, transfer::MemberKind kind, std::uint64_t size = 0) {
  transfer::TarMember member;
  member.path = path;
  member.kind = kind;
  member.size = size;
  return member;
}
inline transfer::TarMember folder_named(const std::string& path) { return member_named(path, transfer::MemberKind::folder); }

/// A canonical tar of the files given: path and content.
inline std::string tar_of(const std::vector<std::pair<std::string, std::string>>& files, std::int64_t mtime = 1) {
  std::string tar;
  const auto add = [&](transfer::TarMember member, const std::string& content) {
    member.mtime = mtime;
    member.mode = 0644;
    tar += transfer::encode_member(member) + content + std::string(transfer::tar_padding(content.size()), '\0');
  };
  add(folder_named("./"), "");
  std::string folder;
  for (const auto& [path, content] : files) {
    for (std::size_t slash = path.find('/', 2); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      if (folder.starts_with(path.substr(0, slash + 1))) continue;
      folder = path.substr(0, slash + 1);
      add(folder_named(folder), "");
    }
    add(member_named(path, transfer::MemberKind::file, content.size()), content);
  }
  return tar + std::string(transfer::tar_end, '\0');
}

}  // namespace ingot::delta_testing
