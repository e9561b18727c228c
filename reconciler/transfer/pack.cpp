// An image of one segment is packed by the caller. A longer one makes a line of segments between threads: the caller fills the
// last, one thread hashes the plain bytes in order, workers compress whichever is next, one thread writes the packed bytes in
// order and hashes them.
#include "reconciler/transfer/pack.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <zstd.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/threads.hpp"
#include "reconciler/transfer/zstd_context.hpp"
#include "schema/error.hpp"

namespace ingot::transfer {

namespace {

constexpr int level = 3;
constexpr unsigned largest_window_log = 23;

/// One independent frame after the other, each with its plain length and without a checksum of its own: the digests
/// are stronger.
class Compressor {
 public:
  Compressor() : context_(ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_contentSizeFlag, 1);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 0);
  }

  void compress(std::string_view plain, std::string& packed) {
    packed.resize(ZSTD_compressBound(plain.size()));
    const std::size_t length = ZSTD_compress2(context_.get(), packed.data(), packed.size(), plain.data(), plain.size());
    if (ZSTD_isError(length) != 0)
      throw Error(Fault::internal, fmt::format("zstd cannot compress: {}", ZSTD_getErrorName(length)));
    packed.resize(length);
  }

 private:
  ZstdCompressor context_;
};

struct Work {
  std::string plain;
  std::string packed;
  Digest digest;  ///< of packed
  bool hashed = false;
  bool compressed = false;
};

}  // namespace

struct Packer::Impl {
  Impl(int threads, std::function<void(std::string_view)> out)
      : out_(std::move(out)), workers_(threads), most_waiting_(static_cast<std::size_t>(threads) + 4) {}
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void write(std::string_view plain) {
    while (!plain.empty()) {
      const std::size_t taken = std::min(plain.size(), static_cast<std::size_t>(segment_size) - filling_->plain.size());
      filling_->plain.append(plain.substr(0, taken));
      plain.remove_prefix(taken);
      if (filling_->plain.size() < segment_size) continue;
      if (threads_.empty()) start();
      hand_over();
    }
  }

  PackedResult finish() {
    // An empty image is one empty frame; any other ends with what is left.
    if (handed_over_ == 0) return pack_the_only_one();
    if (!filling_->plain.empty()) hand_over();
    {
      std::unique_lock lock(mutex_);
      complete_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return failure_ != nullptr || line_.empty(); });
    }
    stop();
    if (failure_) std::rethrow_exception(failure_);
    result_.digest = plain_hash_.finish();
    result_.file = packed_hash_.finish();
    result_.size = result_.table.plain;
    return std::move(result_);
  }

 private:
  using Segment = std::shared_ptr<Work>;

  PackedResult pack_the_only_one() {
    Work& only = *filling_;
    thread_local Compressor compressor;  // many small images come one after the other
    compressor.compress(only.plain, only.packed);
    out_(only.packed);
    result_.digest = io::sha256(only.plain);
    result_.file = io::sha256(only.packed);
    result_.size = only.plain.size();
    result_.table = {.plain = only.plain.size(),
                     .packed = only.packed.size(),
                     .segments = {{.plain = only.plain.size(), .packed = only.packed.size(), .digest = result_.file}}};
    return std::move(result_);
  }

  /// One that compresses is enough.
  void start() {
    threads_.start([this] { guarded([this] { hash_plain(); }); });
    threads_.start([this] { guarded([this] { write_packed(); }); });
    threads_.start([this] { guarded([this] { compress(); }); });
    for (int i = 1; i < workers_ && threads_.try_start([this] { guarded([this] { compress(); }); }); ++i) {}
  }

  void hand_over() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return failure_ != nullptr || line_.size() < most_waiting_; });
    if (failure_) std::rethrow_exception(failure_);
    line_.push_back(std::move(filling_));
    ++handed_over_;
    if (spare_.empty()) {
      filling_ = std::make_shared<Work>();
      filling_->plain.reserve(segment_size);
    } else {
      filling_ = std::move(spare_.back());
      spare_.pop_back();
    }
    changed_.notify_all();
  }

  /// The `index`-th segment of all, once it is there; null at the end.
  Segment wait_for(const std::uint64_t& index, std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [&] { return is_over(index) || index < handed_over_; });
    return is_over(index) ? nullptr : line_[index - (handed_over_ - line_.size())];
  }
  bool is_over(std::uint64_t index) const { return stopping_ || failure_ != nullptr || (complete_ && index >= handed_over_); }

  void hash_plain() {
    for (std::uint64_t index = 0;; ++index) {
      std::unique_lock lock(mutex_);
      const Segment segment = wait_for(index, lock);
      if (!segment) return;
      lock.unlock();
      plain_hash_.update(segment->plain);
      lock.lock();
      segment->hashed = true;
      changed_.notify_all();
    }
  }

  void compress() {
    Compressor compressor;
    while (true) {
      std::unique_lock lock(mutex_);
      const Segment segment = wait_for(next_to_compress_, lock);
      if (!segment) return;
      ++next_to_compress_;
      lock.unlock();
      compressor.compress(segment->plain, segment->packed);
      segment->digest = io::sha256(segment->packed);
      lock.lock();
      segment->compressed = true;
      changed_.notify_all();
    }
  }

  void write_packed() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || failure_ != nullptr || (!line_.empty() && line_.front()->compressed); });
      if (stopping_ || failure_) return;
      const Segment segment = line_.front();
      lock.unlock();
      out_(segment->packed);
      packed_hash_.update(segment->packed);
      lock.lock();
      changed_.wait(lock, [&] { return stopping_ || failure_ != nullptr || segment->hashed; });
      if (stopping_ || failure_) return;
      SegmentTable& table = result_.table;
      table.segments.push_back({.plain = segment->plain.size(), .packed = segment->packed.size(), .digest = segment->digest});
      table.plain += segment->plain.size();
      table.packed += segment->packed.size();
      segment->plain.clear();
      segment->hashed = segment->compressed = false;
      line_.pop_front();
      spare_.push_back(segment);
      changed_.notify_all();
    }
  }

  /// What a thread throws ends the others and comes out of the caller's next call.
  void guarded(const std::function<void()>& work) noexcept {
    try {
      work();
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      changed_.notify_all();
    }
  }

  void stop() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    threads_.join();
  }

  std::function<void(std::string_view)> out_;
  int workers_;
  std::size_t most_waiting_;
  Segment filling_ = std::make_shared<Work>();  ///< the caller's
  std::mutex mutex_;                            ///< guards what follows, to next_to_compress_
  std::condition_variable changed_;
  std::deque<Segment> line_;  ///< handed over, and not yet written
  std::vector<Segment> spare_;
  std::uint64_t handed_over_ = 0;
  std::uint64_t next_to_compress_ = 0;
  bool complete_ = false;
  bool stopping_ = false;
  std::exception_ptr failure_;
  io::Sha256 plain_hash_;   ///< of the thread that hashes, until it ends
  io::Sha256 packed_hash_;  ///< of the thread that writes, until it ends
  PackedResult result_;
  io::Threads threads_;
};

