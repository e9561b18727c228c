#include "reconciler/io/transport.hpp"

#include "schema/names.hpp"

namespace ingot {

bool says_web_page(const Response& response) { return fold_case(response.content_type).starts_with("text/html"); }

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
