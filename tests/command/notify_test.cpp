// Who is told of a run, by a real program and a real web server on this machine; and that telling changes nothing.
#include <atomic>
#include <csignal>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "reconciler/io/hmac.hpp"
#include "reconciler/io/interrupt.hpp"
#include "schema/text/base64.hpp"
#include "tests/command/check_json.hpp"
#include "tests/command/commands_fixture.hpp"
#include "tests/support/raw_server.hpp"

namespace ingot::notify_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::RawConnection;
using testing_support::RawServer;
using Json = nlohmann::json;
namespace fs = std::filesystem;

const std::string fine = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";

std::string header(const std::string& request, const std::string& name) {
  const auto begin = request.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return "";
  const auto value = begin + name.size() + 4;
  return request.substr(value, request.find("\r\n", value) - value);
}
std::string body(const std::string& request) { return request.substr(request.find("\r\n\r\n") + 4); }

struct Notify : testing_support::Commands {
  std::string base;

  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);  // as the program's main does
    two_servers();
    base = read(folder / "silver/ingot.toml");
  }
  std::string file(const std::string& name) const { return (folder / name).string(); }
  /// Appends what it is told to the file "told".
  std::string program(const std::string& script = "cat >> \"$(dirname \"$0\")/told\"\n") const {
    write("tell", "#!/bin/sh\n" + script);
    ::chmod(file("tell").c_str(), 0700);
    return "[[notify]]\ncommand = [\"" + file("tell") + "\"]\n";
  }
  std::string webhook(const RawServer& server, const std::string& more = "") const {
    write("key", "secret-canary\n");
    return "[[notify]]\nurl = \"" + server.url() + "hook/path-canary\"\nkey_file = \"" + file("key") + "\"\n" + more;
  }
  void silver_is(const std::string& entries) const { write("silver/ingot.toml", base + entries); }
  Ran reconcile() { return at("silver", {"reconcile"}); }
  std::vector<Json> told() const {
    std::vector<Json> messages;
    std::istringstream lines(read(folder / "told"));
    for (std::string line; std::getline(lines, line);) {
      testing_support::expect_valid_json("notification", line);
      messages.push_back(Json::parse(line));
    }
    return messages;
  }
};

TEST_F(Notify, tells_a_program_of_change_failure_and_recovery_once_each) {
  silver_is(program());
  ASSERT_EQ(reconcile().exit, 0) << terminal.said;
  ASSERT_EQ(told().size(), 1U);
  const Json first = told()[0];
  EXPECT_EQ(first["specversion"], "1.0");
  EXPECT_EQ(first["subject"], "silver");
  EXPECT_EQ(first["data"]["occasions"], Json({"change"}));
  EXPECT_EQ(first["id"], std::string(first["data"]["run"]["id"]) + ".1");
  EXPECT_EQ(first["data"]["run"]["command"], "reconcile");
  EXPECT_TRUE(first["data"]["run"]["manifest"]["git"].is_null()) << "it is in no repository";
  EXPECT_EQ(first["data"]["counts"]["done"], first["data"]["done"].size());
  EXPECT_THAT(first["data"]["done"].dump(), HasSubstr("copy.gold.a"));
  reconcile();
  EXPECT_EQ(told().size(), 1U) << "nothing happened";

  fs::rename(folder / "gold/store/public", folder / "away");
  EXPECT_EQ(reconcile().exit, 3);
  ASSERT_EQ(told().size(), 2U);
  EXPECT_EQ(told()[1]["data"]["occasions"], Json({"failure"}));
  EXPECT_EQ(told()[1]["data"]["unknown"][0]["peer"], "gold");
  fs::rename(folder / "away", folder / "gold/store/public");
  EXPECT_EQ(reconcile().exit, 0);
  EXPECT_EQ(reconcile().exit, 0);
  ASSERT_EQ(told().size(), 3U);
  EXPECT_EQ(told()[2]["data"]["occasions"], Json({"recovery"}));
  EXPECT_EQ(told()[2]["data"]["last_failure"], 3);
}

