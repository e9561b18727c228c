#include "reconciler/io/git/message.hpp"

namespace ingot::io {

namespace {

struct ErrorParts {
  std::string fault, code, text, mend, subject;
};
auto fields(ErrorParts& parts, InMessages) { return std::tie(parts.fault, parts.code, parts.text, parts.mend, parts.subject); }

}  // namespace

std::string error_message(const Error& error) {
  MessageWriter writer;
  writer.put(ErrorParts{.fault = std::string(text_of(error.fault())),
                        .code = std::string(text_of(error.code())),
                        .text = error.text(),
                        .mend = error.mend(),
                        .subject = error.subject()});
  return std::move(writer).bytes();
}

Error error_in(std::string_view bytes) {
  auto parts = MessageReader(bytes).take<ErrorParts>();
  const auto fault = parse_fault(parts.fault);
  const auto code = parse_code(parts.code);
  if (!fault || !code) throw MalformedMessage();
  return Error(*fault, std::move(parts.text), std::move(parts.mend)).with_code(*code).about(std::move(parts.subject));
}

}  // namespace ingot::io
