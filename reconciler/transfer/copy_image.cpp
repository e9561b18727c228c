#include "reconciler/transfer/copy_image.hpp"

#include <chrono>
#include <exception>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/threads.hpp"
#include "reconciler/transfer/fetch_session.hpp"
#include "reconciler/transfer/kind_check.hpp"
#include "reconciler/transfer/pack.hpp"
#include "reconciler/transfer/partial_file.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/error.hpp"
#include "schema/overloaded.hpp"

namespace ingot::transfer {

namespace {

/// Tells how far it is, at most ten times a second, one thread at a time.
class ProgressTeller {
 public:
  explicit ProgressTeller(const CopyJob& job) : job_(job) {
    progress_.total = job.packed.file.length;
    if (job.packed.table) progress_.fetched = job.packed.table->length;  // it comes first, in every run
  }

  void found(std::uint64_t here) {
    const std::scoped_lock lock(mutex_);
    progress_.here = here;
    tell_if_due();
  }
  void arrived(std::uint64_t fetched, std::uint64_t verified) {
    const std::scoped_lock lock(mutex_);
    progress_.fetched += fetched;
    progress_.here += verified;
    tell_if_due();
  }
  std::uint64_t finish() {
    const std::scoped_lock lock(mutex_);
    if (job_.progress) job_.progress(progress_);
    return progress_.fetched;
  }

 private:
  void tell_if_due() {
    const auto now = std::chrono::steady_clock::now();
    if (!job_.progress || now < next_) return;
    next_ = now + std::chrono::milliseconds(100);
    job_.progress(progress_);
  }

  const CopyJob& job_;
  std::mutex mutex_;
  CopyProgress progress_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
};

/// Unpacks and hashes the segments in order while they still arrive; when all are here if there is but one, or if no thread can
/// be started for it.
class InOrderVerifier {
 public:
  InOrderVerifier(PartialFile& partial, const CopyJob& job) : partial_(partial), job_(job) {
    if (partial_.count() > 1) threads_.try_start([this] { run(); });
  }
  ~InOrderVerifier() { partial_.give_up(); }
  InOrderVerifier(const InOrderVerifier&) = delete;
  InOrderVerifier& operator=(const InOrderVerifier&) = delete;

  /// Once all segments are here: what is wrong with the image, if anything. Throws Error{local, interrupted …}.
  std::optional<CopyFailed> wait() {
    if (threads_.empty()) run();
    threads_.join();
    if (thrown_) std::rethrow_exception(thrown_);
    return failed_;
  }

 private:
  void run() {
    try {
      verify();
    } catch (...) { thrown_ = std::current_exception(); }
  }

  void verify() {
    const auto handle = partial_.open();
    io::Sha256 hash;
    // The file gets its digest as its name in the store: were it another's, its bytes would stand in for that one's.
    io::Sha256 file_hash;
    const bool is_one = !job_.packed.table;  // then its digest, which was checked, is that of the file
    KindCheck kind(job_.kind);
    std::string packed;
    std::string plain;
    for (std::size_t i = 0; i < partial_.count(); ++i) {
      if (!partial_.wait_for(i)) return;
      io::throw_if_interrupted();
      if (job_.may_go_on) job_.may_go_on();
      partial_.read(*handle, i, packed);
      try {
        unpack_segment(packed, partial_.table().segments[i].plain, plain);
      } catch (const Error& error) {
        failed_ =
            CopyFailed{.code = Code::untrusted,
                       .text = fmt::format("segment {}, as the publisher signed it, is not sound: {}", i + 1, error.text())};
        return;
      }
      hash.update(plain);
      if (!is_one) file_hash.update(packed);
      kind.write(plain);
    }
    if (const Digest file = file_hash.finish(); !is_one && file != job_.packed.file.digest) {
      failed_ =
          CopyFailed{.code = Code::digest_mismatch,
                     .text = fmt::format("the publisher's segments are as signed, but make the packed file {} instead of {}",
                                         file.text(), job_.packed.file.digest.text())};
      return;
    }
    const Digest digest = hash.finish();
    if (digest == job_.digest) {
      if (const std::string why = kind.finish(); !why.empty()) failed_ = CopyFailed{.code = Code::untrusted, .text = why};
      return;
    }
    failed_ = CopyFailed{.code = Code::digest_mismatch,
                         .text = fmt::format("the publisher's packed bytes are as signed, but hold {} instead of {}",
                                             digest.text(), job_.digest.text())};
  }

