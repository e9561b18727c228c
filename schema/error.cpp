#include "schema/error.hpp"

namespace ingot {

Error::Error(Fault fault, std::string text, std::string mend)
    : fault_(fault), text_(std::move(text)), mend_(std::move(mend)), what_(text_) {}

void Error::add_context(std::string doing) {
  what_ = "while " + doing + ": " + what_;
  doing_.insert(doing_.begin(), std::move(doing));
}

}  // namespace ingot
