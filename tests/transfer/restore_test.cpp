// Making trees and files again: what the tar holds comes back, and hostile bytes reach nothing outside.
#include "reconciler/transfer/restore.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/interrupt.hpp"
#include "schema/error.hpp"
#include "tests/support/in_child.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"
#include "tests/transfer/trees.hpp"

namespace ingot::restore_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;

transfer::TarMember member(const std::string& path, transfer::MemberKind kind, const std::string& target = {},
                           std::uint64_t size = 0) {
  transfer::TarMember made;
  made.path = path;
  made.kind = kind;
  made.mode = kind == transfer::MemberKind::symbolic_link ? 0777 : kind == transfer::MemberKind::folder ? 0755 : 0644;
  made.uid = geteuid();
  made.gid = getegid();
  made.mtime = 1'700'000'000;
  made.target = target;
  made.size = size;
  return made;
}
DescribedMember folder(const std::string& path) { return {member(path, transfer::MemberKind::folder), ""}; }
DescribedMember file(const std::string& path, const std::string& content) {
  return {member(path, transfer::MemberKind::file, "", content.size()), content};
}
DescribedMember link(const std::string& path, const std::string& target) {
  return {member(path, transfer::MemberKind::symbolic_link, target), ""};
}
DescribedMember hard(const std::string& path, const std::string& target) {
  return {member(path, transfer::MemberKind::hard_link, target), ""};
}

class Restore : public testing::Test {
 protected:
  TestFolder outer;
  const std::string box = outer.path() + "/box";
  const std::string destination = box + "/out";
  void SetUp() override {
    fs::create_directory(box);
    make_file(outer.path() + "/victim", "untouched");
  }

  /// What restoring says; checks that nothing was made or changed outside, and nothing was left behind.
  std::string refusal(const std::string& bytes, Fault fault = Fault::untrusted) const {
    const std::string before = listing(outer.path());
    std::string text;
    try {
      restore_tree(bytes, destination);
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), fault) << error.text();
      text = error.text();
    }
    // But for the times of the folder in which it was tried.
    set_mtime(box, 1);
    const std::string after = listing(outer.path());
    EXPECT_EQ(without_times(after), without_times(before));
    return text;
  }
  static std::string without_times(const std::string& text) {
    std::string kept;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("box ")) kept += line + "\n";
    }
    return kept;
  }
};

