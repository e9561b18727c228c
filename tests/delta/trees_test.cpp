// Trees: members are compared with the members that they are like, wherever those moved.
#include <gtest/gtest.h>

#include "reconciler/delta/plan_tasks.hpp"
#include "reconciler/delta/tree_parts.hpp"
#include "tests/delta/images.hpp"

namespace ingot::delta_trees_test {
namespace {

using namespace delta_testing;

std::string changed(std::string bytes) {
  for (std::size_t i = 50; i < bytes.size(); i += 200) bytes[i] = static_cast<char>(bytes[i] + 1);
  return bytes;
}

std::string delta_of_trees(const std::string& base, const std::string& result) {
  std::string made = make(base, result, 2, ImageKind::tree);
  EXPECT_EQ(apply_delta(base, made), result);
  return made;
}

std::vector<std::string> pairs(const std::string& base, const std::string& result) {
  const auto old_parts = delta::read_parts(image_of(base, ImageKind::tree), reader(base)).value();
  const auto parts = delta::read_parts(image_of(result, ImageKind::tree), reader(result)).value();
  const auto paired = delta::pair_parts(old_parts, parts);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].size > 0) texts.push_back(parts[i].path + " " + (paired[i] ? old_parts[*paired[i]].path : "new"));
  return texts;
}

using Texts = std::vector<std::string>;

TEST(Trees, the_parts_of_a_tar_cover_it) {
  const std::string tar = tar_of({{"./a/b", "content"}, {"./c", std::string(512, 'c')}});
  std::uint64_t at = 0;
  const auto parts = delta::read_parts(image_of(tar, ImageKind::tree), reader(tar)).value();
  for (const auto& part : parts) {
    EXPECT_EQ(part.begin, at);
    EXPECT_LE(part.content + part.size, part.end);
    at = part.end;
  }
  EXPECT_EQ(at, tar.size());
}

TEST(Trees, a_member_is_paired_by_path_then_content_then_shape) {
  EXPECT_EQ(pairs(tar_of({{"./a", "old"}, {"./b", "same"}}), tar_of({{"./a", "changed"}, {"./moved", "same"}})),
            (Texts{"./a ./a", "./moved ./b"}));
  EXPECT_EQ(pairs(tar_of({{"./lib/6.1.0-52/one.ko", "one"}, {"./lib/6.1.0-52/two.ko", "two"}, {"./vmlinuz-6.1.0-52", "boot"}}),
                  tar_of({{"./lib/6.1.0-53/one.ko", "One"}, {"./lib/6.1.0-53/two.ko", "Two"}, {"./vmlinuz-6.1.0-53", "Boot"}})),
            (Texts{"./lib/6.1.0-53/one.ko ./lib/6.1.0-52/one.ko", "./lib/6.1.0-53/two.ko ./lib/6.1.0-52/two.ko",
                   "./vmlinuz-6.1.0-53 ./vmlinuz-6.1.0-52"}));
  EXPECT_EQ(
      pairs(tar_of({{"./a/server.conf", "1"}, {"./a/zoo", "2"}}), tar_of({{"./b/server.conf.new", "3"}, {"./b/unlike", "4"}})),
      (Texts{"./b/server.conf.new ./a/server.conf", "./b/unlike new"}));
}

TEST(Trees, a_file_never_becomes_the_pair_of_a_folder) {
  EXPECT_EQ(pairs(tar_of({{"./a/b", "old"}}), tar_of({{"./a", "now a file"}})), (Texts{"./a new"}));
}

