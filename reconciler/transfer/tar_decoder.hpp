// Reads a canonical tar as it streams by. Accepts only the very bytes that the writer would have written: whatever a
// header says, it is written anew from what was understood and compared.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/transfer/tar_member.hpp"

namespace ingot::transfer {

struct TarEvents {
  /// `depth`: how many folders, from the root on, hold this member; folders beyond it are complete.
  std::function<void(const TarMember& member, std::size_t depth)> member;
  std::function<void(std::string_view bytes)> content;  ///< of the file given last, in order
};

class TarDecoder {
 public:
  explicit TarDecoder(TarEvents events) : events_(std::move(events)) {}
  /// Error{untrusted}: the bytes are no canonical tar. What was given before that is no promise of anything.
  void write(std::string_view bytes);
  /// Error{untrusted} unless the archive was complete.
  void finish() const;

 private:
  enum class At { header, records, content, padding, end, done };
  void gathered();
  void header_block();
  void records_block();
  void begin_member(const std::string& header);
  void check_place(const TarMember& member);
  [[noreturn]] void refuse(const std::string& why) const;

  TarEvents events_;
  At at_ = At::header;
  std::string pending_;             ///< of the block or the records that are being gathered
  std::string extended_;            ///< the extended header's block and records, raw
  std::size_t wanted_ = tar_block;  ///< bytes that `pending_` needs
  std::uint64_t content_left_ = 0;
  std::size_t padding_left_ = 0;
  std::string last_path_;
  std::vector<std::string> folders_;  ///< the open ones, from the root on
};

}  // namespace ingot::transfer
