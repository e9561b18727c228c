#include "reconciler/transfer/member_faults.hpp"

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::transfer {

namespace {
constexpr std::size_t most_named = 50;
}

void MemberFaults::add(const std::string& path, const std::string& why) {
  ++count_;
  if (first_.size() < most_named) first_.push_back(fmt::format("\"{}\" {}", io::printable(path), why));
}

void MemberFaults::throw_if_any(const std::string& source) const {
  if (count_ == 0) return;
  std::string text = fmt::format("the source \"{}\" cannot be taken: {}", io::printable(source), fmt::join(first_, "; "));
  if (count_ > first_.size()) text += fmt::format("; and {} more", count_ - first_.size());
  throw Error(Fault::incomplete, text, "mend or exclude these members, then run it again")
      .with_code(Code::source_unfit)
      .about(source);
}

}  // namespace ingot::transfer
