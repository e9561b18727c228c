// Whether an image's plain bytes are of the kind that its catalog says. A digest says nothing of it: what an object is belongs
// to the image that was signed, and one digest may be listed as a file and as a tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reconciler/transfer/tar_decoder.hpp"
#include "schema/image.hpp"

namespace ingot::transfer {

class KindCheck {
 public:
  explicit KindCheck(ImageKind kind);
  /// The plain bytes in order.
  void write(std::string_view plain);
  /// Why they are not of that kind, as a sentence; "": they are. Any bytes are a file.
  std::string finish();

 private:
  std::optional<TarDecoder> decoder_;  ///< of a tree, as long as nothing is wrong
  std::string why_;
};

}  // namespace ingot::transfer
