#include "schema/manifest/write_image.hpp"

#include <gtest/gtest.h>

#include "tests/schema/map_files.hpp"

namespace ingot::write_image_test {
namespace {

LocalImage read_back(const LocalImage& image) {
  auto parsed =
      parse_manifest("m.toml", test::map_files({{"m.toml", "manifest = 1\nserver.name = \"dc1\"\n" + write_image(image) +
                                                               "[[series]]\nname = \"nightly\"\norder = \"added\"\n"}}));
  if (const auto* problems = std::get_if<Problems>(&parsed)) throw std::runtime_error(test::lines_of(*problems));
  LocalImage read = std::get<Manifest>(parsed).images.at(0);
  read.at = {};
  return read;
}

TEST(write_image, is_read_back_as_the_same_image) {
  const LocalImage bare{.name = ImageName::of("a"), .source = "a.img"};
  EXPECT_EQ(read_back(bare), bare);
  const LocalImage full{.name = ImageName::of("nightly-1.2"),
                        .type = TypeName::of("LINUXOS"),
                        .source = "builds/of \"today\"\\xy.img",
                        .digest = Digest::parse("sha256:" + std::string(64, 'a')),
                        .parent = ImageName::of("nightly-1.1"),
                        .series = {SeriesName::of("nightly")},
                        .version = "1.2",
                        .state = ImageState::testable,
                        .is_private = true,
                        .platform = "linux-x86_64",
                        .description = "a \"quoted\" one: \xC3\xA4",
                        .labels = {{"team", "dba"}, {"build.id", "7\\8"}}};
  EXPECT_EQ(read_back(full), full);
}

TEST(write_image, writes_no_defaults) {
  EXPECT_EQ(write_image({.name = ImageName::of("a"), .source = "../a.img"}),
            "# Written by \"ingot add\".\n[[image]]\nname        = \"a\"\nsource      = \"../a.img\"\n");
}

}  // namespace
}  // namespace ingot::write_image_test
