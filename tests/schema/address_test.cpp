#include "schema/address.hpp"

#include <gtest/gtest.h>

namespace ingot::address_test {
namespace {

TEST(address, is_written_as_the_contract_says) {
  const ServerName peer = ServerName::of("fpps-2");
  EXPECT_EQ(peer_address(peer).text, "peer.fpps-2");
  EXPECT_EQ(type_address(TypeName::of("DB_PSU")).text, "imagetype.DB_PSU");
  EXPECT_EQ(image_address(ImageName::of("db19.24")).text, "image.db19.24");
  EXPECT_EQ(series_address(SeriesName::of("db19")).text, "series.db19");
  EXPECT_EQ(subscription_address(peer, SelectAll{}).text, "subscription.fpps-2.all");
  EXPECT_EQ(subscription_address(peer, SelectImage{ImageName::of("x")}).text, "subscription.fpps-2.image.x");
  EXPECT_EQ(subscription_address(peer, SelectSeries{SeriesName::of("db19")}).text, "subscription.fpps-2.series.db19");
  EXPECT_EQ(subscription_address(peer, SelectType{TypeName::of("LINUXOS")}).text, "subscription.fpps-2.imagetype.LINUXOS");
  EXPECT_EQ(copy_address(peer, ImageName::of("db19_24")).text, "copy.fpps-2.db19_24");
  EXPECT_EQ(catalog_address().text, "catalog");
}

TEST(verb, is_read_back_from_its_word) {
  for (const std::string_view word : {"register", "update", "unregister", "instantiate", "uninstantiate", "create", "delete",
                                      "add", "copy", "withdraw", "remove", "publish"}) {
    const auto verb = parse_verb(word);
    ASSERT_TRUE(verb) << word;
    EXPECT_EQ(text_of(*verb), word);
  }
  EXPECT_EQ(parse_verb("Register"), std::nullopt);
  EXPECT_EQ(parse_verb(""), std::nullopt);
}

}  // namespace
}  // namespace ingot::address_test
