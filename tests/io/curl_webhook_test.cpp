// Webhooks over TLS with a real nginx: signed, tried again, and never for long; only the right certificate is trusted.
#include <atomic>
#include <filesystem>
#include <memory>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/hmac.hpp"
#include "reconciler/io/net/curl_webhook.hpp"
#include "schema/text/base64.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/nginx.hpp"
#include "tests/support/raw_server.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::curl_webhook_test {
namespace {

using testing::HasSubstr;
using testing_support::Certificate;
using testing_support::FakeClock;
using testing_support::read_text;

class curl_webhook : public testing::Test {
 protected:
  curl_webhook() {
    testing_support::write_text(folder_ / "ca.pem", authority_.certificate_pem());
    testing_support::write_text(folder_ / "other-ca.pem", Certificate::authority("other").certificate_pem());
  }
  void serve(const Certificate& certificate) {
    testing_support::write_text(folder_ / "server.pem", certificate.certificate_pem());
    testing_support::write_text(folder_ / "server.key", certificate.key_pem());
    port_ = testing_support::free_port();
    // What a webhook is given: its headers, as lines of a log, and its body, as a file.
    const std::string kept = "client_body_in_file_only on; client_body_temp_path " + (folder_ / "bodies") + ";";
    nginx_ = std::make_unique<testing_support::Nginx>(
        folder_ / "public", folder_.path(),
        "listen 127.0.0.1:" + std::to_string(port_) +
            " ssl; ssl_certificate server.pem; ssl_certificate_key server.key;"
            "location = /hook { " +
            kept + " add_header X-Told $http_webhook_id; proxy_pass http://127.0.0.1:" + std::to_string(behind_.port()) +
            "; }"
            "location = /moved { return 302 https://127.0.0.1:1/; }");
  }
  io::WebhookCall call(const std::string& path = "hook") const {
    return {.url = "https://127.0.0.1:" + std::to_string(port_) + "/" + path,
            .ca_file = folder_ / "ca.pem",
            .key = "a secret",
            .id = "20261123T020000Z-1a2b3c",
            .content_type = "application/json",
            .body = R"({"said":"something"})",
            .timeout = Seconds(1)};
  }
  std::string told_body() const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "bodies")) {
      if (entry.is_regular_file()) return read_text(entry.path());
    }
    return "";
  }
  static std::string header(const std::string& request, const std::string& name) {
    std::istringstream lines(request);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(name + ": ")) return line.substr(name.size() + 2, line.size() - name.size() - 3);
    }
    return "";
  }

  testing_support::TestFolder folder_;
  FakeClock clock_;
  Certificate authority_ = Certificate::authority("ours");
  std::atomic<int> asked_ = 0;
  std::atomic<int> fails_ = 0;  ///< so many are answered with 503 first
  std::atomic<bool> is_silent_ = false;
  testing_support::RawServer behind_{[this](const testing_support::RawConnection& connection, const std::string&) {
    if (is_silent_) return connection.hold();
    connection.send(asked_++ < fails_ ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" : "HTTP/1.1 204 No Content\r\n\r\n");
  }};
  std::unique_ptr<testing_support::Nginx> nginx_;
  int port_ = 0;
};

TEST_F(curl_webhook, is_told_over_TLS_and_signed) {
  serve(authority_.issue("127.0.0.1"));
  EXPECT_EQ(io::call_webhook(call(), clock_), "");
  ASSERT_EQ(behind_.requests().size(), 1U);
  const std::string request = behind_.requests()[0], stamp = header(request, "webhook-timestamp");
  EXPECT_EQ(stamp, std::to_string(clock_.now().time_since_epoch().count()));
  EXPECT_EQ(header(request, "webhook-id"), call().id);
  EXPECT_EQ(told_body(), call().body);
  const Digest mac = io::hmac_sha256("a secret", call().id + "." + stamp + "." + told_body());
  EXPECT_EQ(header(request, "webhook-signature"), "v1," + to_base64(std::string(mac.bytes.begin(), mac.bytes.end())));
}

TEST_F(curl_webhook, is_tried_again_while_its_server_is_busy_or_away) {
  serve(authority_.issue("127.0.0.1"));
  fails_ = 1;
  EXPECT_EQ(io::call_webhook(call(), clock_), "");
  EXPECT_EQ(asked_, 2);
  ASSERT_EQ(behind_.requests().size(), 2U);
  EXPECT_EQ(header(behind_.requests()[0], "webhook-id"), header(behind_.requests()[1], "webhook-id"));
  nginx_->stop();
  bool started = false;
  clock_.on_sleep = [&] {
    if (!std::exchange(started, true)) nginx_->start();
  };
  EXPECT_EQ(io::call_webhook(call(), clock_), "");
  EXPECT_EQ(asked_, 3);
}

TEST_F(curl_webhook, is_given_up_after_three_tries_of_its_time) {
  serve(authority_.issue("127.0.0.1"));
  is_silent_ = true;
  EXPECT_THAT(io::call_webhook(call(), clock_), HasSubstr("Timeout was reached"));
  EXPECT_EQ(behind_.requests().size(), 3U);
  EXPECT_LT(clock_.slept(), std::chrono::seconds(10));
}

TEST_F(curl_webhook, is_not_told_anything_if_its_certificate_is_not_trusted) {
  serve(authority_.issue("127.0.0.1"));
  io::WebhookCall wrong = call();
  for (const std::string& ca : {folder_ / "other-ca.pem", std::string()}) {
    wrong.ca_file = ca;
    EXPECT_THAT(io::call_webhook(wrong, clock_), HasSubstr("its certificate is not trusted"));
  }
  serve(authority_.issue("elsewhere.example"));
  EXPECT_THAT(io::call_webhook(call(), clock_), HasSubstr("for another host"));
  EXPECT_TRUE(behind_.requests().empty());
  EXPECT_TRUE(clock_.sleeps().empty()) << "time does not mend it";
}

TEST_F(curl_webhook, is_followed_nowhere) {
  serve(authority_.issue("127.0.0.1"));
  EXPECT_EQ(io::call_webhook(call("moved"), clock_), "it answers with status 302");
}

}  // namespace
}  // namespace ingot::curl_webhook_test
