#include <cerrno>
#include <utility>

#include <unistd.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/transfer/beside.hpp"
#include "reconciler/transfer/restore.hpp"
#include "reconciler/transfer/sparse_writer.hpp"

namespace ingot::transfer {

struct FileRestorer::Impl {
  Impl(const std::string& destination, RestoreOptions how)
      : beside(destination, ImageKind::file, how.allowed),
        writer(beside.made().get(), beside.destination(), how.sparse ? Zeros::holes : Zeros::written),
        options(std::move(how)) {}
  Beside beside;
  SparseWriter writer;
  RestoreOptions options;
};

FileRestorer::FileRestorer(const std::string& destination, RestoreOptions options)
    : impl_(std::make_unique<Impl>(destination, std::move(options))) {}
FileRestorer::~FileRestorer() = default;

void FileRestorer::write(std::string_view bytes) {
  io::throw_if_interrupted();
  impl_->writer.write(bytes);
}

LeftOut FileRestorer::commit() {
  const std::string& path = impl_->beside.destination();
  impl_->writer.finish();
  if (impl_->options.before_name) impl_->options.before_name(impl_->beside.made_path());
  if (fsync(impl_->beside.made().get()) != 0) fail_locally("sync", path, errno);
  if (const int error = impl_->beside.made().close(); error != 0) fail_locally("write", path, error);
  impl_->beside.commit();
  return {};
}

}  // namespace ingot::transfer
