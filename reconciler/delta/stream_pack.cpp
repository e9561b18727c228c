#include "reconciler/delta/stream_pack.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <new>

#include <fmt/format.h>
#include <zstd.h>

#include "reconciler/delta/format.hpp"
#include "reconciler/transfer/zstd_context.hpp"
#include "schema/error.hpp"

namespace ingot::delta {

namespace {

struct Effort {
  std::uint64_t until;  ///< plain bytes of the stream
  int level;
};
constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::array<Effort, 3> efforts{{{64 * mib, 19}, {256 * mib, 12}, {UINT64_MAX, 5}}};
/// Smaller tables than the level's own: four streams are packed side by side.
struct Tables {
  int window_log;
  int chain_log;
  int hash_log;
};
constexpr Tables large_tables{.window_log = static_cast<int>(window_log), .chain_log = 23, .hash_log = 21};
constexpr Tables small_tables{.window_log = static_cast<int>(window_log), .chain_log = 22, .hash_log = 20};
constexpr int smallest_log = 10;

/// What a fast try cannot make a hundredth smaller: packed files, media, what is encrypted. A slow level would take a second for
/// three megabytes of it and gain nothing. Of fewer bytes nothing can be told.
constexpr int fast_level = 1;
constexpr std::size_t fewest_tried = 4096;
/// After so many blocks of it in a row the frame ends: each block of it that follows is a frame of its own at the fast level.
/// Fewer blocks stay in the frame, because what comes after them gains from what came before.
constexpr int dense_in_a_row = 2;

void check(std::size_t result) {
  if (ZSTD_isError(result) != 0) throw Error(Fault::internal, fmt::format("zstd cannot compress: {}", ZSTD_getErrorName(result)));
}

}  // namespace

struct StreamPacker::Impl {
  Tables tables{};
  transfer::ZstdCompressor context{};
  std::uint64_t done = 0;
  int level = 0;  ///< of the frame that is open; 0: none is
  int dense = 0;  ///< blocks in a row

  /// A frame of its own for each level.
  void begin(int wanted) {
    if (!context) context.reset(ZSTD_createCCtx());
    if (!context) throw std::bad_alloc();
    check(ZSTD_CCtx_reset(context.get(), ZSTD_reset_session_and_parameters));
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, wanted));
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, tables.window_log));
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_chainLog, tables.chain_log));
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_hashLog, tables.hash_log));
    check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 0));
    level = wanted;
  }

  void look_at(std::string_view plain) {
    if (plain.size() < fewest_tried) return;
    std::string tried(ZSTD_compressBound(plain.size()), '\0');
    const std::size_t length = ZSTD_compress(tried.data(), tried.size(), plain.data(), plain.size(), fast_level);
    check(length);
    dense = length >= plain.size() - plain.size() / 100 ? dense + 1 : 0;
  }

  void run(std::string_view plain, ZSTD_EndDirective how, std::string& packed) {
    ZSTD_inBuffer in{.src = plain.data(), .size = plain.size(), .pos = 0};
    std::size_t left = 0;
    do {
      const std::size_t before = packed.size();
      packed.resize(before + ZSTD_CStreamOutSize());
      ZSTD_outBuffer out{.dst = packed.data() + before, .size = packed.size() - before, .pos = 0};
      left = ZSTD_compressStream2(context.get(), &out, &in, how);
      check(left);
      packed.resize(before + out.pos);
    } while (left != 0 || in.pos < in.size);
  }
};

StreamPacker::StreamPacker(bool large, std::uint64_t result) : impl_(std::make_unique<Impl>()) {
  const int enough = std::max(smallest_log, static_cast<int>(std::bit_width(result)));
  impl_->tables = large ? large_tables : small_tables;
  for (int* const log : {&impl_->tables.window_log, &impl_->tables.chain_log, &impl_->tables.hash_log})
    *log = std::min(*log, enough);
}
StreamPacker::~StreamPacker() = default;

std::string StreamPacker::pack(std::string_view plain) {
  std::string packed;
  if (plain.empty()) return packed;
  std::size_t effort = 0;
  while (impl_->done >= efforts[effort].until) ++effort;
  impl_->look_at(plain);
  if (impl_->level == 0) impl_->begin(impl_->dense > dense_in_a_row ? fast_level : efforts[effort].level);
  impl_->done += plain.size();
  const bool ends = impl_->done >= efforts[effort].until || impl_->dense >= dense_in_a_row;
  impl_->run(plain, ends ? ZSTD_e_end : ZSTD_e_flush, packed);
  if (ends) impl_->level = 0;
  return packed;
}

struct StreamUnpacker::Impl {
  transfer::ZstdDecompressor context{ZSTD_createDCtx()};
};

StreamUnpacker::StreamUnpacker() : impl_(std::make_unique<Impl>()) {
  if (!impl_->context) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(impl_->context.get(), ZSTD_d_windowLogMax, static_cast<int>(window_log));
}
StreamUnpacker::~StreamUnpacker() = default;

void StreamUnpacker::unpack(std::string_view packed, std::uint64_t plain, std::string& into) {
  into.resize(plain + 1);  // one more: a stream that is too long shows
  ZSTD_inBuffer in{.src = packed.data(), .size = packed.size(), .pos = 0};
  ZSTD_outBuffer out{.dst = into.data(), .size = into.size(), .pos = 0};
  while (in.pos < in.size) {
    const std::size_t in_before = in.pos;
    const std::size_t out_before = out.pos;
    const std::size_t left = ZSTD_decompressStream(impl_->context.get(), &out, &in);
    if (ZSTD_isError(left) != 0) refuse_delta(fmt::format("has a stream that cannot be unpacked: {}", ZSTD_getErrorName(left)));
    if (out.pos > plain || (in.pos == in_before && out.pos == out_before))
      refuse_delta("has a stream that is longer than its block says");
    if (left == 0 && in.pos < in.size) refuse_delta("has a stream whose frame ends inside a block");
  }
  if (out.pos != plain) refuse_delta(fmt::format("has a stream of {} bytes where its block says {}", out.pos, plain));
  into.resize(plain);
}

}  // namespace ingot::delta
