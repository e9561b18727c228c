#include "reconciler/io/net/curl_options.hpp"

#include <new>
#include <string>
#include <utility>
#include <vector>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/net/response_headers.hpp"
#include "reconciler/io/net/s3_signature.hpp"
#include "reconciler/io/net/system_certificates.hpp"

namespace ingot::io {

namespace {

constexpr long receive_buffer = 256 * 1024;

void set_limits(CURL* handle, const CurlOptions& options) {
  set_option(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set_option(handle, CURLOPT_NOSIGNAL, 1L);
  set_option(handle, CURLOPT_FOLLOWLOCATION, 0L);
  set_option(handle, CURLOPT_MAXREDIRS, 0L);
  set_option(handle, CURLOPT_HTTP09_ALLOWED, 0L);
  set_option(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set_option(handle, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  set_option(handle, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set_option(handle, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set_option(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set_option(handle, CURLOPT_BUFFERSIZE, receive_buffer);
  set_option(handle, CURLOPT_USERAGENT, "ingot/" INGOT_VERSION);
}

void set_protocol(CURL* handle, const BaseUrl& base, bool allow_http) {
  set_option(handle, CURLOPT_PROTOCOLS_STR, base.scheme.c_str());
  set_option(handle, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  // A proxy would see what is meant for this machine, and would hide the address from the check of plain http.
  if (base.loopback || (base.scheme == "http" && !allow_http)) set_option(handle, CURLOPT_PROXY, "");
}

void set_identity(CURL* handle, const BaseUrl& base, const Secrets& secrets) {
  if (!secrets.token.empty()) {
    set_option(handle, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    set_option(handle, CURLOPT_XOAUTH2_BEARER, secrets.token.c_str());
  }
  if (base.scheme != "https") return;
  set_option(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  set_option(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  set_option(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set_authorities(handle, secrets.ca_file);
  if (!secrets.client_cert.empty()) set_option(handle, CURLOPT_SSLCERT, secrets.client_cert.c_str());
  if (!secrets.client_key.empty()) set_option(handle, CURLOPT_SSLKEY, secrets.client_key.c_str());
}

/// Where a request goes, and the headers that it needs to go there.
struct Target {
  std::string url;
  std::vector<std::string> headers;
};

Target target_of(const CurlPeerSettings& settings, const BaseUrl& base, const Request& request, Time now) {
  if (!settings.s3 || !is_at(*settings.s3, base.text)) return {.url = base.text + request.path, .headers = {}};
  const std::string& endpoint = settings.s3->endpoint;
  SignedS3Request to = sign_s3({.method = "GET",
                                .host = endpoint.substr(endpoint.find("://") + 3),
                                .path = base.folder + request.path,
                                .query = {},
                                .headers = {},
                                .payload = sha256("").hex()},
                               settings.secrets.s3.value(), settings.s3->region, now);
  return {.url = endpoint + to.target, .headers = std::move(to.headers)};
}

CurlHeaders headers_of(const Request& request, const std::vector<std::string>& more) {
  curl_slist* list = nullptr;
  const auto add = [&](const std::string& line) {
    curl_slist* const longer = curl_slist_append(list, line.c_str());
    if (longer == nullptr) {
      curl_slist_free_all(list);
      throw std::bad_alloc();
    }
    list = longer;
  };
  for (const std::string& line : more) add(line);
  const std::string etag = clean_validator(request.if_none_match);
  const std::string since = clean_validator(request.if_modified_since);
  if (!etag.empty()) add("If-None-Match: " + etag);
  if (!since.empty()) add("If-Modified-Since: " + since);
  if (request.no_cache) add("Cache-Control: no-cache");
  return {list, &curl_slist_free_all};
}

void set_range(CURL* handle, const Request& request) {
  if (!request.offset && !request.length) return;
  const std::uint64_t first = request.offset.value_or(0);
  const std::string range = request.length ? fmt::format("{}-{}", first, first + *request.length - 1) : fmt::format("{}-", first);
  set_option(handle, CURLOPT_RANGE, range.c_str());  // libcurl keeps a copy
}

}  // namespace

void set_authorities(CURL* handle, const std::string& ca_file) {
  static const std::string system = certificates_elsewhere();
  const std::string& file = ca_file.empty() ? system : ca_file;
  if (!file.empty()) set_option(handle, CURLOPT_CAINFO, file.c_str());
  if (!ca_file.empty()) set_option<const char*>(handle, CURLOPT_CAPATH, nullptr);  // this CA and no other
}

CurlHeaders set_options(CURL* handle, const CurlPeerSettings& settings, const BaseUrl& base, const Request& request, Time now) {
  const Target target = target_of(settings, base, request, now);
  curl_easy_reset(handle);
  set_option(handle, CURLOPT_URL, target.url.c_str());  // libcurl keeps a copy
  set_limits(handle, settings.options);
  set_protocol(handle, base, settings.allow_http);
  set_identity(handle, base, settings.secrets);
  set_range(handle, request);
  CurlHeaders headers = headers_of(request, target.headers);
  set_option(handle, CURLOPT_HTTPHEADER, headers.get());
  return headers;
}

}  // namespace ingot::io
