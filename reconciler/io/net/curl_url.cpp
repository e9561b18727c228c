#include "reconciler/io/net/curl_url.hpp"

#include <memory>
#include <optional>

#include <curl/curl.h>

#include "schema/text/url.hpp"

namespace ingot::io {

namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::optional<std::string> part(const Url& url, CURLUPart which, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK || text == nullptr) return std::nullopt;
  const std::unique_ptr<char, decltype(&curl_free)> owner(text, &curl_free);
  return std::string(text);
}

}  // namespace

std::variant<BaseUrl, BadUrl> parse_base_url(const std::string& url) {
  const Url parsed(curl_url(), &curl_url_cleanup);
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return BadUrl{"one of its URLs cannot be understood"};
  if (part(parsed, CURLUPART_USER) || part(parsed, CURLUPART_PASSWORD)) {
    return BadUrl{"one of its URLs holds a user name or password: use token_env or token_file"};
  }
  if (part(parsed, CURLUPART_QUERY) || part(parsed, CURLUPART_FRAGMENT))
    return BadUrl{"one of its URLs has a query or a fragment"};
  BaseUrl base{url, part(parsed, CURLUPART_SCHEME).value_or(""), false, {}};
  if (!base.text.ends_with('/')) base.text += '/';
  base.folder = part(parsed, CURLUPART_PATH, CURLU_URLDECODE).value_or("");
  if (!base.folder.ends_with('/')) base.folder += '/';
  if (base.scheme == "https" || base.scheme == "http")
    base.loopback = names_loopback(part(parsed, CURLUPART_HOST).value_or(""));
  else if (base.scheme != "file")
    return BadUrl{"one of its URLs is neither https, http nor file"};
  return base;
}

}  // namespace ingot::io
