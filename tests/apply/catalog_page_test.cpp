// The catalog page in the published tree: written, renewed, left alone, removed; and no run dies half way of it.
#include "reconciler/apply/publish/catalog_page.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "reconciler/apply/upkeep/garbage.hpp"
#include "reconciler/page/catalog_page.hpp"
#include "schema/error.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::catalog_page_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using page::Change;
using testing::HasSubstr;

std::string page_of(const std::string& version, const std::string& rest = "<html></html>") {
  return "<!doctype html>\n<!-- The catalog page of ingot " + version + ". Words. -->\n" + rest;
}

class catalog_page : public testing::Test {
 protected:
  TestFolder box;
  TestServer here{box.path(), "oslo"};
  const std::string path = here.public_folder() + "/index.html";
  const std::string ours{page::catalog_page()};

  void keep() { apply::keep_page(here.store(), here.manifest.server); }
  std::string why_not() { return apply::why_no_page(here.store(), here.manifest.server); }
  /// What keep_page leaves of a file with this text.
  std::string kept(const std::string& text) {
    write_text(path, text);
    keep();
    return fs::exists(path) ? read_text(path) : "nothing";
  }
};

TEST_F(catalog_page, its_version_is_read_from_its_second_line_only) {
  EXPECT_EQ(page::version_of(page_of("1.20.3")), (page::Version{1, 20, 3}));
  EXPECT_TRUE(page::version_of(ours));
  for (const char* const other : {"1.2", "1.2.x", "1.2.3.4", "-1.2.3", "99999999999.0.0", ""}) {
    EXPECT_EQ(page::version_of(page_of(other)), std::nullopt) << other;
  }
  EXPECT_EQ(page::version_of("\n" + page_of("1.2.3")), std::nullopt);
  EXPECT_EQ(page::version_of(""), std::nullopt);
}

TEST_F(catalog_page, it_is_one_file_with_a_policy_and_asks_nobody) {
  EXPECT_LE(ours.size(), page::largest_page);
  EXPECT_THAT(ours, HasSubstr("default-src 'none'; script-src 'sha256-"));
  EXPECT_THAT(ours, HasSubstr("connect-src 'self'"));
  for (const char* const word :
       {"unsafe-inline", "unsafe-eval", "innerHTML", "document.write", "eval(", "<script src", "@import", "url("})
    EXPECT_EQ(ours.find(word), std::string::npos) << word;
}

TEST_F(catalog_page, init_writes_it_and_readers_may_read_it) {
  EXPECT_EQ(read_text(path), ours);
  EXPECT_EQ(static_cast<unsigned>(fs::status(path).permissions()), 0644U);
  EXPECT_EQ(here.tree().faults, std::vector<std::string>{});
}

TEST_F(catalog_page, an_apply_writes_it_even_if_there_is_nothing_to_do) {
  fs::remove(path);
  const auto account = here.apply(std::vector<plan::Change>{});
  EXPECT_EQ(account.exit_code, 0);
  EXPECT_EQ(read_text(path), ours);
}

TEST_F(catalog_page, an_interrupted_run_writes_none_for_its_uploads) {
  fs::remove(path);
  InterruptingEvents events;
  here.events_to = &events;
  const UploadEntry entry{.name = UploadName::of("s3")};
  const auto account = here.apply({publish_change(), change_of(upload_address(entry.name), plan::UploadTree{.upload = entry})});
  io::pretend_interrupted(0);
  EXPECT_EQ(account.exit_code, 130);
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(catalog_page, only_an_older_or_changed_one_is_replaced) {
  EXPECT_EQ(kept(page_of("0.0.9")), ours);
  EXPECT_EQ(kept(ours + "\n"), ours) << "damaged or edited";
  EXPECT_EQ(kept(page_of("999.0.0")), page_of("999.0.0")) << "of a newer ingot";
  const auto before = fs::last_write_time(path);
  kept(ours);
  fs::last_write_time(path, before);
  keep();
  EXPECT_EQ(fs::last_write_time(path), before) << "as it should be: not written again";
}

TEST_F(catalog_page, what_ingot_did_not_write_is_left_alone_and_told) {
  const std::string alien = "<html>our own page</html>";
  EXPECT_EQ(kept(alien), alien);
  EXPECT_THAT(why_not(), HasSubstr("ingot did not write"));
  EXPECT_EQ(kept(std::string(page::largest_page + 1, 'x')).size(), page::largest_page + 1);
  EXPECT_NE(why_not(), "");
  fs::remove(path);
  write_text(box.path() + "/elsewhere", ours);
  fs::create_symlink(box.path() + "/elsewhere", path);
  keep();
  EXPECT_TRUE(fs::is_symlink(path));
  EXPECT_NE(why_not(), "");
  fs::remove(path);
  fs::create_directory(path);
  keep();
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_NE(why_not(), "");
  here.manifest.server.page = false;
  EXPECT_EQ(why_not(), "") << "none is wanted";
}

TEST_F(catalog_page, if_none_is_wanted_that_of_ingot_is_removed_and_no_other) {
  here.manifest.server.page = false;
  EXPECT_EQ(kept(ours), "nothing");
  EXPECT_EQ(kept(page_of("999.0.0")), "nothing");
  EXPECT_EQ(kept("<html>our own page</html>"), "<html>our own page</html>");
  fs::remove(path);
  keep();
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(catalog_page, gc_keeps_it) {
  const apply::GarbageRules rules{.grace = Seconds(0), .dry_run = false, .wanted = {}};
  const Time later = here.clock.time + std::chrono::hours(24 * 365);
  apply::collect_garbage(here.state(), here.store(), here.manifest.server, rules, later);
  apply::collect_garbage(here.state(), here.store(), here.manifest.server, rules, later + Seconds(1));
  EXPECT_EQ(read_text(path), ours);
}

TEST_F(catalog_page, a_disk_that_fails_leaves_the_old_page_or_the_new_one) {
  const std::string old = page_of("0.0.1");
  for (std::size_t at = 1;; ++at) {
    SCOPED_TRACE(at);
    here.reopen();
    write_text(path, old);
    FaultFiles disk;
    here.reopen(&disk);
    disk.start_over();
    disk.fail_at = at;
    disk.error = ENOSPC;
    disk.for_ever = true;
    int exit_code = 6;
    try {
      exit_code = here.apply(std::vector<plan::Change>{}).exit_code;
    } catch (const Error& error) { EXPECT_EQ(error.fault(), Fault::local); }
    const std::string left = read_text(path);
    EXPECT_TRUE(left == old || left == ours);
    EXPECT_EQ(exit_code, disk.count() < at ? 0 : 6);
    if (disk.count() < at) break;
  }
  here.reopen();
  keep();
  EXPECT_EQ(read_text(path), ours);
  EXPECT_EQ(here.tree().faults, std::vector<std::string>{});
}

}  // namespace
}  // namespace ingot::catalog_page_test
