// An image whose plain bytes come, packed into staging: it becomes an object of the store, or goes.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "reconciler/store/plain_reader.hpp"
#include "reconciler/store/staged_file.hpp"
#include "reconciler/transfer/pack.hpp"

namespace ingot::store {

class StagedImage {
 public:
  /// Packs on so many threads.
  StagedImage(io::Files& files, const std::string& staging_folder, int threads);

  void write(std::string_view plain) { packer_.write(plain); }
  /// Nothing more may be written. Not durable. Error{local}.
  const transfer::PackedResult& finish();

  /// After finish(): any range of it, as long as it lives.
  PlainReader reader() const { return {files_, staged_->path(), result_.table}; }
  const StagedFile& file() const { return *staged_; }
  /// After finish(): the file alone.
  std::unique_ptr<StagedFile> take_file() { return std::move(staged_); }

 private:
  io::Files& files_;
  std::unique_ptr<StagedFile> staged_;
  transfer::Packer packer_;
  transfer::PackedResult result_;
};

}  // namespace ingot::store
