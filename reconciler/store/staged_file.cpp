#include "reconciler/store/staged_file.hpp"

#include <atomic>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "reconciler/io/random_hex.hpp"
#include "schema/error.hpp"

namespace ingot::store {

namespace {

constexpr mode_t private_mode = 0600;
constexpr std::uint64_t write_back_step = 32 * 1024 * 1024;

constexpr std::string_view prefix = "new-";

/// Marks this process's files.
const std::string& own_prefix() {
  static const std::string text = fmt::format("{}{}-", prefix, io::random_hex());
  return text;
}

std::string next_name() {
  static std::atomic<std::uint64_t> number = 0;
  return fmt::format("{}{}", own_prefix(), ++number);
}

}  // namespace

StagedFile::StagedFile(io::Files& files, const std::string& staging_folder)
    : files_(files), path_(staging_folder + "/" + next_name()), file_(files.open(path_, io::OpenFor::create_new, private_mode)) {}

StagedFile::StagedFile(io::Files& files, std::string path, std::unique_ptr<io::File> open)
    : files_(files), path_(std::move(path)), file_(std::move(open)), stays_(true) {}

bool StagedFile::is_left_over(const std::string& name) { return name.starts_with(prefix) && !name.starts_with(own_prefix()); }

StagedFile::~StagedFile() {
  if (path_.empty()) return;
  file_.reset();
  if (stays_) return;
  try {
    files_.remove(path_);
  } catch (const Error&) {  // the next run clears it
  }
}

void StagedFile::write(std::string_view bytes) {
  file_->write_all(bytes);
  written_ += bytes.size();
  if (written_ - handed_to_disk_ < write_back_step) return;
  file_->start_writeback(handed_to_disk_, written_ - handed_to_disk_);
  handed_to_disk_ = written_;
}

void StagedFile::end(mode_t mode) {
  file_->set_mode(mode);
  if (written_ > handed_to_disk_) file_->start_writeback(handed_to_disk_, written_ - handed_to_disk_);
  handed_to_disk_ = written_;
}

void StagedFile::write_out() {
  const bool stays = std::exchange(stays_, false);
  file_->write_out();
  stays_ = stays;
}

void StagedFile::sync() {
  const bool stays = std::exchange(stays_, false);
  file_->sync();
  stays_ = stays;
}

void StagedFile::close() {
  const bool stays = std::exchange(stays_, false);
  file_->close();
  stays_ = stays;
}

void StagedFile::finish(mode_t mode, std::optional<Time> mtime) {
  file_->set_mode(mode);
  if (mtime) file_->set_mtime(*mtime);
  sync();
  close();
}

}  // namespace ingot::store
