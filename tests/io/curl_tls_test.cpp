// libcurl over TLS with a real nginx: only the right certificate of the right authority is accepted (A19).
#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/net/curl_transport.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::curl_tls_test {
namespace {

using namespace testing_support;  // NOLINT: the whole support folder is used
using Status = io::Response::Status;
using testing::HasSubstr;

class curl_tls : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/usr/sbin/nginx")) FAIL() << "nginx is not installed: apt-get install nginx-light";
    std::filesystem::create_directories(folder_ / "public");
    write_text(folder_ / "public/head.dsse", "the head");
    write_text(folder_ / "ca.pem", authority_.certificate_pem());
    write_text(folder_ / "other-ca.pem", Certificate::authority("other").certificate_pem());
  }

  void serve(const Certificate& certificate, const std::string& extra = "") {
    write_text(folder_ / "server.pem", certificate.certificate_pem());
    write_text(folder_ / "server.key", certificate.key_pem());
    port_ = free_port();
    nginx_ = std::make_unique<Nginx>(folder_ / "public", folder_.path(),
                                     "listen 127.0.0.1:" + std::to_string(port_) +
                                         " ssl; ssl_certificate server.pem; ssl_certificate_key server.key; " + extra);
  }

  io::Response get(PeerCredentials credentials, const std::string& host = "127.0.0.1") {
    io::CurlTransport transport(clock_, {.connect_timeout = std::chrono::seconds(5), .retry = {.attempts = 1}, .seed = 1});
    const auto peer = transport.peer({.peer = ServerName::of("p"),
                                      .urls = {"https://" + host + ":" + std::to_string(port_) + "/"},
                                      .credentials = std::move(credentials)});
    const io::Fetched fetched = io::fetch(*peer, {.path = "head.dsse", .at_most = 100});
    body_ = fetched.body;
    return fetched.response;
  }
  PeerCredentials trusting(const std::string& ca) const {
    PeerCredentials credentials;
    credentials.ca_file = folder_ / ca;
    return credentials;
  }

  io::SystemClock clock_;
  TestFolder folder_;
  Certificate authority_ = Certificate::authority("ours");
  std::unique_ptr<Nginx> nginx_;
  int port_ = 0;
  std::string body_;
};

TEST_F(curl_tls, accepts_a_certificate_of_the_peers_own_authority) {
  serve(authority_.issue("127.0.0.1"));
  const io::Response response = get(trusting("ca.pem"));
  EXPECT_EQ(response.status, Status::ok) << response.why;
  EXPECT_EQ(body_, "the head");
}

TEST_F(curl_tls, A19_refuses_what_does_not_verify) {
  serve(authority_.issue("127.0.0.1"));
  for (const auto& credentials : {trusting("other-ca.pem"), PeerCredentials{}}) {
    const io::Response response = get(credentials);
    EXPECT_EQ(response.status, Status::unreachable);
    EXPECT_THAT(response.why, HasSubstr("its certificate is not trusted (SSL"));
    EXPECT_THAT(response.mend, HasSubstr("ca_file"));
    EXPECT_EQ(body_, "");
  }
}

TEST_F(curl_tls, A19_refuses_a_certificate_for_another_host) {
  serve(authority_.issue("elsewhere.example"));
  const io::Response response = get(trusting("ca.pem"));
  EXPECT_EQ(response.status, Status::unreachable);
  EXPECT_THAT(response.why, HasSubstr("for another host"));
}

TEST_F(curl_tls, A19_refuses_an_expired_certificate) {
  serve(authority_.issue("127.0.0.1", Validity::over));
  const io::Response response = get(trusting("ca.pem"));
  EXPECT_EQ(response.status, Status::unreachable);
  EXPECT_THAT(response.why, HasSubstr("its certificate has expired (SSL"));
}

TEST_F(curl_tls, A19_plain_http_is_no_tls) {
  serve(authority_.issue("127.0.0.1"));
  port_ = nginx_->port();  // it speaks http there
  const io::Response response = get(trusting("ca.pem"));
  EXPECT_EQ(response.status, Status::unreachable);
  EXPECT_THAT(response.why, HasSubstr("it does not speak TLS ("));
  EXPECT_THAT(response.mend, HasSubstr("http://"));
}

TEST_F(curl_tls, shows_its_client_certificate) {
  serve(authority_.issue("127.0.0.1"), "ssl_client_certificate ca.pem; ssl_verify_client on;");
  EXPECT_NE(get(trusting("ca.pem")).status, Status::ok) << "none is shown";
  const Certificate client = authority_.issue("client.example");
  write_text(folder_ / "client.pem", client.certificate_pem());
  write_text(folder_ / "client.key", client.key_pem());
  PeerCredentials credentials = trusting("ca.pem");
  credentials.client_cert = folder_ / "client.pem";
  credentials.client_key = folder_ / "client.key";
  const io::Response response = get(credentials);
  EXPECT_EQ(response.status, Status::ok) << response.why;
}

}  // namespace
}  // namespace ingot::curl_tls_test
