// Getting bytes from a peer, as a port: https, http and file:// (curl_transport), or a fake in tests.
// Knows nothing of heads or images; counts and bounds what arrives.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/manifest/manifest.hpp"

namespace ingot::io {

/// How to reach one peer; the secrets are read when the transport is made for it and never leave it.
struct PeerAccess {
  ServerName peer;
  std::vector<std::string> urls;  ///< each ends with "/", tried in order
  PeerCredentials credentials = {};
  bool allow_http = false;
  std::optional<std::uint64_t> bandwidth = {};  ///< bytes per second
};

struct Request {
  std::string path;                          ///< below the peer's URL; made by us: [a-z0-9/._-] only
  std::uint64_t at_most = 0;                 ///< body bytes; more is Oversize
  std::optional<std::uint64_t> offset = {};  ///< of a range …
  std::optional<std::uint64_t> length = {};  ///< … of exactly so many bytes; the answer must be 206 with just this range
  std::string if_none_match = {};            ///< ETag as it came, or ""
  std::string if_modified_since = {};        ///< Last-Modified as it came, or ""
  bool no_cache = false;                     ///< asks caches on the way to revalidate (the head)
  bool resumes = false;                      ///< once bytes came there is no retry: the caller asks for the rest of them
  std::function<void()> may_go_on = {};  ///< asked again and again, also while nothing comes and between tries; throws to end it
};

/// What came of a request. The body went to the sink; on anything but Ok the sink's bytes are worthless.
struct Response {
  enum class Status {
    ok,
    not_modified,
    not_found,    ///< 404, 410, no such file
    unreachable,  ///< no connection, time-out, 5xx, TLS failure, a cut body …: after the retries
    oversize,     ///< more bytes than at_most
    wrong_range,  ///< a range was asked for and something else came
    refused,      ///< 401, 403, 407, a redirect, a forbidden protocol
  };
  Status status = Status::unreachable;
  std::string why = {};            ///< for people, names the URL without credentials, ends with `mend`; "" if ok
  std::string mend = {};           ///< what to do about it; "" if only to ask again
  std::string url = {};            ///< the base URL that answered
  std::string etag = {};           ///< at most 256 bytes without controls, or ""
  std::string last_modified = {};  ///< likewise
  bool failing = false;            ///< unreachable three times in a row, with fewer connections each time, or it asks to wait for
                                   ///< long: every later request over this transport gets the same answer at once
  bool web_page = false;           ///< what came begins as a web page does, whatever the headers say
  std::uint64_t bytes = 0;         ///< given to the sink
  bool length_known = false;       ///< the answer said how long it is, and that much came; else a cut cannot be told from an end
};

/// Gets body bytes as they come; false stops the transfer: it is then `unreachable`, with no retry and no other URL.
using ByteSink = std::function<bool(std::string_view bytes)>;

/// One peer's connections. Thread-safe: each call uses a connection of its own out of a pool.
class PeerTransport {
 public:
  virtual ~PeerTransport() = default;
  /// Tries the URLs in order with retries for what is worth retrying. `restart` is called before the body starts anew.
  /// Throws only Error{interrupted/terminated} and what the sink or may_go_on threw.
  virtual Response get(const Request& request, const ByteSink& sink, const std::function<void()>& restart) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  /// Reads the credentials. Error{manifest}: an environment variable or file that is named is not there.
  virtual std::unique_ptr<PeerTransport> peer(const PeerAccess& access) = 0;
};

/// Whether a body that begins so is a web page, a captive portal's or an error's: no file of ours begins with "<".
bool begins_as_web_page(std::string_view body);

/// get() into a string of at most request.at_most bytes.
struct Fetched {
  Response response;
  std::string body;
};
Fetched fetch(PeerTransport& peer, const Request& request);

}  // namespace ingot::io
