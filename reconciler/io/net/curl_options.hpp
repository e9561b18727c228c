// The options of one request: what this program asks of libcurl, and everything that it must not do.
#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>
#include <fmt/format.h>

#include "reconciler/io/net/curl_exchange.hpp"
#include "reconciler/io/net/curl_url.hpp"
#include "schema/error.hpp"

namespace ingot::io {

using CurlHeaders = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

/// Options of every value type; a failure is a bug (or no memory).
template <class Value>
void set_option(CURL* handle, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle, option, value);
  if (code != CURLE_OK)
    throw Error(Fault::internal,
                fmt::format("libcurl refuses option {}: {}", static_cast<int>(option), curl_easy_strerror(code)));
}

/// Which authorities are believed over https: those of `ca_file` alone, or those of the system if it is "".
void set_authorities(CURL* handle, const std::string& ca_file);

/// Starts the handle anew (it keeps its connection) and sets all but the callbacks. The headers given back must live as
/// long as the transfer. `now`: for a signature.
CurlHeaders set_options(CURL* handle, const CurlPeerSettings& settings, const BaseUrl& base, const Request& request, Time now);

}  // namespace ingot::io
