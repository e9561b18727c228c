// Peers that are folders on this disk, with faults on demand: what curl does for file://, without curl.
#pragma once

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/transport.hpp"

namespace ingot::testing_support {

/// What a test makes of one peer.
struct FolderPeer {
  std::string folder;  ///< of the published tree
  bool unreachable = false;
  bool failing = false;                              ///< unreachable so often that the transport gives up
  std::function<void(const io::Request&)> before;    ///< called before each answer; may throw or pretend a signal
  std::function<std::string(std::string)> tampered;  ///< what becomes of a body
  std::function<void(std::uint64_t)> after_bytes;    ///< called with all body bytes given so far, by any peer
};

class FolderTransport final : public io::Transport {
 public:
  std::map<std::string, FolderPeer> peers;  ///< by name
  std::atomic<int> requests = 0;
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<int> at_once = 0;
  std::atomic<int> most_at_once = 0;

  std::unique_ptr<io::PeerTransport> peer(const io::PeerAccess& access) override;
};

class FolderConnection final : public io::PeerTransport {
 public:
  FolderConnection(FolderTransport& transport, FolderPeer& peer) : transport_(transport), peer_(peer) {}

  io::Response get(const io::Request& request, const io::ByteSink& sink, const std::function<void()>&) override {
    const int now = ++transport_.at_once;
    int most = transport_.most_at_once;
    while (now > most && !transport_.most_at_once.compare_exchange_weak(most, now)) {}
    const Leaving leaving{transport_.at_once};
    ++transport_.requests;
    if (peer_.before) peer_.before(request);
    io::throw_if_interrupted();
    return answer(request, sink);
  }

 private:
  static constexpr std::size_t piece = 256 * 1024;  ///< bytes given to the sink at once

  struct Leaving {
    std::atomic<int>& count;
    ~Leaving() { --count; }
  };

  io::Response answer(const io::Request& request, const io::ByteSink& sink) const {
    if (peer_.failing) {
      io::Response response = failed(io::Response::Status::unreachable, "it hangs");
      response.failing = true;
      return response;
    }
    if (peer_.unreachable) return failed(io::Response::Status::unreachable, "connection refused");
    std::ifstream file(peer_.folder + "/" + request.path, std::ios::binary);
    if (!file) return failed(io::Response::Status::not_found, "no such file");
    std::string body(std::istreambuf_iterator<char>(file), {});
    if (request.offset)
      body = body.substr(std::min<std::size_t>(*request.offset, body.size()), request.length.value_or(body.size()));
    if (peer_.tampered) body = peer_.tampered(std::move(body));
    if (body.size() > request.at_most) return failed(io::Response::Status::oversize, "too long");
    for (std::size_t from = 0; from < body.size(); from += piece) {
      io::throw_if_interrupted();
      const std::string_view some = std::string_view(body).substr(from, piece);
      if (!sink(some)) return failed(io::Response::Status::unreachable, "stopped");
      const std::uint64_t given = transport_.bytes += some.size();
      if (peer_.after_bytes) peer_.after_bytes(given);
    }
    io::Response response = failed(io::Response::Status::ok, "");
    response.bytes = body.size();
    response.length_known = true;
    return response;
  }

  io::Response failed(io::Response::Status status, const std::string& why) const {
    io::Response response;
    response.status = status;
    response.why = why.empty() ? "" : "file://" + peer_.folder + ": " + why;
    response.url = "file://" + peer_.folder + "/";
    return response;
  }

  FolderTransport& transport_;
  FolderPeer& peer_;
};

inline std::unique_ptr<io::PeerTransport> FolderTransport::peer(const io::PeerAccess& access) {
  return std::make_unique<FolderConnection>(*this, peers[access.peer.text()]);
}

}  // namespace ingot::testing_support
