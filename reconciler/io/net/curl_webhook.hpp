// Tells a web server of something: a signed POST, tried a few times.
#pragma once

#include <string>

#include "reconciler/io/clock.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::io {

/// What is sent, and how. Signed as Standard Webhooks says (standardwebhooks.com): the headers webhook-id,
/// webhook-timestamp, and webhook-signature with "v1," and the HMAC-SHA256 of "ID.TIMESTAMP.BODY" in base64.
struct WebhookCall {
  std::string url;
  std::string ca_file;  ///< "": the system's certificates
  std::string key;      ///< any bytes; shown nowhere
  std::string id;       ///< the same in every attempt: the receiver tells by it what it knows already
  std::string content_type;
  std::string body;
  Seconds timeout{30};  ///< of one attempt; of three at most
};

/// "", or why no 2xx came, as a clause without the URL, which may hold a secret. Tries again what time may mend: no
/// connection (but not a certificate that is not trusted), 408, 429 and 5xx. Follows no redirect. Throws Error{interrupted or
/// terminated}.
std::string call_webhook(const WebhookCall& call, Clock& clock);

}  // namespace ingot::io
