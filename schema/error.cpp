#include "schema/error.hpp"

namespace ingot {

Error::Error(Fault fault, std::string text, std::string mend)
    : fault_(fault), text_(std::move(text)), mend_(std::move(mend)), what_(text_) {}

std::string_view text_of(Fault fault) {
  switch (fault) {
    case Fault::internal: return "internal";
    case Fault::incomplete: return "incomplete";
    case Fault::untrusted: return "untrusted";
    case Fault::busy: return "busy";
    case Fault::local: return "local";
    case Fault::refused: return "refused";
    case Fault::stale: return "stale";
    case Fault::approval: return "approval";
    case Fault::usage: return "usage";
    case Fault::manifest: return "manifest";
    case Fault::interrupted: return "interrupted";
    case Fault::terminated: return "terminated";
  }
  return "internal";
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
