#include "reconciler/io/transport.hpp"

namespace ingot {

Fetched fetch(PeerTransport& peer, const Request& request) {
  Fetched fetched;
  fetched.response = peer.get(
      request,
      [&](std::string_view bytes) {
        fetched.body.append(bytes);
        return true;
      },
      [&] { fetched.body.clear(); });
  if (fetched.response.status != Response::Status::ok) fetched.body.clear();
  return fetched;
}

}  // namespace ingot
