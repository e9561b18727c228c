// Secrets, disks and proxies: what is sent where, and what never shows.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>

#include "reconciler/io/net/credentials.hpp"
#include "schema/error.hpp"
#include "tests/io/curl_stage.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::testing_support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class curl_credentials : public curl_transport {};

constexpr const char* canary = "s3cr3t-canary-token";

TEST_F(curl_credentials, B10_a_token_goes_to_its_peer_alone) {
  TestFolder folder;
  write_text(folder / "token", std::string("  ") + canary + "\n");
  access_.credentials.token_file = folder / "token";
  RawServer server(always(raw("200 OK\r\nContent-Length: 0", "")));
  EXPECT_EQ(get({server.url()}).status, Status::ok);
  EXPECT_THAT(server.requests().at(0), HasSubstr(std::string("Authorization: Bearer ") + canary + "\r\n"));
}

TEST_F(curl_credentials, B10_a_token_of_the_environment_works_too) {
  ::setenv("INGOT_TEST_TOKEN", canary, 1);
  access_.credentials.token_env = "INGOT_TEST_TOKEN";
  RawServer server(always(raw("200 OK\r\nContent-Length: 0", "")));
  get({server.url()});
  ::unsetenv("INGOT_TEST_TOKEN");
  EXPECT_THAT(server.requests().at(0), HasSubstr(canary));
}

TEST_F(curl_credentials, N7_no_error_shows_a_secret) {
  ::setenv("INGOT_TEST_TOKEN", canary, 1);
  access_.credentials.token_env = "INGOT_TEST_TOKEN";
  std::vector<std::string> texts;
  for (const char* answer :
       {"HTTP/1.1 401 No\r\nContent-Length: 0\r\nWWW-Authenticate: Bearer realm=\"x\"\r\n\r\n", "HTTP/1.1 500 X\r\n\r\n",
        "garbage", "", "HTTP/1.1 302 Go\r\nLocation: http://user:s3cr3t-canary-token@x/\r\nContent-Length: 0\r\n\r\n"}) {
    RawServer server(always(answer));
    texts.push_back(get({server.url()}).why);
  }
  texts.push_back(get({"https://user:s3cr3t-canary-token@127.0.0.1:1/"}).why);
  texts.push_back(get({"https://127.0.0.1:1/?token=s3cr3t-canary-token"}).why);
  for (const char* value : {"", "s3cr3t-canary-token\nX-Evil: 1", "s3cr3t-canary-token\x01"}) {
    ::setenv("INGOT_TEST_TOKEN", value, 1);
    try {
      get({"http://127.0.0.1:1/"});
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::manifest);
      texts.push_back(error.text() + error.mend());
    }
  }
  ::unsetenv("INGOT_TEST_TOKEN");
  for (const auto& text : texts) {
    EXPECT_FALSE(text.empty());
    EXPECT_THAT(text, Not(HasSubstr("canary")));
  }
}

TEST_F(curl_credentials, who_is_not_let_in_is_told_which_key_to_look_at) {
  RawServer server(always(raw("403 No\r\nContent-Length: 0", "")));
  EXPECT_THAT(get({server.url()}).mend, HasSubstr("token_env, token_file or client_cert"));
  TestFolder folder;
  write_text(folder / "token", canary);
  access_.credentials.token_file = folder / "token";
  const io::Response response = get({server.url()});
  EXPECT_THAT(response.mend, HasSubstr("(token_file)"));
  EXPECT_THAT(response.why, HasSubstr(response.mend));
}

TEST_F(curl_credentials, a_key_goes_to_the_store_alone) {
  RawServer store(always(raw("200 OK\r\nContent-Length: 2", "ok"))), other(always(raw("200 OK\r\nContent-Length: 2", "ok")));
  std::string address = store.url();
  address.pop_back();
  ::setenv("INGOT_TEST_ID", "id-of-the-key", 1);
  ::setenv("INGOT_TEST_SECRET", canary, 1);
  access_.credentials.s3 =
      S3Access{.endpoint = address, .region = "here", .key = {.key_id_env = "INGOT_TEST_ID", .secret_env = "INGOT_TEST_SECRET"}};
  EXPECT_EQ(get({store.url() + "gold/"}).status, Status::ok);
  EXPECT_EQ(get({other.url() + "gold/"}).status, Status::ok);
  ASSERT_EQ(store.requests().size(), 1U);
  EXPECT_THAT(store.requests()[0], AllOf(StartsWith("GET /gold/head.dsse HTTP/1.1\r\n"), HasSubstr("Credential=id-of-the-key/"),
                                         HasSubstr("/here/s3/aws4_request"), Not(HasSubstr(canary))));
  ASSERT_EQ(other.requests().size(), 1U);
  EXPECT_THAT(other.requests()[0], Not(HasSubstr("id-of-the-key")));
}

TEST_F(curl_credentials, a_newer_key_of_the_file_is_taken_when_the_old_one_is_refused) {
  for (const auto& refusal : std::vector<std::string>{"403 No", "400 ExpiredToken"}) {
    const TestFolder folder;
    const auto write_key = [&](const std::string& id) {
      write_text(folder / "keys", "[default]\naws_access_key_id = " + id + "\naws_secret_access_key = " + canary + "\n");
    };
    write_key("old");
    RawServer store([&](const RawConnection& connection, const std::string& request) {
      write_key("new");
      const bool is_new = request.find("Credential=new/") != std::string::npos;
      connection.send(is_new ? raw("200 OK\r\nContent-Length: 2", "ok") : raw(refusal + "\r\nContent-Length: 0", ""));
    });
    std::string address = store.url();
    address.pop_back();
    access_.credentials.s3 = S3Access{.endpoint = address, .key = {.file = folder / "keys"}};
    EXPECT_EQ(get({store.url()}).status, Status::ok) << refusal;
    EXPECT_EQ(store.requests().size(), 2U) << refusal;
  }
}

