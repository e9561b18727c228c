// An image whose plain bytes come, packed into staging: it becomes an object of the store, or goes.
#pragma once

#include <string_view>

#include "reconciler/store/plain_reader.hpp"
#include "reconciler/store/staged_file.hpp"
#include "reconciler/transfer/pack.hpp"

namespace ingot::store {

class StagedImage {
 public:
  /// Packs on so many threads.
  StagedImage(io::Files& files, const std::string& staging_folder, int threads);

  void write(std::string_view plain) { packer_.write(plain); }
  /// Durable. Nothing more may be written. Error{local}.
  const transfer::PackedResult& finish(mode_t mode);

  /// After finish(): any range of it, as long as it lives.
  PlainReader reader() const { return {files_, staged_.path(), result_.table}; }
  StagedFile& file() { return staged_; }

 private:
  io::Files& files_;
  StagedFile staged_;
  transfer::Packer packer_;
  transfer::PackedResult result_;
};

}  // namespace ingot::store
