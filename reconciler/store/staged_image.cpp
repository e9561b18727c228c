#include "reconciler/store/staged_image.hpp"

namespace ingot::store {

StagedImage::StagedImage(io::Files& files, const std::string& staging_folder, int threads)
    : files_(files),
      staged_(std::make_unique<StagedFile>(files, staging_folder)),
      packer_(threads, [this](std::string_view packed) { staged_->write(packed); }) {}

const transfer::PackedResult& StagedImage::finish() {
  result_ = packer_.finish();
  return result_;
}

}  // namespace ingot::store
