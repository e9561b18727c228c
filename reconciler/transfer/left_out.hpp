// What an extracted image lost, because this user or this file system cannot keep it: counted by kind, and named.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::transfer {

enum class Property { owner, set_id, capability, acl, mode, time };
inline constexpr std::size_t property_count = 6;

class LeftOut {
 public:
  struct Member {
    std::string path;  ///< as in the tar: "./bin/su"
    Property property;
  };

  void add(Property property, const std::string& path);
  std::uint64_t count(Property property) const { return counts_[static_cast<std::size_t>(property)]; }
  /// Of all properties but owners: only root may give those, so their loss is no fault.
  std::uint64_t total_but_owners() const;
  /// The first 50, without those that lost their owner alone.
  const std::vector<Member>& first() const { return first_; }
  /// "set-id bits of 2, capability of 1: \"./bin/su\" (set-id bits), …; and 3 more". For total_but_owners() > 0.
  std::string text() const;

 private:
  std::array<std::uint64_t, property_count> counts_{};
  std::vector<Member> first_;
};

/// "set-id bits", "capability" …
std::string_view text_of(Property property);

}  // namespace ingot::transfer
