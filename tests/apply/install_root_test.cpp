// A next root on the disk: durable before a head names it, whatever fails in between (R25, A11).
#include "reconciler/apply/publish/install_root.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/trust/next_root.hpp"
#include "schema/error.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/full_suite.hpp"
#include "tests/support/server_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::install_root_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::IsEmpty;

class installing : public testing::Test {
 protected:
  installing() {
    here.apply({add(here, "a", "bytes of a"), publish_change()});
    apply::write_key(disk, here.manifest.server.keys + "/catalog-2.pem", trust::PrivateKey::generate());
    here.close();
    fs::copy(here.folder(), folder.path() + "/template", fs::copy_options::recursive);
    here.reopen();
  }

  /// The next root, with another catalog key instead of the one that was stolen.
  std::string revoking() {
    const trust::TrustedRoot current = apply::own_roots(here.store(), here.state().self()).back();
    const apply::KeysHere catalog = apply::keys_here(disk, here.manifest.server.keys, apply::KeyRole::catalog);
    const auto next = trust::next_root(current, {.root = {},
                                                 .catalog = {.add = {key_at("catalog-2.pem")}, .drop = {}, .threshold = {}},
                                                 .revoke = {key_at("catalog.pem")},
                                                 .expires = here.clock.now() + apply::root_life});
    const trust::PrivateKey signer = apply::read_key(disk, apply::root_key_path(here.manifest.server.keys));
    return write_envelope(trust::sign_envelope(root_payload_type, write_root(std::get<Root>(next)), {&signer}));
  }
  PublicKey key_at(const std::string& file) { return apply::read_key(disk, here.manifest.server.keys + "/" + file).public_key(); }

  apply::PublishedNow install(const std::string& envelope, io::Files& files) {
    return apply::install_root(envelope, here.state(), here.store(), files, here.manifest.server, here.clock);
  }
  std::string why_refused(const std::string& envelope) {
    try {
      install(envelope, disk);
    } catch (const Error& error) { return std::string(text_of(error.code())); }
    return "";
  }
  void start_over() {
    here.close();
    fs::remove_all(here.folder());
    fs::copy(folder.path() + "/template", here.folder(), fs::copy_options::recursive);
    here.reopen();
  }
  std::uint64_t newest_root() { return apply::newest_own_root(here.store(), here.state().self()).version; }

  io::PosixFiles disk;
  TestFolder folder;
  TestServer here{folder.path(), "here"};
};

TEST_F(installing, A11_a_head_is_signed_under_the_new_root_at_once) {
  const Serial before = here.tree().serial;
  const apply::PublishedNow published = install(revoking(), disk);
  EXPECT_GT(published.serial, before);
  EXPECT_THAT(here.tree().faults, IsEmpty());
  EXPECT_EQ(here.tree().serial, published.serial);
  EXPECT_EQ(newest_root(), 2U);
  EXPECT_EQ(apply::why_publish_again(here.state(), here.store(), here.manifest.server), "");
}

TEST_F(installing, A11_a_root_that_not_enough_keys_have_signed_changes_nothing) {
  auto envelope = std::get<Envelope>(parse_envelope(revoking()));
  const trust::PrivateKey stranger = trust::PrivateKey::generate();
  envelope.signatures.clear();
  trust::sign_too(envelope, stranger);
  const std::string head = here.tree().head_digest;
  EXPECT_EQ(why_refused(write_envelope(envelope)), "root-refused");
  EXPECT_EQ(why_refused("no root"), "root-refused");
  EXPECT_EQ(newest_root(), 1U);
  EXPECT_EQ(here.tree().head_digest, head);
}

TEST_F(installing, a_root_whose_catalog_keys_are_not_here_changes_nothing) {
  const std::string envelope = revoking();
  fs::remove(here.manifest.server.keys + "/catalog-2.pem");
  EXPECT_EQ(why_refused(envelope), "no-catalog-key");
  EXPECT_EQ(newest_root(), 1U);
}

TEST_F(installing, a_root_that_is_over_changes_nothing) {
  const std::string envelope = revoking();
  here.clock.time += apply::root_life + Seconds(1);
  EXPECT_EQ(why_refused(envelope), "root-refused");
  EXPECT_EQ(newest_root(), 1U);
}

TEST_F(installing, the_newest_root_once_more_is_fine) {
  const std::string envelope = revoking();
  const Serial first = install(envelope, disk).serial;
  EXPECT_GT(install(envelope, disk).serial, first);
  EXPECT_EQ(newest_root(), 2U);
}

TEST_F(installing, R25_a_disk_that_fails_at_any_step_leaves_a_whole_tree_and_the_next_publication_goes_on) {
  std::size_t failed = 0;
  for (std::size_t at = 1;; at += step_of(1)) {
    start_over();
    const std::string envelope = revoking();
    const Serial before = here.tree().serial;
    FaultFiles faulty;
    here.reopen(&faulty);
    faulty.start_over();
    faulty.fail_at = at;
    faulty.for_ever = true;
    bool whole = false;
    try {
      install(envelope, faulty);
      whole = true;
    } catch (const Error& error) { EXPECT_EQ(error.fault(), Fault::local) << error.what(); }
    EXPECT_THAT(here.tree().faults, IsEmpty()) << "operation " << at;
    here.reopen();
    here.apply(std::vector<plan::Change>{publish_change()});
    EXPECT_THAT(here.tree().faults, IsEmpty()) << "operation " << at << ", after the next run";
    EXPECT_GE(here.tree().serial, before);
    EXPECT_EQ(apply::why_publish_again(here.state(), here.store(), here.manifest.server), "")
        << "operation " << at << ": the head is of the newest root";
    if (whole) break;
    ++failed;
  }
  EXPECT_GT(failed * step_of(1), 10U);
}

}  // namespace
}  // namespace ingot::install_root_test
