#include "reconciler/delta/tree_parts.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "reconciler/io/hash.hpp"
#include "reconciler/transfer/tar_decoder.hpp"

namespace ingot::delta {

namespace {

constexpr std::size_t stride = 1024 * 1024;
/// Comparisons of paths where names say nothing.
constexpr std::uint64_t most_comparisons = 20'000'000;
/// Members of a shape that are looked at for one.
constexpr std::size_t most_of_a_shape = 256;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The text with each run of digits as one "#": of another version it has the same shape.
std::string shape_of(std::string_view text) {
  std::string shape;
  for (const char c : text) {
    if (!is_digit(c))
      shape += c;
    else if (shape.empty() || shape.back() != '#')
      shape += '#';
  }
  return shape;
}

std::string_view name_of(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

std::size_t common_ends(std::string_view a, std::string_view b) {
  const auto front = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  const auto back = static_cast<std::size_t>(std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first - a.rbegin());
  return front + back;
}

std::uint64_t distance(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

class Pairing {
 public:
  explicit Pairing(const std::vector<Part>& base) : base_(base) {
    for (std::size_t i = 0; i < base.size(); ++i) {
      const Part& part = base[i];
      by_path_.emplace(part.path, i);
      if (part.size > 0) by_digest_[part.digest].push_back(i);
      if (part.size == 0) continue;
      by_shape_[shape_of(part.path)].push_back(i);
      by_name_[shape_of(name_of(part.path))].push_back(i);
    }
  }

  std::optional<std::size_t> like(const Part& part) {
    const auto same_path = by_path_.find(part.path);
    if (part.size == 0) return same_path == by_path_.end() ? std::nullopt : std::optional(same_path->second);
    if (same_path != by_path_.end() && base_[same_path->second].digest == part.digest) return same_path->second;
    if (const auto same = by_digest_.find(part.digest); same != by_digest_.end()) return best_of(same->second, part);
    if (same_path != by_path_.end() && base_[same_path->second].size > 0) return same_path->second;
    if (const auto same = by_shape_.find(shape_of(part.path)); same != by_shape_.end()) return best_of(same->second, part);
    if (const auto same = by_name_.find(shape_of(name_of(part.path))); same != by_name_.end()) return best_of(same->second, part);
    return best_of_all(part);
  }

 private:
  /// Whether `a` is more like the part than `b`.
  bool is_better(std::size_t a, std::size_t b, const Part& part) const {
    const std::size_t a_common = common_ends(base_[a].path, part.path);
    const std::size_t b_common = common_ends(base_[b].path, part.path);
    if (a_common != b_common) return a_common > b_common;
    return distance(base_[a].size, part.size) < distance(base_[b].size, part.size);
  }

  std::size_t best_of(const std::vector<std::size_t>& among, const Part& part) const {
    std::size_t best = among.front();
    for (std::size_t i = 1; i < std::min(among.size(), most_of_a_shape); ++i)
      if (is_better(among[i], best, part)) best = among[i];
    return best;
  }

  /// Of all members of about this size one whose path is mostly the same.
  std::optional<std::size_t> best_of_all(const Part& part) {
    if (comparisons_ + base_.size() > most_comparisons) return std::nullopt;
    comparisons_ += base_.size();
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < base_.size(); ++i) {
      const Part& other = base_[i];
      if (other.size == 0 || other.size / 4 > part.size || part.size / 4 > other.size) continue;
      if (common_ends(name_of(other.path), name_of(part.path)) * 2 < name_of(part.path).size()) continue;
      if (!best || is_better(i, *best, part)) best = i;
    }
    return best;
  }

  const std::vector<Part>& base_;
  std::unordered_map<std::string_view, std::size_t> by_path_;
  std::unordered_map<Digest, std::vector<std::size_t>> by_digest_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_shape_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
  std::uint64_t comparisons_ = 0;
};

}  // namespace

std::optional<std::vector<Part>> read_parts(const Image& tree, const ReadAt& read, std::uint64_t most) {
  std::vector<Part> parts;
  std::uint64_t taken = 0;
  io::Sha256 hash;
  const auto close = [&] {
    if (!parts.empty() && parts.back().size > 0) parts.back().digest = hash.finish();
  };
  std::uint64_t at = 0;
  transfer::TarDecoder decoder({.member =
                                    [&](const transfer::TarMember& member, std::size_t) {
                                      close();
                                      Part part{.path = member.path, .begin = at, .size = member.size};
                                      part.content = at + transfer::encode_member(member).size();
                                      at = part.content + part.size + transfer::tar_padding(part.size);
                                      part.end = at;
                                      taken += sizeof(Part) + part.path.size();
                                      if (taken <= most) parts.push_back(std::move(part));
                                    },
                                .content = [&](std::string_view bytes) { hash.update(bytes); }});
  std::string buffer;
  for (std::uint64_t done = 0; done < tree.size; done += buffer.size()) {
    buffer.resize(std::min<std::uint64_t>(stride, tree.size - done));
    read(done, buffer);
    decoder.write(buffer);
    if (taken > most) return std::nullopt;
  }
  decoder.finish();
  close();
  parts.push_back({.path = "", .begin = at, .content = tree.size, .size = 0, .end = tree.size});
  return parts;
}

std::vector<std::optional<std::size_t>> pair_parts(const std::vector<Part>& base, const std::vector<Part>& result) {
  Pairing pairing(base);
  std::vector<std::optional<std::size_t>> pairs;
  pairs.reserve(result.size());
  for (const Part& part : result) pairs.push_back(pairing.like(part));
  return pairs;
}

}  // namespace ingot::delta