TEST_F(curl_credentials, credentials_that_are_not_there_are_named) {
  const auto refusal = [&](PeerCredentials credentials) {
    access_.credentials = std::move(credentials);
    try {
      get({"http://127.0.0.1:1/"});
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::manifest);
      return error.text();
    }
    return std::string("accepted");
  };
  EXPECT_THAT(refusal({.token_env = "INGOT_NOT_SET", .token_file = {}, .client_cert = {}, .client_key = {}, .ca_file = {}}),
              HasSubstr("INGOT_NOT_SET"));
  EXPECT_THAT(refusal({.token_env = {}, .token_file = "/gone/token", .client_cert = {}, .client_key = {}, .ca_file = {}}),
              HasSubstr("/gone/token"));
  EXPECT_THAT(refusal({.token_env = {}, .token_file = {}, .client_cert = {}, .client_key = {}, .ca_file = "/gone/ca"}),
              HasSubstr("/gone/ca"));
  EXPECT_THAT(refusal({.token_env = {}, .token_file = {}, .client_cert = "/gone/c", .client_key = {}, .ca_file = {}}),
              HasSubstr("peer \"fpps-2\""));
}

TEST_F(curl_credentials, a_file_may_be_a_link_if_others_may_not_write_where_it_leads) {
  const TestFolder folder;
  const auto token_of = [&](const std::string& path) {
    return io::read_secrets({.token_env = {}, .token_file = path, .client_cert = {}, .client_key = {}, .ca_file = {}},
                            ServerName::of("fpps-2"))
        .token;
  };
  const auto refusal = [&](const std::string& path) -> std::string {
    try {
      return token_of(path);
    } catch (const Error& error) { return error.text(); }
  };
  // As Kubernetes mounts a secret: token -> ..data/token, ..data -> ..2026_11_29.
  std::filesystem::create_directory(folder / "..2026_11_29");
  write_text(folder / "..2026_11_29/token", "the-token\n");
  std::filesystem::create_directory_symlink("..2026_11_29", folder / "..data");
  std::filesystem::create_symlink("..data/token", folder / "token");
  EXPECT_EQ(token_of(folder / "token"), "the-token");
  ASSERT_EQ(::chmod((folder / "..2026_11_29/token").c_str(), 0646), 0);
  EXPECT_THAT(refusal(folder / "token"), HasSubstr("which everybody on this machine may write to (mode 0646)"));
  ASSERT_EQ(::chmod((folder / "..2026_11_29/token").c_str(), 0644), 0);
  ASSERT_EQ(::chmod((folder / "..2026_11_29").c_str(), 0777), 0);
  EXPECT_THAT(refusal(folder / "token"), HasSubstr("may replace files (mode 0777)"));
  ASSERT_EQ(::chmod((folder / "..2026_11_29").c_str(), 01777), 0);
  EXPECT_EQ(refusal(folder / "token"), "the-token") << "in a sticky folder nobody replaces another's file";
  std::filesystem::create_symlink("/gone", folder / "lost");
  EXPECT_THAT(refusal(folder / "lost"), HasSubstr("leads to no file"));
  std::filesystem::create_symlink("/dev/null", folder / "device");
  EXPECT_THAT(refusal(folder / "device"), HasSubstr("which is not a file"));
}

// Disks.

TEST_F(curl_credentials, C3_a_disk_that_holds_odd_things_neither_hangs_nor_floods) {
  TestFolder folder;
  ASSERT_EQ(::mkfifo((folder / "head.dsse").c_str(), 0600), 0);
  std::filesystem::create_directory(folder / "folder");
  std::filesystem::create_symlink("/dev/zero", folder / "zero");
  const std::string url = "file://" + folder.path() + "/";
  EXPECT_EQ(get({url}).status, Status::refused);
  EXPECT_EQ(get({url}, {.path = "folder", .at_most = 10}).status, Status::refused);
  EXPECT_EQ(get({url}, {.path = "zero", .at_most = 10}).status, Status::refused);
  EXPECT_EQ(get({"file://" + folder.path() + "/gone/"}).status, Status::not_found);
}

TEST_F(curl_credentials, a_disk_with_blanks_in_its_path_works) {
  TestFolder folder;
  std::filesystem::create_directory(folder / "a b%");
  write_text(folder / "a b%/head.dsse", "ok");
  EXPECT_EQ(get({"file://" + folder.path() + "/a%20b%25/"}).status, Status::ok);
}

TEST_F(curl_credentials, a_file_url_may_name_no_other_host) {
  EXPECT_NE(get({"file://server.example/share/"}).status, Status::ok);
}

// Proxies.

TEST_F(curl_credentials, loopback_never_goes_through_a_proxy) {
  RawServer proxy(always(raw("200 OK\r\nContent-Length: 5", "proxy")));
  RawServer server(always(raw("200 OK\r\nContent-Length: 6", "direct")));
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("all_proxy", proxy.url().c_str(), 1);
  get({server.url()});
  const std::string direct = body_;
  get({"http://192.0.2.1/"});
  const std::string refused = body_;
  access_.allow_http = true;
  get({"http://192.0.2.1/"});
  const std::string proxied = body_;
  ::unsetenv("http_proxy");
  ::unsetenv("all_proxy");
  EXPECT_EQ(direct, "direct");
  EXPECT_EQ(refused, "") << "a proxy would hide where plain http goes";
  EXPECT_EQ(proxied, "proxy");
}

}  // namespace
}  // namespace ingot::testing_support
