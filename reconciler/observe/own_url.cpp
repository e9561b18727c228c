#include "reconciler/observe/own_url.hpp"

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/hash.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/text/url.hpp"

namespace ingot::observe {

namespace {

/// What is served in place of the head that was published last.
OwnUrl other_head(OwnUrl own, const std::string& body, Serial published, const site::Site& site) {
  const auto served = apply::verify_own_head(body, site.state.self(), apply::own_roots(site.store, site.state.self()));
  own.status = Code::other;
  own.serial = std::nullopt;
  if (!served) {
    own.text = fmt::format("{}head.dsse is not a head of this server; let the web server serve the folder \"{}/public\" there",
                           own.url, site.store.folder());
    return own;
  }
  own.serial = served->head.serial;
  own.text = fmt::format(
      "{}head.dsse is {} serial {}, but serial {} was published last; let the web server serve the folder \"{}/public\" there, "
      "and let no cache keep an old head",
      own.url, served->head.serial == published ? "another head of" : "of", served->head.serial, published, site.store.folder());
  return own;
}

}  // namespace

std::optional<OwnUrl> look_at_own_url(const site::Site& site, io::Transport& transport) {
  const ServerSection& server = site.manifest.server;
  const auto published = site.state.published();
  if (!server.url || !published) return std::nullopt;
  OwnUrl own{.url = with_slash(*server.url), .status = Code::ok, .serial = published->serial, .text = ""};
  const auto connection = transport.peer(io::PeerAccess{.peer = server.name, .urls = {own.url}, .allow_http = true});
  const io::Fetched fetched = io::fetch(*connection, io::Request{.path = "head.dsse", .at_most = largest_head, .no_cache = true});
  if (fetched.response.status == io::Response::Status::ok) {
    if (io::sha256(fetched.body) == published->head) return own;
    return other_head(std::move(own), fetched.body, published->serial, site);
  }
  own.serial = std::nullopt;
  if (fetched.response.status == io::Response::Status::oversize) return other_head(std::move(own), "", published->serial, site);
  own.status = Code::unreachable;
  own.text = fetched.response.why +
             "; peers ask this server there (`url` in [server]): is its web server running, and is the `url` right?";
  return own;
}

}  // namespace ingot::observe
