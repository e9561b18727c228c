#include "reconciler/io/net/transport.hpp"

namespace ingot::io {

bool begins_as_web_page(std::string_view body) {
  const auto start = body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return start != std::string_view::npos && body[start] == '<';
}

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

}  // namespace ingot::io
