// The built program with what stands in a store already: verify --upload, and gc.
#include <atomic>
#include <csignal>

#include "tests/upload/upload_stage.hpp"

namespace ingot::scenarios {
namespace {

using testing::HasSubstr;
using testing_support::StoreFault;

TEST_F(uploads, verify_finds_what_is_missing_or_wrong_and_repairs_it) {
  site_.apply();
  EXPECT_EQ(site_.ingot({"verify", "--upload", "s3"}).exit, 0);
  std::string bytes, page;
  for (const auto& key : keys_of(store_)) {
    if (key.starts_with("gold/dc1/b/")) bytes = key;
    if (key.starts_with("gold/dc1/c/")) page = key;
  }
  store_.remove(bytes);
  store_.put(page, "something else");
  const Ran found = site_.ingot({"verify", "--upload", "s3"});
  EXPECT_EQ(found.exit, 3);
  EXPECT_THAT(found.out, HasSubstr("Incomplete: 2 of "));
  EXPECT_THAT(found.out, HasSubstr(bytes.substr(std::string("gold/dc1/").size()) + ": is missing"));
  EXPECT_THAT(found.out, HasSubstr(page.substr(std::string("gold/dc1/").size()) + ": has other bytes"));
  EXPECT_EQ(site_.ingot({"verify", "--upload", "s3", "--repair"}).exit, 0);
  EXPECT_EQ(site_.ingot({"verify", "--upload", "s3"}).exit, 0);
  EXPECT_EQ(keys_of(store_), tree_paths(site_));
  EXPECT_EQ(site_.ingot({"verify", "--upload", "s4"}).exit, 3);
  EXPECT_EQ(site_.ingot({"verify", "--upload", "s3", "db19"}).exit, 64);
}

TEST_F(uploads, gc_leaves_what_older_heads_name_and_what_is_not_its_own) {
  site_.apply();
  store_.put("gold/dc1/b/notes", "of somebody else");
  site_.manifest(site_.file_image("db20", "others") + upload_entry(store_.address()));
  site_.apply();
  const auto before = keys_of(store_);
  EXPECT_EQ(site_.ingot({"gc", "--grace", "0"}).exit, 0);
  EXPECT_EQ(keys_of(store_), before) << "the first head is valid for days";
  store_.fail([](const std::string&) { return StoreFault{.status = 403, .code = "AccessDenied"}; });
  EXPECT_EQ(site_.ingot({"gc"}).exit, 0) << "nothing is to be removed, so nothing is asked";
}

/// The catalog page is in the store, and nothing needs it any more.
class unneeded_pages : public uploads {
 protected:
  unneeded_pages() {
    const std::string entries = site_.file_image("db19", "the bytes of db19") + upload_entry(store_.address());
    const std::string second = upload_entry(store_.address(), "s3://gold/dc2");
    const std::string both = entries + second.substr(0, second.find("s3")) + "s4" + second.substr(second.find("s3") + 2);
    site_.manifest(both);
    site_.apply();
    site_.manifest("page = false\n" + both);
    site_.apply();
  }
  /// What the history says of the newest run.
  Json last_run() { return site_.query({"history"}).at("runs").at(0); }
  const std::string page_ = "gold/dc1/index.html", second_page_ = "gold/dc2/index.html";
};

TEST_F(unneeded_pages, gc_removes_them) {
  EXPECT_TRUE(keys_of(store_).contains(page_));
  EXPECT_EQ(site_.ingot({"gc", "--grace", "0"}).exit, 0);
  EXPECT_FALSE(keys_of(store_).contains(page_));
  EXPECT_FALSE(keys_of(store_).contains(second_page_));
}

TEST_F(unneeded_pages, gc_removes_nothing_where_the_head_is_another_servers) {
  store_.put("gold/dc1/head.dsse", "the head of another server");
  const Ran ran = site_.ingot({"gc", "--grace", "0"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.out + ran.err, HasSubstr("holds the tree of another server"));
  EXPECT_TRUE(keys_of(store_).contains(page_));
  EXPECT_FALSE(keys_of(store_).contains(second_page_)) << "one store holds no other up";
}

TEST_F(unneeded_pages, gc_waits_where_the_head_is_gone) {
  store_.remove("gold/dc1/head.dsse");
  const Ran ran = site_.ingot({"gc", "--grace", "0"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out + ran.err, HasSubstr("nothing is removed there before"));
  EXPECT_TRUE(keys_of(store_).contains(page_));
}

TEST_F(unneeded_pages, a_gc_with_a_store_that_fails_is_recorded_with_its_exit_code) {
  store_.fail([](const std::string& request) -> std::optional<StoreFault> {
    return request == "DELETE /gold/dc2/index.html" ? std::optional(StoreFault{.status = 403, .code = "AccessDenied"})
                                                    : std::nullopt;
  });
  const Ran ran = site_.ingot({"gc", "--grace", "0"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.out + ran.err, HasSubstr("upload.s3: 1 object"));
  EXPECT_EQ(last_run().at("command"), "gc");
  EXPECT_EQ(last_run().at("exit"), 3);
}

TEST_F(unneeded_pages, a_gc_that_is_interrupted_tells_and_records_what_it_removed) {
  std::atomic<pid_t> victim = 0;
  store_.fail([&](const std::string& request) -> std::optional<StoreFault> {
    if (request == "DELETE /gold/dc2/index.html") {
      kill(victim, SIGINT);
      return StoreFault{.status = 503, .code = "SlowDown", .retry_after = 30};
    }
    return std::nullopt;
  });
  testing_support::Running running({.arguments = {INGOT_BINARY, "gc", "--grace", "0"}, .folder = site_.path(), .environment = {}},
                                   folder_ / "log");
  victim = running.pid();
  const int code = running.wait();
  EXPECT_NE(code, 0);
  EXPECT_THAT(testing_support::read_text(folder_ / "log"), HasSubstr("upload.s3: 1 object"));
  EXPECT_EQ(last_run().at("command"), "gc");
  EXPECT_EQ(last_run().at("exit"), code);
}

TEST_F(uploads, a_repair_that_does_not_help_is_recorded_with_its_exit_code) {
  site_.apply();
  std::string page;
  for (const auto& key : keys_of(store_)) {
    if (key.starts_with("gold/dc1/c/")) page = key;
  }
  store_.put(page, "something else");
  store_.fail([&](const std::string& request) -> std::optional<StoreFault> {
    if (request != "PUT /" + page) return std::nullopt;
    return StoreFault{.status = 200, .code = "none"};  // it says so, and does not do it
  });
  EXPECT_EQ(site_.ingot({"verify", "--upload", "s3", "--repair"}).exit, 3);
  EXPECT_EQ(site_.query({"history"}).at("runs").at(0).at("exit"), 3);
}

}  // namespace
}  // namespace ingot::scenarios
