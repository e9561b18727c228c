// The members of a source that cannot be taken, gathered so that a person sees all of them in one go.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ingot::transfer {

class MemberFaults {
 public:
  /// `path` as in the tar ("./a/b"); `why` ends the sentence: "is a socket".
  void add(const std::string& path, const std::string& why);
  bool empty() const { return count_ == 0; }
  /// Error{incomplete} that names the first 50 and counts the rest, if there are any.
  void throw_if_any(const std::string& source) const;

 private:
  std::vector<std::string> first_;
  std::uint64_t count_ = 0;
};

}  // namespace ingot::transfer