  PartialFile& partial_;
  const CopyJob& job_;
  std::optional<CopyFailed> failed_;
  std::exception_ptr thrown_;
  io::Threads threads_;  ///< last: the rest is there as long as it runs
};

CopyFailed untrusted(const std::string& text) { return {.code = Code::untrusted, .text = text}; }

/// What the catalog says of an image's size and segments must fit together before anything is fetched or reserved.
std::optional<CopyFailed> why_impossible(const CopyJob& job) {
  const Packed& packed = job.packed;
  if (job.size > largest_image) return untrusted(fmt::format("the catalog names an image of {} bytes", job.size));
  const std::uint64_t expected = segment_count(job.size);
  if (packed.segments != expected)
    return untrusted(
        fmt::format("the catalog gives an image of {} bytes {} segments instead of {}", job.size, packed.segments, expected));
  if (packed.table.has_value() != (expected > 1))
    return untrusted("the catalog names a segment table where there is none, or none where there must be one");
  if (packed.file.length == 0 || packed.file.length > expected * largest_packed_segment) {
    return untrusted(fmt::format("the catalog gives {} segments {} packed bytes", expected, packed.file.length));
  }
  if (packed.table && packed.table->length > largest_table)
    return untrusted(fmt::format("the catalog names a segment table of {} bytes", packed.table->length));
  return std::nullopt;
}

std::variant<SegmentTable, CopyFailed> checked_table(const std::string& bytes, const CopyJob& job) {
  auto parsed = parse_segment_table(bytes, job.size, job.packed);
  if (const auto* const malformed = std::get_if<Malformed>(&parsed))
    return untrusted("the segment table is malformed: " + malformed->why);
  SegmentTable table = std::get<SegmentTable>(std::move(parsed));
  // The store keeps the table by its digest and writes it from values: both must be the same bytes.
  if (write_segment_table(table) != bytes) return untrusted("the segment table is not written as the format says");
  return table;
}

std::variant<SegmentTable, CopyFailed> fetch_table(io::PeerTransport& peer, const CopyJob& job) {
  const Packed& packed = job.packed;
  if (!packed.table) {
    return SegmentTable{.plain = job.size,
                        .packed = packed.file.length,
                        .segments = {{.plain = job.size, .packed = packed.file.length, .digest = packed.file.digest}}};
  }
  io::Request request;
  request.path = object_path(packed.table->digest);
  request.at_most = packed.table->length;
  request.may_go_on = job.may_go_on;
  const io::Fetched fetched = io::fetch(peer, request);
  const io::Response& response = fetched.response;
  if (response.status == io::Response::Status::ok && io::sha256(fetched.body) == packed.table->digest)
    return checked_table(fetched.body, job);
  if (response.web_page)
    return CopyFailed{.code = Code::unreachable, .text = fmt::format("\"{}\" answers with an HTML page", response.url)};
  if (response.failing) return CopyFailed{.code = Code::peer_failing, .text = response.why};
  if (response.status == io::Response::Status::not_found)
    return CopyFailed{.code = Code::unreachable,
                      .text = "the catalog names bytes that its server does not have: " + response.why};
  if (response.status == io::Response::Status::oversize)
    return untrusted("the segment table is longer than was signed: " + response.why);
  if (response.status != io::Response::Status::ok) return CopyFailed{.code = Code::unreachable, .text = response.why};
  if (fetched.body.empty()) return CopyFailed{.code = Code::unreachable, .text = "the segment table came empty"};
  if (fetched.body.size() < packed.table->length && !response.length_known)
    return CopyFailed{.code = Code::unreachable, .text = "the segment table was cut off"};
  return untrusted("the segment table is not what was signed");
}

std::optional<CopyFailed> fetch_and_verify(io::PeerTransport& peer, io::Throttle& throttle, const CopyJob& job,
                                           PartialFile& partial, ProgressTeller& teller) {
  InOrderVerifier verifier(partial, job);
  FetchSession session(peer, throttle, job, partial,
                       [&](std::uint64_t fetched, std::uint64_t verified) { teller.arrived(fetched, verified); });
  if (auto failed = session.run()) return failed;
  return verifier.wait();
}

std::variant<CopyDone, CopyFailed> copy_segments(io::PeerTransport& peer, io::Files& files, io::Throttle& throttle,
                                                 const CopyJob& job, const std::string& path, SegmentTable table) {
  ProgressTeller teller(job);
  PartialFile partial(files, path, table);
  partial.find_good([&](std::uint64_t here) {
    if (job.may_go_on) job.may_go_on();
    teller.found(here);
  });
  auto failed = fetch_and_verify(peer, throttle, job, partial, teller);
  const std::uint64_t fetched = teller.finish();
  if (failed) {
    // All of it is as signed and yet not the image: resuming would end here again.
    if (partial.is_complete()) files.remove(path);
    return *failed;
  }
  auto file = partial.release();
  return CopyDone{.table = std::move(table), .fetched = fetched, .file = std::move(file)};
}

}  // namespace

std::variant<CopyDone, CopyFailed> copy_packed(io::PeerTransport& peer, io::Files& files, io::Throttle& throttle,
                                               const CopyJob& job, const std::string& partial) {
  if (auto failed = why_impossible(job)) return *failed;
  auto table = fetch_table(peer, job);
  if (const auto* const failed = std::get_if<CopyFailed>(&table)) return *failed;
  try {
    return copy_segments(peer, files, throttle, job, partial, std::get<SegmentTable>(std::move(table)));
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    return CopyFailed{.code = io::is_no_space(error) ? Code::no_space : Code::io, .text = "this server's disk: " + error.text()};
  }
}

std::string object_path(const Digest& digest) {
  const std::string hex = digest.hex();
  return fmt::format("b/{}/{}", hex.substr(0, 2), hex);
}

}  // namespace ingot::transfer
