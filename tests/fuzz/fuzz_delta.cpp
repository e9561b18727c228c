// Any bytes as a delta, as the streams of a delta whose frames, lengths and digests are right, and as two images.
// The first byte says as what. A delta is refused or applied within its bounds; two images always go round.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "reconciler/delta/decoder.hpp"
#include "reconciler/delta/encoder.hpp"
#include "reconciler/delta/stream_pack.hpp"
#include "reconciler/io/hash.hpp"
#include "schema/error.hpp"

namespace {

using namespace ingot;

void require(bool holds) {
  if (!holds) std::abort();
}

delta::ReadAt reader(std::string_view bytes) {
  return [bytes](std::uint64_t offset, std::span<char> into) {
    require(offset <= bytes.size() && into.size() <= bytes.size() - offset);
    std::memcpy(into.data(), bytes.data() + offset, into.size());
  };
}

const std::string& any_base() {
  static const std::string base = [] {
    std::string bytes(1000, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 % 251);
    return bytes;
  }();
  return base;
}

/// What comes out, or "refused".
std::string applied(std::string_view base, std::string_view delta, std::size_t piece) {
  std::string result;
  std::uint64_t announced = 0;
  delta::Decoder decoder({.begin =
                              [&](const delta::Header& header) {
                                announced = header.result.size;
                                if (header.base.size != base.size()) delta::refuse_delta("is of another base");
                              },
                          .base = reader(base),
                          .result =
                              [&](std::string_view bytes) {
                                result += bytes;
                                require(result.size() <= announced);
                              }});
  try {
    for (std::size_t at = 0; at < delta.size(); at += piece) decoder.write(delta.substr(at, piece));
    decoder.finish();
    require(result.size() == announced);
    return result;
  } catch (const Error& error) {
    require(error.fault() == Fault::untrusted);
    return "refused";
  }
}

void apply_raw(std::string_view delta) { require(applied(any_base(), delta, delta.size() + 1) == applied(any_base(), delta, 7)); }

/// Two bytes are the result's size, and two each the lengths of the first three streams; the fourth is the rest.
void apply_streams(std::string_view text) {
  if (text.size() < 8) return;
  const std::uint64_t size = delta::little_endian(text.data(), 2);
  std::string body;
  delta::BlockHeader lengths;
  std::string_view rest = text.substr(8);
  for (std::size_t i = 0; i < delta::stream_count; ++i) {
    const std::size_t wanted = i + 1 < delta::stream_count ? delta::little_endian(text.data() + 2 + 2 * i, 2) : rest.size();
    const std::string_view plain = rest.substr(0, wanted);
    rest.remove_prefix(plain.size());
    const std::string packed = delta::StreamPacker(false, size).pack(plain);
    lengths[i] = {.plain = static_cast<std::uint32_t>(plain.size()), .packed = static_cast<std::uint32_t>(packed.size())};
    body += packed;
  }
  std::string delta = delta::encode_header({.base = {io::sha256(any_base()), any_base().size(), ImageKind::file},
                                            .result = {io::sha256(text), size, ImageKind::file}});
  delta += delta::encode_block_header(lengths) + body;
  const Digest digest = io::sha256(delta);
  delta.append(digest.bytes.begin(), digest.bytes.end());
  applied(any_base(), delta, 1000);
}

/// Two bytes say where the first image ends.
void go_round(std::string_view text) {
  if (text.size() < 2) return;
  const std::size_t border = std::min<std::size_t>(delta::little_endian(text.data(), 2), text.size() - 2);
  const std::string_view base = text.substr(2, border);
  const std::string_view result = text.substr(2 + border);
  std::string made;
  delta::make_delta({{io::sha256(base), base.size(), ImageKind::file}, reader(base)},
                    {{io::sha256(result), result.size(), ImageKind::file}, reader(result)}, {},
                    [&](std::string_view bytes) { made += bytes; });
  require(applied(base, made, 1000) == result);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'd': apply_raw(text); return 0;
    case 's': apply_streams(text); return 0;
    case 'r': go_round(text); return 0;
    default: return -1;  // not worth keeping
  }
}
