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
#include <utility>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/transport.hpp"

namespace ingot::testing_support {

/// What a test makes of one peer.
struct FolderPeer {
  std::string folder;                                   ///< of the published tree
  bool unreachable = false;
  std::function<void(const Request&)> before;           ///< called before each answer; may throw or pretend a signal
  std::function<std::string(std::string)> tampered;     ///< what becomes of a body
};

class FolderTransport final : public Transport {
 public:
  std::map<std::string, FolderPeer> peers;  ///< by name
  std::atomic<int> requests = 0;
  std::atomic<int> at_once = 0;
  std::atomic<int> most_at_once = 0;

  std::unique_ptr<PeerTransport> peer(const PeerAccess& access) override;
};

class FolderConnection final : public PeerTransport {
 public:
  FolderConnection(FolderTransport& transport, FolderPeer& peer) : transport_(transport), peer_(peer) {}

  Response get(const Request& request, const ByteSink& sink, const std::function<void()>&) override {
    const int now = ++transport_.at_once;
    int most = transport_.most_at_once;
    while (now > most && !transport_.most_at_once.compare_exchange_weak(most, now)) {
    }
    const Leaving leaving{transport_.at_once};
    ++transport_.requests;
    if (peer_.before) peer_.before(request);
    throw_if_interrupted();
    return answer(request, sink);
  }

 private:
  struct Leaving {
    std::atomic<int>& count;
    ~Leaving() { --count; }
  };

  Response answer(const Request& request, const ByteSink& sink) const {
    if (peer_.unreachable) return failed(Response::Status::unreachable, "connection refused");
    std::ifstream file(peer_.folder + "/" + request.path, std::ios::binary);
    if (!file) return failed(Response::Status::not_found, "no such file");
    std::string body(std::istreambuf_iterator<char>(file), {});
    if (request.offset) body = body.substr(std::min<std::size_t>(*request.offset, body.size()), request.length.value_or(body.size()));
    if (peer_.tampered) body = peer_.tampered(std::move(body));
    if (body.size() > request.at_most) return failed(Response::Status::oversize, "too long");
    if (!body.empty() && !sink(body)) return failed(Response::Status::unreachable, "stopped");
    Response response = failed(Response::Status::ok, "");
    response.bytes = body.size();
    response.length_known = true;
    return response;
  }

  Response failed(Response::Status status, const std::string& why) const {
    Response response;
    response.status = status;
    response.why = why.empty() ? "" : "file://" + peer_.folder + ": " + why;
    response.url = "file://" + peer_.folder + "/";
    return response;
  }

  FolderTransport& transport_;
  FolderPeer& peer_;
};

inline std::unique_ptr<PeerTransport> FolderTransport::peer(const PeerAccess& access) {
  return std::make_unique<FolderConnection>(*this, peers[access.peer.text()]);
}

}  // namespace ingot::testing_support
