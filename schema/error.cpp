#include "schema/error.hpp"

#include <array>

namespace ingot {

namespace {

constexpr std::array<std::pair<Fault, std::string_view>, 12> fault_words{{
    {Fault::internal, "internal"},
    {Fault::incomplete, "incomplete"},
    {Fault::untrusted, "untrusted"},
    {Fault::busy, "busy"},
    {Fault::local, "local"},
    {Fault::refused, "refused"},
    {Fault::stale, "stale"},
    {Fault::approval, "approval"},
    {Fault::usage, "usage"},
    {Fault::manifest, "manifest"},
    {Fault::interrupted, "interrupted"},
    {Fault::terminated, "terminated"},
}};
static_assert(fault_words.size() == static_cast<std::size_t>(Fault::terminated) + 1);

}  // namespace

Error::Error(Fault fault, std::string text, std::string mend)
    : fault_(fault), text_(std::move(text)), mend_(std::move(mend)), what_(text_) {}

std::string_view text_of(Fault fault) {
  for (const auto& [value, word] : fault_words) {
    if (value == fault) return word;
  }
  return "internal";
}

std::optional<Fault> parse_fault(std::string_view text) {
  for (const auto& [value, word] : fault_words) {
    if (word == text) return value;
  }
  return std::nullopt;
}

std::string_view text_of_code(const Error& error) {
  return error.code() == Code::none ? text_of(error.fault()) : text_of(error.code());
}

Error& Error::with_code(Code code) {
  code_ = code;
  return *this;
}

Error& Error::about(std::string subject) {
  subject_ = std::move(subject);
  return *this;
}

void Error::add_context(std::string doing) {
  what_ = "while " + doing + ": " + what_;
  doing_.insert(doing_.begin(), std::move(doing));
}

}  // namespace ingot