TEST_F(Notify, a_recovery_is_told_though_a_run_was_interrupted_or_failed_before_the_history_knew_of_it) {
  silver_is(program());
  ASSERT_EQ(reconcile().exit, 0) << terminal.said;
  const std::string key = read(folder / "silver/keys/catalog.pem");
  write("silver/keys/catalog.pem", "no key");
  const int failed = reconcile().exit;
  EXPECT_EQ(reconcile().exit, failed);
  ASSERT_EQ(told().size(), 3U);
  EXPECT_TRUE(told()[1]["data"]["last_failure"].is_null());
  EXPECT_EQ(told()[2]["data"]["last_failure"], failed) << "by which one that goes on is told from a new one";
  write("silver/keys/catalog.pem", key);
  io::pretend_interrupted(SIGINT);
  EXPECT_EQ(reconcile().exit, 130);
  io::pretend_interrupted(0);
  EXPECT_EQ(reconcile().exit, 0) << terminal.said;
  EXPECT_EQ(reconcile().exit, 0) << terminal.said;
  ASSERT_EQ(told().size(), 4U);
  EXPECT_EQ(told()[3]["data"]["occasions"], Json({"recovery"}));
}

TEST_F(Notify, gives_a_program_the_environment_but_no_secret_of_it) {
  for (const char* name : {"INGOT_GIT_TOKEN", "GOLD_TOKEN", "INGOT_HOOK_KEY"}) ::setenv(name, "secret-canary", 1);
  ::setenv("MAIL_TO", "operators", 1);
  std::string with_token = base;
  with_token.insert(with_token.find("[[subscription]]"), "token_env = \"GOLD_TOKEN\"\n");
  write("silver/ingot.toml",
        with_token + program("env >> \"$(dirname \"$0\")/told\"\n") +
            "[[notify]]\nurl = \"http://127.0.0.1:1/\"\nkey_env = \"INGOT_HOOK_KEY\"\non = [\"recovery\"]\n");
  const Ran ran = reconcile();
  for (const char* name : {"INGOT_GIT_TOKEN", "GOLD_TOKEN", "INGOT_HOOK_KEY", "MAIL_TO"}) ::unsetenv(name);
  ASSERT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(read(folder / "told"), AllOf(HasSubstr("MAIL_TO=operators"), Not(HasSubstr("secret-canary"))));
}

TEST_F(Notify, tells_only_what_was_asked_for) {
  silver_is(program() + "on = [\"failure\"]\n");
  ASSERT_EQ(reconcile().exit, 0) << terminal.said;
  EXPECT_TRUE(told().empty());
}

