// Fetches what misses in a partial file over several connections, from within a segment where its beginning is here. Each
// stream writes what comes at once, so that nothing is fetched twice, and checks every segment as soon as it is whole; one that
// is not what was signed is wiped out.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/io/net/throttle.hpp"
#include "reconciler/io/net/transport.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "reconciler/transfer/partial_file.hpp"

namespace ingot::transfer {

/// An answer that ends early and brought less is worth asking again only so often in a row. What it brought is kept.
inline constexpr std::uint64_t least_gain = 16 * 1024;
inline constexpr int most_poor = 3;

/// Neighbouring segments: [first, end).
struct Stretch {
  std::size_t first = 0;
  std::size_t end = 0;
  bool operator==(const Stretch&) const = default;
};

/// Cuts what is missing into as few stretches as keep `connections` streams busy; with more than one, none is longer than
/// 64 MiB of plain bytes, so that verifying in order keeps up.
std::vector<Stretch> stretches_of(const std::vector<bool>& missing, int connections);

class FetchSession {
 public:
  /// `arrived` gets the numbers of bytes fetched and of bytes that are now verified here, from any thread.
  FetchSession(io::PeerTransport& peer, io::Throttle& throttle, const CopyJob& job, PartialFile& partial,
               std::function<void(std::uint64_t fetched, std::uint64_t verified)> arrived);

  /// Until the partial file is complete, or the peer failed. Throws Error{local, interrupted, terminated}.
  std::optional<CopyFailed> run();

 private:
  struct Receiving;
  void run_streams();
  void stream();
  std::optional<Stretch> next_stretch();
  std::optional<Stretch> missing_in(const Stretch& stretch) const;
  void fetch_stretch(io::File& handle, const Stretch& stretch);
  bool fetch_run(io::File& handle, const Stretch& run, int& poor);
  Receiving begin_run(io::File& handle, const Stretch& missing) const;
  io::Request request_for(const Receiving& receiving) const;
  void begin_segment(Receiving& receiving) const;
  bool take(Receiving& receiving, std::string_view bytes);
  void keep(Receiving& receiving, std::string_view bytes);
  bool end_segment(Receiving& receiving);
  bool judge(const Receiving& receiving, const io::Response& response, int& poor);
  /// The first segment of this request that came wrong as often as is tolerated; nullopt if none did.
  std::optional<std::size_t> wrong_too_often(const Receiving& receiving) const;
  bool begins_as_web_page() const;
  bool judge_complete(const Receiving& receiving, const io::Response& response, int& poor);
  bool goes_on(const Receiving& receiving, Code code, const std::string& why, int& poor);
  void fail(Code code, std::string text);
  bool is_over() const;

  io::PeerTransport& peer_;
  io::Throttle& throttle_;
  const CopyJob& job_;
  PartialFile& partial_;
  std::function<void(std::uint64_t, std::uint64_t)> arrived_;
  bool whole_only_ = false;   ///< the server knows no ranges; set between the streams' runs
  mutable std::mutex mutex_;  ///< guards what follows
  std::deque<Stretch> waiting_;
  std::vector<int> wrong_;  ///< how often each segment came wrong
  bool ranges_refused_ = false;
  std::optional<CopyFailed> failed_;
  std::exception_ptr thrown_;
};

}  // namespace ingot::transfer
