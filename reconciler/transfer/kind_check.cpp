#include "reconciler/transfer/kind_check.hpp"

#include <fmt/format.h>

#include "schema/error.hpp"

namespace ingot::transfer {

namespace {

std::string no_tree(const Error& error) {
  return fmt::format("the catalog lists a tree, but the bytes are no canonical tar: {}", error.text());
}

}  // namespace

KindCheck::KindCheck(ImageKind kind) {
  if (kind == ImageKind::tree)
    decoder_.emplace(TarEvents{.member = [](const TarMember&, std::size_t) {}, .content = [](std::string_view) {}});
}

void KindCheck::write(std::string_view plain) {
  if (!decoder_) return;
  try {
    decoder_->write(plain);
  } catch (const Error& error) {
    if (error.fault() != Fault::untrusted) throw;
    why_ = no_tree(error);
    decoder_.reset();
  }
}

std::string KindCheck::finish() {
  if (!decoder_) return why_;
  try {
    decoder_->finish();
  } catch (const Error& error) {
    if (error.fault() != Fault::untrusted) throw;
    why_ = no_tree(error);
  }
  return why_;
}

}  // namespace ingot::transfer