TEST(Trees, a_folder_named_after_its_version_costs_little) {
  std::vector<std::pair<std::string, std::string>> old_files, files;
  for (unsigned i = 0; i < 20; ++i) {
    const std::string name = "/module" + std::string(1, static_cast<char>('a' + i)) + ".ko";
    old_files.emplace_back("./lib/6.1.0-52" + name, noise(20'000, i));
    files.emplace_back("./lib/6.1.0-53" + name, changed(noise(20'000, i)));
  }
  EXPECT_LT(delta_of_trees(tar_of(old_files), tar_of(files, 2)).size(), 15'000U);
}

TEST(Trees, a_large_member_and_new_ones_go_round) {
  const std::string large = noise(18 * 1024 * 1024, 1);
  const std::string base = tar_of({{"./bin/large", large}, {"./etc/x", "x"}});
  const std::string result =
      tar_of({{"./bin/large", changed(large.substr(100))}, {"./bin/new", noise(3000, 2)}, {"./etc/x", ""}});
  EXPECT_LT(delta_of_trees(base, result).size(), large.size() / 20);
}

TEST(Trees, a_tree_is_compared_with_a_file_as_bytes) {
  const std::string tar = tar_of({{"./a", noise(5000, 1)}});
  std::string made;
  delta::make_delta({image_of(tar), reader(tar)}, {image_of(tar, ImageKind::tree), reader(tar)}, {},
                    [&](std::string_view bytes) { made += bytes; });
  EXPECT_EQ(apply_delta(tar, made), tar);
  EXPECT_LT(made.size(), 500U);
}

TEST(Trees, of_too_many_members_have_no_parts) {
  std::vector<std::pair<std::string, std::string>> files;
  for (int i = 100; i < 200; ++i) files.emplace_back("./file" + std::to_string(i), "x");
  const std::string tar = tar_of(files);
  const delta::Image image = image_of(tar, ImageKind::tree);
  EXPECT_TRUE(delta::read_parts(image, reader(tar), 102 * (sizeof(delta::Part) + 12)));
  EXPECT_FALSE(delta::read_parts(image, reader(tar), 50 * sizeof(delta::Part)));
}

std::vector<delta::Task> tasks_of(const std::string& base, const std::string& result, std::uint64_t* read = nullptr) {
  std::vector<delta::Task> tasks;
  const auto counting = [&](std::uint64_t offset, std::span<char> into) {
    if (read != nullptr) *read += into.size();
    reader(base)(offset, into);
  };
  delta::plan_tasks({image_of(base, ImageKind::tree), counting}, {image_of(result, ImageKind::tree), reader(result)},
                    [&](const delta::Task& task) { tasks.push_back(task); });
  return tasks;
}

TEST(Trees, a_member_that_is_the_same_is_cut_into_tasks_of_64_MiB) {
  const std::string tar = tar_of({{"./large", std::string(70'000'000, 'x')}});
  std::uint64_t at = 0;
  for (const delta::Task& task : tasks_of(tar, tar)) {
    EXPECT_EQ(task.to, at);
    EXPECT_LE(task.length, delta::most_same);
    EXPECT_EQ(task.from, task.to);
    at += task.length;
  }
  EXPECT_EQ(at, tar.size());
}

/// Thousands of small members may all be like one that is huge: by their names, or since all hold nothing else.
TEST(Trees, many_small_members_that_are_like_a_huge_one_cost_no_more_than_their_sizes) {
  for (const std::size_t size : {std::size_t{8} << 20U, std::size_t{17} << 20U}) {
    std::vector<std::pair<std::string, std::string>> files;
    const int count = size > delta::most_searched_in ? 20 : 500;
    for (int i = 100; i < 100 + count; ++i)
      files.emplace_back("./log-" + std::to_string(i), noise(2000, static_cast<unsigned>(i)));
    const std::string base = tar_of({{"./log-9", noise(size, 1)}});
    const std::string result = tar_of(files);
    std::uint64_t work = 0;
    for (const delta::Task& task : tasks_of(base, result, &work)) work += task.from_length;
    const std::uint64_t both = base.size() + result.size();
    EXPECT_LE(work, 2 * base.size() + delta::most_work * both + 4 * result.size() + 500 * 5000 + delta::most_searched_in) << size;
  }
}

}  // namespace
}  // namespace ingot::delta_trees_test