TEST_F(Notify, tells_those_who_use_a_series_of_its_new_members_alone) {
  silver_is("[[series]]\nname = \"s\"\nimages = [\"b\"]\n[[series]]\nname = \"other\"\nimages = [\"a\"]\n" + program() +
            "series = [\"s\"]\n");
  EXPECT_EQ(reconcile().exit, 3) << "no peer has b yet" << terminal.said << terminal.printed;
  EXPECT_TRUE(told().empty()) << "another series grew";
  write("gold/b.bin", "bytes of b");
  manifest("gold", "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n[[image]]\nname = \"b\"\nsource = \"b.bin\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0);
  EXPECT_EQ(reconcile().exit, 0) << terminal.said << terminal.printed;
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(told()[0]["data"]["series"], Json::parse(R"([{"name":"s","added":["b"]}])"));
}

TEST_F(Notify, tells_those_who_use_copies_when_the_series_of_the_peer_grows) {
  const std::string of_gold =
      "[[image]]\nname = \"a\"\nsource = \"a.bin\"\nversion = \"1\"\n[[image]]\nname = \"b\"\nsource = "
      "\"b.bin\"\n[[series]]\nname = \"db\"\nimages = ";
  write("gold/b.bin", "bytes of b");
  manifest("gold", of_gold + "[\"a\"]\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  silver_is("[[series]]\nname = \"ours\"\nfollow = { peer = \"gold\", series = \"db\" }\n" + program() + "series = [\"ours\"]\n");
  EXPECT_EQ(reconcile().exit, 0) << terminal.said;
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(told()[0]["data"]["series"], Json::parse(R"([{"name":"ours","added":["a"]}])")) << "b came too, and is no member";
  manifest("gold", of_gold + "[\"a\", \"b\"]\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  EXPECT_EQ(reconcile().exit, 0) << terminal.said;
  ASSERT_EQ(told().size(), 2U);
  EXPECT_EQ(told()[1]["data"]["series"], Json::parse(R"([{"name":"ours","added":["b"]}])"));
  manifest("gold", of_gold + "[\"b\"]\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
  EXPECT_EQ(reconcile().exit, 0) << terminal.said;
  EXPECT_EQ(told().size(), 2U) << "nothing came to it";
}

TEST_F(Notify, tells_when_the_latest_of_a_series_became_another_image_for_whatever_reason) {
  for (const char* name : {"b", "c"}) write("gold/" + std::string(name) + ".bin", std::string("bytes of ") + name);
  const auto gold_is = [&](const std::string& series, const std::string& state_of_c) {
    std::string text;
    for (const std::string name : {"a", "b", "c"})
      text += "[[image]]\nname = \"" + name + "\"\nsource = \"" + name + ".bin\"\n" +
              (name == "a"   ? "version = \"1\"\n"
               : name == "c" ? state_of_c
                             : "");
    manifest("gold", text + "[[series]]\nname = \"db\"\nimages = " + series + "\n");
    ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0) << terminal.said;
    EXPECT_EQ(reconcile().exit, 0) << terminal.said;
  };
  const auto latest = [&](std::size_t message) { return told().at(message)["data"]["latest"].dump(); };
  const auto change = [](const std::string& before, const std::string& now) {
    return R"([{"before":)" + before + R"(,"now":)" + now + R"(,"series":"ours"}])";
  };
  silver_is(
      "[[series]]\nname = \"ours\"\nfollow = { peer = \"gold\", series = \"db\" }\n[[series]]\nname = \"other\"\nimages = "
      "[\"a\"]\n" +
      program() + "on = [\"latest\"]\nseries = [\"ours\"]\n");
  gold_is(R"(["a", "b"])", "");
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(latest(0), change("null", "\"b\"")) << "new; and of \"other\" nothing is told";
  EXPECT_EQ(told()[0]["data"]["occasions"], Json({"change", "latest"}));
  gold_is(R"(["c", "a", "b"])", "");
  EXPECT_EQ(told().size(), 1U) << "it grew, and its latest is what it was";
  gold_is(R"(["a", "b", "c"])", "");
  ASSERT_EQ(told().size(), 2U);
  EXPECT_EQ(latest(1), change("\"b\"", "\"c\"")) << "reordered";
  gold_is(R"(["a", "b", "c"])", "state = \"WITHDRAWN\"\nreason = \"bad\"\n");
  ASSERT_EQ(told().size(), 3U);
  EXPECT_EQ(latest(2), change("\"c\"", "\"b\"")) << "withdrawn";
  gold_is(R"(["a", "b", "c"])", "");
  ASSERT_EQ(told().size(), 4U);
  EXPECT_EQ(latest(3), change("\"b\"", "\"c\"")) << "taken back";
  gold_is(R"(["a"])", "");
  ASSERT_EQ(told().size(), 5U);
  EXPECT_EQ(latest(4), change("\"c\"", "\"a\"")) << "removed";
  EXPECT_EQ(reconcile().exit, 0);
  EXPECT_EQ(told().size(), 5U) << "nothing happened";
}

TEST_F(Notify, tells_of_the_latest_only_who_asks_for_it) {
  silver_is("[[series]]\nname = \"s\"\nimages = [\"a\"]\n" + program());
  EXPECT_EQ(reconcile().exit, 0) << terminal.said;
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(told()[0]["data"]["occasions"], Json({"change"}));
  EXPECT_EQ(told()[0]["data"]["latest"], Json::array());
}

TEST_F(Notify, signs_what_it_sends_to_a_webhook_and_shows_no_secret) {
  RawServer server([](const RawConnection& connection, const std::string&) { connection.send(fine); });
  silver_is(webhook(server));
  const Ran ran = reconcile();
  EXPECT_EQ(ran.exit, 0) << ran.err;
  ASSERT_EQ(server.requests().size(), 1U);
  const std::string request = server.requests()[0];
  EXPECT_TRUE(request.starts_with("POST /hook/path-canary")) << request;
  EXPECT_EQ(header(request, "Content-Type"), "application/cloudevents+json");
  testing_support::expect_valid_json("notification", body(request));
  EXPECT_EQ(header(request, "webhook-id"), Json::parse(body(request))["id"]);
  const Digest mac = io::hmac_sha256(
      "secret-canary", header(request, "webhook-id") + "." + header(request, "webhook-timestamp") + "." + body(request));
  EXPECT_EQ(header(request, "webhook-signature"), "v1," + to_base64(std::string(mac.bytes.begin(), mac.bytes.end())));
  EXPECT_THAT(request + ran.out + ran.err, Not(HasSubstr("secret-canary")));
}

TEST_F(Notify, tells_each_entry_under_an_id_of_its_own) {
  RawServer server([](const RawConnection& connection, const std::string&) { connection.send(fine); });
  silver_is(webhook(server) + webhook(server, "on = [\"change\"]\nseries = [\"s\"]\n"));
  EXPECT_EQ(reconcile().exit, 0) << terminal.said;
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_NE(header(server.requests()[0], "webhook-id"), header(server.requests()[1], "webhook-id"))
      << "a receiver drops what it knows";
}

TEST_F(Notify, tells_of_a_report_that_could_not_be_written) {
  silver_is(program() + "on = [\"failure\"]\n");
  EXPECT_EQ(at("silver", {"apply", "--yes", "--output", "markdown=" + file("nowhere/a.md")}).exit, 6);
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(told()[0]["data"]["run"]["exit"], 6);
  EXPECT_TRUE(told()[0]["data"]["failed"].empty());
}

TEST_F(Notify, tries_again_with_the_same_id_and_gives_up_after_three) {
  std::atomic<int> answers = 0;
  RawServer server([&](const RawConnection& connection, const std::string&) {
    connection.send(++answers < 3 ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" : fine);
  });
  silver_is(webhook(server));
  EXPECT_THAT(reconcile().err, Not(HasSubstr("not notified")));
  ASSERT_EQ(server.requests().size(), 3U);
  EXPECT_EQ(header(server.requests()[0], "webhook-id"), header(server.requests()[2], "webhook-id"));
}

TEST_F(Notify, a_receiver_that_refuses_is_told_of_and_changes_nothing) {
  RawServer server([](const RawConnection& connection, const std::string&) {
    connection.send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  });
  silver_is(webhook(server));
  const Ran ran = reconcile();
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(server.requests().size(), 1U) << "no redirect is followed, and no retry mends it";
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr("not notified: the webhook at 127.0.0.1"), HasSubstr("status 302"), Not(HasSubstr("canary"))));
  fs::remove(folder / "key");
  manifest("gold", "[[image]]\nname = \"b\"\nsource = \"a.bin\"\n");
  ASSERT_EQ(at("gold", {"apply", "--yes"}).exit, 0);
  const Ran keyless = reconcile();
  EXPECT_EQ(keyless.exit, 0);
  EXPECT_THAT(keyless.err, AllOf(HasSubstr("not notified"), HasSubstr("(key_file) cannot be read")));
}

TEST_F(Notify, a_program_that_fails_hangs_or_is_not_there_changes_nothing) {
  silver_is(program("exit 3\n") + "[[notify]]\ncommand = [\"" + file("nowhere") +
            "\"]\n[[notify]]\ncommand = [\"/bin/sleep\", \"60\"]\ntimeout = \"1s\"\n");
  const Ran ran = reconcile();
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("ended with status 3"), HasSubstr("cannot be started: No such file"),
                             HasSubstr("was killed after 1s")));
}

TEST_F(Notify, does_not_wait_for_a_program_whose_end_it_cannot_see) {
  silver_is(program());
  std::signal(SIGCHLD, SIG_IGN);
  const Ran ran = reconcile();
  std::signal(SIGCHLD, SIG_DFL);
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("ended, and how is not known"), Not(HasSubstr("killed"))));
  EXPECT_EQ(told().size(), 1U);
}

TEST_F(Notify, tells_of_a_run_that_an_error_ended) {
  silver_is(program());
  write("silver/keys/catalog.pem", "no key");
  EXPECT_NE(reconcile().exit, 0);
  ASSERT_EQ(told().size(), 1U);
  EXPECT_EQ(told()[0]["data"]["occasions"], Json({"failure"}));
  EXPECT_FALSE(told()[0]["data"]["error"].is_null());
}

}  // namespace
}  // namespace ingot::notify_test
