#include "reconciler/io/net/curl_webhook.hpp"

#include <array>
#include <exception>
#include <memory>
#include <new>

#include <curl/curl.h>
#include <fmt/format.h>

#include "reconciler/io/hmac.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/net/curl_options.hpp"
#include "reconciler/io/net/curl_tls_failure.hpp"
#include "reconciler/io/net/retry.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/text/base64.hpp"

namespace ingot::io {

namespace {

constexpr RetryRules rules{
    .attempts = 3, .first_wait = std::chrono::milliseconds(500), .longest_wait = std::chrono::milliseconds(5000)};
constexpr std::size_t longest_webhook_answer = 64 * 1024;

struct WebhookAttempt {
  std::string why;     ///< "": it went well
  bool again = false;  ///< time may mend it
};

/// Of the answer only the status counts; one without end is cut off.
std::size_t drop(char*, std::size_t size, std::size_t count, void* user) noexcept {
  auto& dropped = *static_cast<std::size_t*>(user);
  dropped += size * count;
  return dropped > longest_webhook_answer ? 0 : size * count;
}

int stop_if_interrupted(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept { return interrupted() == 0 ? 0 : 1; }

std::string bytes_of(const Digest& digest) { return {digest.bytes.begin(), digest.bytes.end()}; }

CurlHeaders headers_of(const WebhookCall& call, Time now) {
  const auto timestamp = now.time_since_epoch().count();
  const std::string signature =
      to_base64(bytes_of(hmac_sha256(call.key, fmt::format("{}.{}.{}", call.id, timestamp, call.body))));
  CurlHeaders headers(nullptr, &curl_slist_free_all);
  for (const std::string& line :
       {"Content-Type: " + call.content_type, "webhook-id: " + call.id, fmt::format("webhook-timestamp: {}", timestamp),
        "webhook-signature: v1," + signature, std::string("Expect:")}) {
    curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  return headers;
}

void set_up(CURL* handle, const WebhookCall& call, curl_slist* headers, std::size_t& dropped) {
  const bool loopback = call.url.starts_with("http://");  // no other is let into a manifest
  set_option(handle, CURLOPT_URL, call.url.c_str());
  set_option(handle, CURLOPT_PROTOCOLS_STR, loopback ? "http" : "https");
  set_option(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(handle, CURLOPT_NOSIGNAL, 1L);
  set_option(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set_option(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set_option(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set_option(handle, CURLOPT_USERAGENT, "ingot/" INGOT_VERSION);
  set_option(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(std::chrono::milliseconds(call.timeout).count()));
  if (loopback) set_option(handle, CURLOPT_PROXY, "");
  set_authorities(handle, call.ca_file);
  set_option(handle, CURLOPT_HTTPHEADER, headers);
  set_option(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
  set_option(handle, CURLOPT_POSTFIELDS, call.body.c_str());
  set_option(handle, CURLOPT_WRITEFUNCTION, &drop);
  set_option(handle, CURLOPT_WRITEDATA, static_cast<void*>(&dropped));
  set_option(handle, CURLOPT_NOPROGRESS, 0L);
  set_option(handle, CURLOPT_XFERINFOFUNCTION, &stop_if_interrupted);
}

/// `detail`: libcurl's own words.
WebhookAttempt judge(CURL* handle, CURLcode code, const std::string& detail) {
  throw_if_interrupted();
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  // A status is an answer, whatever became of the body behind it.
  if (status >= 200 && status < 300) return {};
  if (status == 0 || code == CURLE_OPERATION_TIMEDOUT) {
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
      return {.why = tls_failure(code, printable(detail), "")->why};
    return {.why = printable(curl_easy_strerror(code)), .again = true};
  }
  return {.why = fmt::format("it answers with status {}", status), .again = status == 408 || status == 429 || status >= 500};
}

WebhookAttempt try_once(const WebhookCall& call, Clock& clock) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), &curl_easy_cleanup);
  if (!handle) throw std::bad_alloc();
  const CurlHeaders headers = headers_of(call, clock.now());
  std::size_t dropped = 0;
  set_up(handle.get(), call, headers.get(), dropped);
  std::array<char, CURL_ERROR_SIZE> detail{};
  set_option(handle.get(), CURLOPT_ERRORBUFFER, detail.data());
  const CURLcode code = curl_easy_perform(handle.get());
  return judge(handle.get(), code, detail.data());
}

}  // namespace

std::string call_webhook(const WebhookCall& call, Clock& clock) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);  // counted by libcurl, as the transport's is
  if (started != CURLE_OK) throw Error(Fault::internal, fmt::format("libcurl does not start: {}", curl_easy_strerror(started)));
  for (int failures = 1;; ++failures) {
    const WebhookAttempt attempt = try_once(call, clock);
    if (attempt.why.empty()) return {};
    if (!attempt.again || failures == rules.attempts) return attempt.why;
    sleep_unless_interrupted(clock, wait_before_retry(rules, failures, std::nullopt, 0.5));
  }
}

}  // namespace ingot::io