Packer::Packer(int threads, std::function<void(std::string_view packed)> out)
    : impl_(std::make_unique<Impl>(std::max(threads, 1), std::move(out))) {}
Packer::~Packer() = default;
void Packer::write(std::string_view plain) { impl_->write(plain); }
PackedResult Packer::finish() { return impl_->finish(); }

namespace {

constexpr std::uint32_t frame_magic = 0xFD2FB528;
constexpr unsigned shortest_window_log = 10;

[[noreturn]] void refuse(const std::string& why) { throw Error(Fault::untrusted, "a packed segment " + why); }

/// RFC 8878, 3.1.1.1: bit 5 of the descriptor says that there is no window beyond the content; else a byte says how large.
bool wants_large_window(std::string_view packed) {
  const auto descriptor = static_cast<unsigned char>(packed[4]);
  if ((descriptor & 0x20U) != 0) return false;
  const unsigned log = shortest_window_log + (static_cast<unsigned char>(packed[5]) >> 3U);
  const bool beyond_power = (static_cast<unsigned char>(packed[5]) & 7U) != 0;
  return log > largest_window_log || (log == largest_window_log && beyond_power);
}

bool is_frame(std::string_view packed) {
  if (packed.size() < 6) return false;
  std::uint32_t magic = 0;
  for (std::size_t i = 4; i-- > 0;) magic = magic << 8U | static_cast<unsigned char>(packed[i]);
  return magic == frame_magic;
}

}  // namespace

void unpack_segment(std::string_view packed, std::uint64_t plain, std::string& into) {
  if (!is_frame(packed)) refuse("is no zstd frame");
  if (wants_large_window(packed)) refuse("wants a window larger than 8 MiB");
  if (plain > segment_size || ZSTD_getFrameContentSize(packed.data(), packed.size()) != plain)
    refuse(fmt::format("does not hold the {} bytes that its table says", plain));
  if (ZSTD_findFrameCompressedSize(packed.data(), packed.size()) != packed.size()) refuse("is not exactly one zstd frame");
  const ZstdDecompressor context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  into.resize(plain);
  const std::size_t length = ZSTD_decompressDCtx(context.get(), into.data(), into.size(), packed.data(), packed.size());
  if (ZSTD_isError(length) != 0) refuse(fmt::format("cannot be unpacked: {}", ZSTD_getErrorName(length)));
  if (length != plain) refuse(fmt::format("holds {} bytes, not the {} that its table says", length, plain));
}

std::string zstd_version() { return ZSTD_versionString(); }

}  // namespace ingot::transfer
