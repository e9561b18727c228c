#include "reconciler/apply/recover/provenance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/text/utf8.hpp"

namespace ingot::provenance_test {
namespace {

using testing::HasSubstr;

Digest digest(char digit) { return *Digest::parse("sha256:" + std::string(64, digit)); }

/// What an earlier version wrote: a copy, packed with a table of segments.
const std::string copy_text =
    R"({"format":"ingot.papers/1","image":"here.b","digest":"sha256:)" + std::string(64, 'a') +
    R"(","size":5,"kind":"file","type":"SOFTWARE","version":"19.24","platform":"linux","description":"a \"b\" c",)"
    R"("labels":{"team":"dba","zone":"é"},"state":"RESTRICTED","reason":"old","private":false,"protect":true,"parent":"p",)"
    R"("parent_identity":{"origin":"sha256:)" +
    std::string(64, 'b') + R"(","name":"p","created":3},"origin":"london","identity":{"origin":"sha256:)" + std::string(64, 'b') +
    R"(","name":"b","created":7},"time":"2026-11-23T02:00:00Z","run":"20261123T020000Z-1a2b3c","actor":"root@paris","commit":null,)"
    R"("rule":"subscription.london.all","peer":"london","head":"sha256:)" +
    std::string(64, 'c') + R"(","packed":{"file":{"digest":"sha256:)" + std::string(64, 'd') +
    R"(","length":4},"segments":2,"table":{"digest":"sha256:)" + std::string(64, 'e') + R"(","length":100}}})" + "\n";

TEST(provenance, of_a_copy_is_read_and_written_as_it_was) {
  const auto parsed = apply::parse_papers(copy_text);
  ASSERT_TRUE(parsed && parsed->packed);
  EXPECT_TRUE(parsed->row.copy);
  EXPECT_EQ(parsed->row.labels, (Labels{{"team", "dba"}, {"zone", "é"}}));
  EXPECT_EQ(parsed->row.identity->created, 7U);
  EXPECT_EQ(parsed->row.papers.head, digest('c'));
  EXPECT_EQ(apply::write_papers(parsed->row, *parsed->packed), copy_text);
}

TEST(provenance, of_an_own_image_has_neither_peer_nor_head) {
  state::ImageRow row = apply::parse_papers(copy_text)->row;
  row.copy = false;
  row.identity.reset();
  row.copied_from.reset();
  row.papers.peer.reset();
  row.papers.head.reset();
  row.rule = row.papers.rule = "image.b";
  row.papers.commit = "1234";
  const auto parsed = apply::parse_papers(apply::write_papers(row, {.file = {digest('f'), 9}, .segments = 1, .table = {}}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->row, row);
  EXPECT_EQ(parsed->packed->table, std::nullopt);
}

TEST(provenance, of_bytes_that_are_packed_anew_changes_in_nothing_else) {
  const Packed packed{.file = {digest('f'), 9}, .segments = 1, .table = {}};
  const auto before = apply::parse_papers(copy_text), after = apply::parse_papers(apply::with_packing(copy_text, packed));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->packed, packed);
  EXPECT_EQ(after->row, before->row);
  EXPECT_EQ(apply::with_packing("no papers", packed), "no papers");
}

TEST(provenance, of_a_copy_that_became_an_own_image_still_says_how_it_came) {
  const auto before = apply::parse_papers(copy_text);
  state::ImageRow own = before->row;
  own.name = *ImageName::parse("b");
  own.origin_name = ServerName::of("paris");
  own.rule = "image.b";
  const std::string text = apply::with_adoption(copy_text, *before->row.identity, own);
  const auto after = apply::parse_papers(text);
  ASSERT_TRUE(after);
  EXPECT_FALSE(after->row.copy);
  EXPECT_EQ(after->row.identity, std::nullopt);
  EXPECT_EQ(after->row.name, own.name);
  EXPECT_EQ(after->row.rule, "image.b");
  EXPECT_EQ(after->row.papers, before->row.papers);
  EXPECT_EQ(after->packed, before->packed);
  const Packed packed{.file = {digest('f'), 9}, .segments = 1, .table = {}};
  EXPECT_EQ(apply::parse_papers(apply::with_packing(text, packed))->row, after->row);
  ImageIdentity other = *before->row.identity;
  other.created = 8;
  EXPECT_EQ(apply::with_adoption(copy_text, other, own), copy_text) << "of another image";
}

TEST(provenance, is_readable_whatever_a_host_is_called) {
  state::ImageRow row = apply::parse_papers(copy_text)->row;
  row.papers.actor = "root@\xff\n\x1b[2J\xC2\x85paris";  // the last is a control character too
  const std::string text = apply::write_papers(row, {.file = {digest('f'), 9}, .segments = 1, .table = {}});
  EXPECT_TRUE(is_utf8(text));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xC2\x85"), std::string::npos);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_THAT(apply::parse_papers(text)->row.papers.actor, HasSubstr("paris"));
}

TEST(provenance, that_is_damaged_or_of_another_format_is_none) {
  EXPECT_FALSE(apply::parse_papers(""));
  EXPECT_FALSE(apply::parse_papers("[]"));
  EXPECT_FALSE(apply::parse_papers(R"({"format":"ingot.papers/2"})"));
  EXPECT_FALSE(apply::parse_papers(copy_text.substr(0, copy_text.size() - 3)));
  std::string wrong = copy_text;
  wrong.replace(wrong.find("\"file\""), 6, "\"foil\"");
  EXPECT_FALSE(apply::parse_papers(wrong)) << "no kind of an image";
}

}  // namespace
}  // namespace ingot::provenance_test