TEST_F(Restore, gives_back_files_folders_and_links) {
  restore_tree(tar_of({folder("./"), folder("./a/"), file("./a/f", "content"), hard("./a/g", "./a/f"), link("./l", "../victim")}),
               destination);
  EXPECT_EQ(read_text(destination + "/a/f"), "content");
  EXPECT_TRUE(fs::equivalent(destination + "/a/f", destination + "/a/g"));
  EXPECT_EQ(fs::read_symlink(destination + "/l"), "../victim");
  struct stat status {};
  ASSERT_EQ(lstat((destination + "/a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'700'000'000);
}

TEST_F(Restore, refuses_paths_that_lead_out) {
  const std::string no_place = "whose folder it does not hold";
  EXPECT_THAT(refusal(tar_of({folder("./"), file("./../victim", "x")})), HasSubstr("\"..\""));
  EXPECT_THAT(refusal(tar_of({folder("./"), file("../victim", "x")})), HasSubstr("does not lie below"));
  EXPECT_THAT(refusal(tar_of({folder("./"), file("/tmp/ingot-absolute", "x")})), HasSubstr("does not lie below"));
  EXPECT_THAT(refusal(tar_of({folder("./"), folder("./a/"), file("./a/../../victim", "x")})), HasSubstr("\"..\""));
  EXPECT_THAT(refusal(tar_of({folder("./"), file("./a//b", "x")})), HasSubstr("empty"));
  EXPECT_THAT(refusal(tar_of({folder("./"), file("./missing/b", "x")})), HasSubstr(no_place));
  EXPECT_FALSE(fs::exists("/tmp/ingot-absolute"));
}

TEST_F(Restore, refuses_to_go_through_a_link) {
  EXPECT_THAT(refusal(tar_of({folder("./"), link("./a", ".."), file("./a/victim", "x")})),
              HasSubstr("whose folder it does not hold"));
  EXPECT_THAT(refusal(tar_of({folder("./"), link("./a", "/etc"), folder("./a/")})), HasSubstr("is there twice"));
  EXPECT_THAT(refusal(tar_of({folder("./"), link("./a", ".."), hard("./b", "./a/victim")})), HasSubstr("what is not there"));
}

TEST_F(Restore, refuses_hard_links_to_anything_but_earlier_files_of_the_tree) {
  EXPECT_THAT(refusal(tar_of({folder("./"), hard("./a", "../victim")})), HasSubstr("does not lie below"));
  EXPECT_THAT(refusal(tar_of({folder("./"), hard("./a", "./../../victim")})), HasSubstr("\"..\""));
  EXPECT_THAT(refusal(tar_of({folder("./"), hard("./a", "/etc/passwd")})), HasSubstr("does not lie below"));
  EXPECT_THAT(refusal(tar_of({folder("./"), hard("./a", "./b"), file("./b", "x")})), HasSubstr("to a later member"));
  EXPECT_THAT(refusal(tar_of({folder("./"), link("./a", "../../victim"), hard("./b", "./a")})),
              HasSubstr("something else than a file"));
  EXPECT_THAT(refusal(tar_of({folder("./"), hard("./b", "./a")})), HasSubstr("what is not there"));
}

TEST_F(Restore, refuses_members_twice_or_out_of_order) {
  EXPECT_THAT(refusal(tar_of({folder("./"), file("./a", "1"), file("./a", "2")})), HasSubstr("out of order"));
  EXPECT_THAT(refusal(tar_of({folder("./"), file("./b", "1"), file("./a", "2")})), HasSubstr("out of order"));
  EXPECT_THAT(refusal(tar_of({folder("./"), file("./a", "1"), folder("./a/")})), HasSubstr("is there twice"));
  EXPECT_THAT(refusal(tar_of({file("./a", "1")})), HasSubstr("does not begin with"));
  EXPECT_THAT(refusal(tar_of({folder("./"), folder("./")})), HasSubstr("out of order"));
}

TEST_F(Restore, refuses_whatever_the_writer_would_not_have_written) {
  const std::string good = tar_of({folder("./"), file("./a", "content")});
  const auto refused_with = [&](std::size_t at, char byte) {
    std::string bad = good;
    bad[at] = byte;
    return refusal(bad);
  };
  EXPECT_THAT(refused_with(512 + 156, '3'), HasSubstr("not written as the format says"));  // a character device
  EXPECT_THAT(refused_with(512 + 156, '6'), HasSubstr("not written as the format says"));  // a FIFO
  EXPECT_THAT(refused_with(512 + 156, '0' + 7), HasSubstr("not written as the format says"));
  EXPECT_THAT(refused_with(512 + 265, 'r'), HasSubstr("not written as the format says"));  // uname
  EXPECT_THAT(refused_with(512 + 345, 'x'), HasSubstr("not written as the format says"));  // prefix
  EXPECT_THAT(refused_with(512 + 150, '0'), HasSubstr("not written as the format says"));  // checksum
  EXPECT_THAT(refused_with(1024 + 100, 'x'), HasSubstr("zeros behind a file"));
  EXPECT_THAT(refused_with(good.size() - 1, 'x'), HasSubstr("single block of zeros"));
  EXPECT_THAT(refusal(good + std::string(512, '\0')), HasSubstr("goes on after its end"));
  EXPECT_THAT(refusal(""), HasSubstr("ends too early"));
  EXPECT_THAT(refusal(std::string(1024, '\0')), HasSubstr("ends before it begins"));
  for (const std::size_t length : {std::size_t{100}, std::size_t{512}, std::size_t{1027}, std::size_t{1536}, good.size() - 1}) {
    EXPECT_THAT(refusal(good.substr(0, length)), HasSubstr("ends too early")) << length;
  }
}

TEST_F(Restore, refuses_tars_of_other_writers) {
  fs::create_directory(outer.path() + "/src");
  make_file(outer.path() + "/src/a", "x");
  for (const char* format : {"--format=pax", "--format=gnu", "--format=ustar"}) {
    const Ran made =
        run({.arguments = {"tar", format, "-cf", "-", "-C", outer.path() + "/src", "."}, .folder = {}, .environment = {}});
    ASSERT_EQ(made.exit, 0);
    EXPECT_NE(refusal(made.out), "") << format;
  }
  EXPECT_NE(refusal(std::string(100'000, 'x')), "");
}

TEST_F(Restore, refuses_false_attributes) {
  const auto with = [](DescribedMember described, const std::function<void(transfer::TarMember&)>& change) {
    change(described.member);
    return described;
  };
  EXPECT_THAT(refusal(tar_of({folder("./"), with(file("./a", ""), [](auto& m) { m.access_acl = "user::rwx,mask:"; })})),
              HasSubstr("another form than ours"));
  EXPECT_THAT(refusal(tar_of({folder("./"), with(file("./a", ""), [](auto& m) { m.default_acl = "user::rwx"; })})),
              HasSubstr("default ACL"));
  EXPECT_THAT(refusal(tar_of({folder("./"), with(folder("./a/"), [](auto& m) { m.capability = "x"; })})),
              HasSubstr("capability"));
  EXPECT_THAT(refusal(tar_of({folder("./"), with(file("./a", ""), [](auto& m) { m.uid = 4294967295; })})),
              HasSubstr("beyond 32 bits"));
  EXPECT_THAT(refusal(tar_of({folder("./"), with(file("./a", ""), [](auto& m) { m.size = std::uint64_t{1} << 63U; })})),
              HasSubstr("larger than any file"));
  EXPECT_THAT(refusal(tar_of({folder("./"), with(file("./" + std::string(256, 'n'), ""), [](auto&) {})})),
              HasSubstr("longer than 255"));
  EXPECT_THAT(refusal(tar_of({folder("./"), with(folder("./a/"), [](auto& m) { m.size = 5; })})), HasSubstr("has content"));
}

TEST_F(Restore, refuses_attributes_and_targets_that_no_kernel_would_take) {
  const auto refusal_with = [&](const std::function<void(transfer::TarMember&)>& change,
                                transfer::MemberKind kind = transfer::MemberKind::file) {
    auto one = kind == transfer::MemberKind::symbolic_link ? link("./a", "b") : file("./a", "");
    change(one.member);
    return refusal(tar_of({folder("./"), one}));
  };
  const std::string capability = std::string("\1\0\0\2\0\x20", 6) + std::string(14, '\0');
  for (const std::string& bad :
       {std::string("x"), capability + "x", capability.substr(0, 12), std::string("\1\0\0\3", 4) + std::string(16, '\0'),
        std::string("\2\0\0\2", 4) + std::string(16, '\0'),
        std::string("\1\0\0\3", 4) + std::string(16, '\0') + "\xFF\xFF\xFF\xFF"}) {
    EXPECT_THAT(refusal_with([&](transfer::TarMember& one) { one.capability = bad; }), HasSubstr("a capability that is none"));
  }
  for (const char* bad :
       {"user::rwx,mask::rwx", "user::rwx,group::r--", "user::rwx,user:7:rwx,group::r--,other::r--",
        "user::rwx,group::r--,group:7:r--,other::r--", "user::rwx,user:4294967295:r--,group::r--,mask::r--,other::r--"}) {
    EXPECT_THAT(refusal_with([&](transfer::TarMember& one) { one.access_acl = bad; }), HasSubstr("an ACL that lacks entries"))
        << bad;
  }
  EXPECT_THAT(
      refusal_with([](transfer::TarMember& one) { one.target = std::string(4096, 't'); }, transfer::MemberKind::symbolic_link),
      HasSubstr("longer than 4095"));
}

TEST_F(Restore, refuses_depth_without_end) {
  DescribedTree tree{folder("./")};
  std::string path = "./";
  for (int i = 0; i < 300; ++i) tree.push_back(folder(path += "d/"));
  EXPECT_THAT(refusal(tar_of(tree)), HasSubstr("deeper than 256"));
}

TEST_F(Restore, takes_an_empty_folder_and_refuses_anything_else) {
  const std::string bytes = tar_of({folder("./"), file("./a", "x")});
  fs::create_directory(destination);
  make_file(destination + "/there", "x");
  EXPECT_THAT(refusal(bytes, Fault::usage), HasSubstr("is not empty"));
  fs::remove(destination + "/there");
  restore_tree(bytes, destination + "/");
  EXPECT_EQ(read_text(destination + "/a"), "x");
  fs::remove_all(destination);
  make_file(destination, "");
  EXPECT_THAT(refusal(bytes, Fault::usage), HasSubstr("is not a folder"));
  fs::remove(destination);
  fs::create_directory(box + "/real");
  fs::create_directory_symlink(box + "/real", destination);
  EXPECT_THAT(refusal(bytes, Fault::usage), HasSubstr("is a symbolic link"));
  EXPECT_THROW(transfer::TreeRestorer(box + "/none/out"), Error);
}

TEST_F(Restore, never_replaces_what_came_meanwhile) {
  const std::string bytes = tar_of({folder("./"), file("./a", "x")});
  transfer::TreeRestorer restorer(destination);
  restorer.write(bytes);
  make_file(destination, "came meanwhile");
  EXPECT_THROW(restorer.commit(), Error);
  EXPECT_EQ(read_text(destination), "came meanwhile");
}

TEST_F(Restore, removes_what_was_not_committed) {
  auto closed = folder("./closed/");
  closed.member.mode = 0;
  const std::string bytes = tar_of(
      {folder("./"), closed, folder("./closed/in/"), file("./closed/in/a", "x"), link("./l", "../../victim"), file("./z", "z")});
  {
    transfer::TreeRestorer restorer(destination);
    restorer.write(std::string_view(bytes).substr(0, bytes.size() - 1024));
  }
  EXPECT_TRUE(fs::is_empty(box));
  EXPECT_EQ(read_text(outer.path() + "/victim"), "untouched");
}

TEST_F(Restore, makes_holes_of_zeros_only_where_it_is_told_to) {
  std::string content(10'000'000, '\0');
  content.replace(5'000'000, 4, "data");
  const std::string bytes = tar_of({folder("./"), file("./small", std::string(100, '\0')), file("./sparse", content),
                                    file("./zeros", std::string(1'000'000, '\0'))});
  for (const bool sparse : {true, false}) {
    const std::string out = destination + (sparse ? "-sparse" : "-full");
    transfer::TreeRestorer restorer(out, {.sparse = sparse});
    for (std::size_t at = 0; at < bytes.size(); at += 7777) restorer.write(std::string_view(bytes).substr(at, 7777));
    restorer.commit();
    EXPECT_EQ(read_text(out + "/sparse"), content);
    EXPECT_EQ(read_text(out + "/small"), std::string(100, '\0'));
    const auto on_disk = [&](const std::string& name) {
      struct stat status {};
      return stat((out + "/" + name).c_str(), &status) == 0 ? status.st_blocks * 512 : -1;
    };
    if (sparse) {
      EXPECT_LE(on_disk("sparse"), 64 * 1024);
      EXPECT_LE(on_disk("zeros"), 64 * 1024);
    } else {
      EXPECT_GE(on_disk("sparse"), 10'000'000) << "a swap file, or a file with its blocks reserved, must have no holes";
      EXPECT_GE(on_disk("zeros"), 1'000'000);
    }
  }
}

TEST_F(Restore, gives_nothing_of_the_folder_above) {
  if (run({.arguments = {"setfacl", "-d", "-m", "u:1234:rwx", box}, .folder = {}, .environment = {}}).exit != 0)
    GTEST_SKIP() << "no ACLs on this file system";
  restore_tree(tar_of({folder("./"), folder("./d/"), file("./d/a", "x")}), destination);
  const Ran seen = run({.arguments = {"getfattr", "-R", "-d", "-m", "acl", destination}, .folder = {}, .environment = {}});
  EXPECT_EQ(seen.out, "");
}

TEST_F(Restore, counts_and_names_what_a_user_without_rights_cannot_be_given) {
  ASSERT_EQ(chmod(box.c_str(), 0777), 0);
  const std::string text = in_child([&] {
    auto setuid = file("./su", "x");
    setuid.member.mode = 04755;
    setuid.member.uid = 1234;
    auto capable = file("./capable", "x");
    capable.member.capability = std::string("\1\0\0\2\0\x20", 6) + std::string(14, '\0');
    const std::string bytes = tar_of({folder("./"), capable, setuid});
    if (!become_nobody()) return std::string("this user cannot become another");
    transfer::TreeRestorer restorer(destination);
    restorer.write(bytes);
    const transfer::LeftOut left_out = restorer.commit();
    struct stat status {};
    stat((destination + "/su").c_str(), &status);
    return fmt::format("{:o}; owners {}; {}", status.st_mode & 07777U, left_out.count(transfer::Property::owner),
                       left_out.text());
  });
  EXPECT_THAT(text, HasSubstr("755; owners "));
  EXPECT_THAT(text, HasSubstr("set-id bits of 1, capability of 1: \"./capable\" (capability), \"./su\" (set-id bits)"));
  EXPECT_TRUE(fs::exists(destination + "/su"));
}

TEST_F(Restore, says_that_nothing_was_left_out_if_the_owner_is_the_same) {
  transfer::TreeRestorer restorer(destination);
  auto setuid = file("./su", "x");
  setuid.member.mode = 04755;
  restorer.write(tar_of({folder("./"), setuid}));
  const transfer::LeftOut left_out = restorer.commit();
  EXPECT_EQ(left_out.count(transfer::Property::owner), 0U);
  EXPECT_EQ(left_out.total_but_owners(), 0U);
  struct stat status {};
  ASSERT_EQ(stat((destination + "/su").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 04755U);
}

TEST_F(Restore, a_mode_loses_only_its_set_id_bits_where_these_are_forbidden) {
  auto setuid = file("./su", "x");
  setuid.member.mode = 06751;
  const std::string bytes = tar_of({folder("./"), setuid});
  const std::string text = in_child([&] {
    refuse_call_with_bits(SYS_fchmod, EPERM, 1, S_ISUID | S_ISGID);
    transfer::TreeRestorer restorer(destination);
    restorer.write(bytes);
    const transfer::LeftOut left_out = restorer.commit();
    struct stat status {};
    stat((destination + "/su").c_str(), &status);
    return fmt::format("{:o}; {}", status.st_mode & 07777U, left_out.text());
  });
  EXPECT_THAT(text,
              testing::AllOf(testing::StartsWith("751; "), HasSubstr("set-id bits of 1"), testing::Not(HasSubstr("mode of"))));
}

TEST_F(Restore, without_special_gives_no_set_id_bits_capabilities_or_acls_and_misses_none) {
  auto setuid = file("./su", "x");
  setuid.member.mode = 06755;
  auto shared = file("./shared", "x");
  shared.member.mode = 0674;
  shared.member.access_acl = "user::rw-,user:7:r--,group::r--,mask::rwx,other::r--";
  transfer::TreeRestorer restorer(destination, {.special = false});
  restorer.write(tar_of({folder("./"), shared, setuid}));
  EXPECT_EQ(restorer.commit().total_but_owners(), 0U);
  struct stat status {};
  ASSERT_EQ(stat((destination + "/su").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0755U);
  ASSERT_EQ(stat((destination + "/shared").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U) << "the group had r-- by its entry; rwx was the mask alone";
}

TEST_F(Restore, of_a_file_writes_beside_and_makes_holes_only_where_it_is_told_to) {
  std::string content(5'000'000, '\0');
  content += "end";
  {
    transfer::FileRestorer restorer(destination);
    restorer.write(content);
    EXPECT_FALSE(fs::exists(destination));
  }
  EXPECT_TRUE(fs::is_empty(box));
  for (const bool sparse : {true, false}) {
    fs::remove(destination);
    transfer::FileRestorer restorer(destination, {.sparse = sparse});
    for (std::size_t at = 0; at < content.size(); at += 100'001) restorer.write(std::string_view(content).substr(at, 100'001));
    restorer.commit();
    EXPECT_EQ(read_text(destination), content);
    struct stat status {};
    ASSERT_EQ(stat(destination.c_str(), &status), 0);
    EXPECT_EQ(status.st_blocks * 512 < 1024 * 1024, sparse);
  }
  EXPECT_THROW(transfer::FileRestorer{destination}, Error);
  EXPECT_THROW(transfer::FileRestorer{box}, Error);
}

TEST_F(Restore, of_a_file_stops_when_interrupted_and_leaves_nothing) {
  io::pretend_interrupted(2);
  {
    transfer::FileRestorer restorer(destination);
    EXPECT_THROW(restorer.write("x"), Error);
  }
  io::pretend_interrupted(0);
  EXPECT_TRUE(fs::is_empty(box));
}

/// A random tree made on disk by plain calls.
void grow(const std::string& path, int depth, std::vector<std::string>& files) {
  const auto byte = rc::gen::suchThat(rc::gen::arbitrary<char>(), [](char c) { return c != '\0' && c != '/'; });
  std::set<std::string> names;
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) names.insert(*rc::gen::nonEmpty(rc::gen::container<std::string>(byte)));
  for (const auto& name : names) {
    if (name == "." || name == ".." || name.size() > 255) continue;
    const std::string full = path + "/" + name;
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        if (depth > 3) break;
        fs::create_directory(full);
        grow(full, depth + 1, files);
        chmod(full.c_str(), *rc::gen::element<mode_t>(0755, 0700, 02755, 01777, 0500));
        set_mtime(full, *rc::gen::inRange(-1000L, 2'000'000'000L));
        break;
      case 1: fs::create_symlink(*rc::gen::element<std::string>("a", "../b", "/etc/passwd", std::string(150, 'x')), full); break;
      case 2:
        if (files.empty()) break;
        fs::create_hard_link(files.at(static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(files.size())))), full);
        break;
      default: {
        std::string content = *rc::gen::arbitrary<std::string>();
        if (*rc::gen::inRange(0, 4) == 0)
          content += std::string(static_cast<std::size_t>(*rc::gen::inRange(0, 40'000)), '\0') + content;
        make_file(full, content, *rc::gen::element<mode_t>(0644, 0600, 0755, 04755, 02711, 0444),
                  *rc::gen::inRange(-1000L, 2'000'000'000L), *rc::gen::inRange(0L, 999'999'999L));
        files.push_back(full);
      }
    }
  }
}

RC_GTEST_PROP(Restored, tree_has_the_digest_of_its_original_and_tar_agrees, ()) {
  const TestFolder box;
  const std::string source = box.path() + "/source";
  const std::string back = box.path() + "/back";
  const std::string tar = box.path() + "/tar";
  fs::create_directory(source);
  fs::create_directory(tar);
  std::vector<std::string> files;
  grow(source, 0, files);
  set_mtime(source, 1'234'567);
  const std::string bytes = canonical_bytes(source);
  restore_tree(bytes, back, 1 + static_cast<std::size_t>(*rc::gen::inRange(0, 5000)));
  RC_ASSERT(listing(source) == listing(back));
  RC_ASSERT(canonical_bytes(back) == bytes);
  write_text(box.path() + "/x.tar", bytes);
  const Ran ran = run({.arguments = {"tar", "-xpf", box.path() + "/x.tar", "-C", tar}, .folder = {}, .environment = {}});
  RC_ASSERT(ran.exit == 0);
  RC_ASSERT(listing(source) == listing(tar));
}

RC_GTEST_PROP(Restored, no_changed_byte_of_a_header_goes_unnoticed, ()) {
  static const std::string good = tar_of(
      {folder("./"), folder("./d/"), file("./d/f", "content"), hard("./d/g", "./d/f"), file("./" + std::string(150, 'n'), "x")});
  const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(good.size())));
  const char byte = *rc::gen::arbitrary<char>();
  RC_PRE(good[at] != byte);
  std::string bad = good;
  bad[at] = byte;
  const TestFolder box;
  bool refused = false;
  try {
    restore_tree(bad, box.path() + "/out");
  } catch (const Error& error) {
    RC_ASSERT(error.fault() == Fault::untrusted);
    refused = true;
  }
  // Content, and names in an extended header, have no checksum in a tar; the image's digest covers them.
  const bool free =
      bad.compare(0, at, good, 0, at) == 0 && (std::string("contentx").find(good[at]) != std::string::npos || good[at] == 'n');
  RC_ASSERT(refused || free);
  if (refused) RC_ASSERT(fs::is_empty(box.path()));
}

}  // namespace
}  // namespace ingot::restore_test
