// One request over one libcurl handle: sets every option, counts and bounds what arrives, and judges how it ended.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <curl/curl.h>

#include "reconciler/io/net/connection_gate.hpp"
#include "reconciler/io/net/credentials.hpp"
#include "reconciler/io/net/curl_transport.hpp"
#include "reconciler/io/net/curl_url.hpp"
#include "reconciler/io/net/throttle.hpp"

namespace ingot::io {

using CurlHandle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;

/// What all requests to one peer share.
struct CurlPeerSettings {
  Secrets secrets;
  bool allow_http = false;
  CurlOptions options;
  std::optional<S3Access> s3;  ///< the key is in `secrets`
  std::string denied_mend;     ///< which key of the peer's entry to look at when it does not let us in
};

/// One attempt and what to do after it.
struct CurlAttempt {
  Response response;
  ConnectionGate::Trouble trouble = ConnectionGate::Trouble::none;
  bool retry = false;     ///< worth another attempt
  bool busy = false;      ///< it asks to wait: 429, 503, Retry-After
  bool denied = false;    ///< 401, 403; also 400 of a store to a signed request
  bool stalled = false;   ///< it gave nothing, or next to nothing, for the stall time
  bool stopped = false;   ///< the sink wanted no more
  bool reusable = false;  ///< the handle came through well; after a failure libcurl keeps things that reset does not clear
  std::optional<Seconds> retry_after;
  ConnectionGate::Advice advice = ConnectionGate::Advice::again;  ///< of the gate that it passed
};

/// For http and https. The answer's URL, and the URL in its `why`, are the caller's to add. Rethrows what the sink threw; throws
/// Error{interrupted or terminated}.
CurlAttempt exchange(CURL* handle, const CurlPeerSettings& settings, const BaseUrl& base, const Request& request,
                     const ByteSink& sink, Throttle& throttle, Clock& clock);

}  // namespace ingot::io
