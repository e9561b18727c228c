#include "reconciler/io/net/curl_tls_failure.hpp"

#include <string_view>

#include <fmt/format.h>

namespace ingot::io {

namespace {

/// libcurl has one code for every fault of a certificate: only the text of the TLS library tells them apart.
TlsFailure bad_certificate(const std::string& detail) {
  const auto says = [&](std::string_view part) { return detail.find(part) != std::string::npos; };
  if (says("subject name"))
    return {"its certificate is for another host", "the URL must name a host that the certificate is for"};
  if (says("has expired")) return {"its certificate has expired", "its owner must renew it"};
  if (says("not yet valid")) return {"its certificate is not valid yet", "check the clock here and at the peer"};
  return {"its certificate is not trusted", "name the file of the authority that signed it in the peer's ca_file"};
}

std::optional<TlsFailure> explained(CURLcode code, const std::string& detail, const std::string& denied_mend) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION: return bad_certificate(detail);
    case CURLE_SSL_CACERT_BADFILE:
      return TlsFailure{
          "the file of trusted certificates cannot be used",
          "put the authority's certificates into ca_file, as PEM; without ca_file, install the package ca-certificates"};
    case CURLE_SSL_CERTPROBLEM:
      return TlsFailure{"the client certificate cannot be used",
                        "look at client_cert and client_key of the peer's entry: PEM, and of one another"};
    default: break;  // CURLcode is libcurl's and grows
  }
  if (detail.find("certificate required") != std::string::npos)
    return TlsFailure{"it asks for a client certificate", denied_mend};
  if (detail.find("wrong version number") != std::string::npos) {
    return TlsFailure{"it does not speak TLS", "check the port; if it serves plain http, the URL must begin with http://"};
  }
  if (code == CURLE_SSL_CONNECT_ERROR) return TlsFailure{"no TLS connection", ""};
  return std::nullopt;
}

}  // namespace

std::optional<TlsFailure> tls_failure(CURLcode code, const std::string& detail, const std::string& denied_mend) {
  auto failure = explained(code, detail, denied_mend);
  if (failure) failure->why = fmt::format("{} ({})", failure->why, detail);
  return failure;
}

}  // namespace ingot::io
